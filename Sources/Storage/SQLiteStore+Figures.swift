internal import FoundationEssentials
internal import GRDB
internal import Glibc

extension SQLiteStore {
    /// Does not wait for writes: whoever asks wants to know that they wait.
    package func figures() async -> StoreFigures {
        var figures = StoreFigures()
        figures.waitingWrites = await queue.pendingWrites
        figures.failedCommits = await queue.failures
        figures.commits = await queue.commits
        figures.databaseBytes = Self.bytes(of: path)
            .map { file in file + (Self.bytes(of: path + "-wal") ?? 0) }
        let open = try? await database.read { db in
            let sql = "SELECT count(*) AS number, min(received_at) AS oldest FROM report WHERE decided = 0"
            return try Row.fetchOne(db, sql: sql).map { ($0["number"] as Int, $0.date("oldest")) }
        }
        if let (number, oldest) = open {
            figures.openReports = number
            figures.oldestOpenReport = oldest
        }
        return figures
    }

    private static func bytes(of path: String) -> UInt64? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return UInt64(clamping: status.st_size)
    }
}
