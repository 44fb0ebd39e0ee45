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
        let path = path
        let read = try? await database.read { db in
            var found = StoreFigures()
            found.databaseBytes = Self.bytes(of: path)
                .map { file in file + (Self.bytes(of: path + "-wal") ?? 0) }
            let sql = "SELECT count(*) AS number, min(received_at) AS oldest FROM report WHERE decided = 0"
            if let row = try Row.fetchOne(db, sql: sql) {
                found.openReports = row["number"]
                found.oldestOpenReport = row.date("oldest")
            }
            return found
        }
        figures.databaseBytes = read?.databaseBytes
        figures.openReports = read?.openReports
        figures.oldestOpenReport = read?.oldestOpenReport
        return figures
    }

    private static func bytes(of path: String) -> UInt64? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return UInt64(clamping: status.st_size)
    }
}
