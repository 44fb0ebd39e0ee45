import Foundation
import ReferenceTools
import RelayTypes
import Testing

@testable import Storage

/// What the writing process is told by the one that will end it.
enum Victim {
    static let variable = "TIDEGATE_CRASH_DATABASE"
    static let path = ProcessInfo.processInfo.environment[variable]
    static let prefix = "confirmed "
}

@Suite("Nothing that was confirmed is lost by kill -9", .serialized)
struct CrashTests {
    /// Not a test but the process that is killed: it is this program, started once more.
    @Test("the process that writes until it is killed", .enabled(if: Victim.path != nil))
    func victim() async throws {
        let store = try await SQLiteStore.open(path: try #require(Victim.path))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<8 {
                group.addTask {
                    for number in 0..<1_000_000 {
                        let id = "r-\(writer)-\(number)"
                        try await store.save(report(id, comment: id))
                        if number.isMultiple(of: 5) {
                            try await store.audit(
                                AuditDraft(at: start, who: "op", what: .reportRead, subject: id))
                        }
                        FileHandle.standardOutput.write(Data("\(Victim.prefix)\(id)\n".utf8))
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test(
        "at a seeded moment, again and again", .enabled(if: Victim.path == nil), arguments: 1...Rounds.of(8))
    func killed(seed: Int) async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.sqlite")
        var random = SplitMix64(seed: UInt64(seed))
        // The moment is a number of confirmations, not a time.
        let moment = Int.random(in: 1...400, using: &random)
        let confirmed = try killedWriter(path, after: moment)
        #expect(confirmed.count >= moment)

        let store = try await SQLiteStore.open(path: path)
        for id in confirmed {
            let found = try await store.report(ReportID(id))
            #expect(found == report(id, comment: id).kept, "\(id) was confirmed, seed \(seed)")
        }
        // The key was gone with the process, so the head is foreign; every entry is in its place all the same.
        let verdict = try await store.verifyAudit()
        #expect(verdict.faults.allSatisfy { $0.kind == .head }, "\(verdict), seed \(seed)")
        try await store.save(report("afterwards"))
        await store.close()
    }

    /// Starts the writer, kills it when it has confirmed so many reports, and reads what else it had confirmed.
    private func killedWriter(_ path: String, after moment: Int) throws -> [String] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = [
            "--testing-library", "swift-testing", "--filter", "StorageTests.CrashTests/victim",
        ]
        process.environment = ProcessInfo.processInfo.environment.merging([Victim.variable: path]) { $1 }
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        var text = Data()
        while confirmed(in: text).count < moment {
            let more = output.fileHandleForReading.availableData
            if more.isEmpty { break }  // It has ended by itself, which is noticed below.
            text += more
        }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        #expect(process.terminationReason == .uncaughtSignal && process.terminationStatus == SIGKILL)
        text += output.fileHandleForReading.readDataToEndOfFile()
        return confirmed(in: text)
    }

    /// What comes after the last line break may be half a name.
    private func confirmed(in text: Data) -> [String] {
        String(decoding: text, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            .dropLast().filter { $0.hasPrefix(Victim.prefix) }
            .map { String($0.dropFirst(Victim.prefix.count)) }
    }
}
