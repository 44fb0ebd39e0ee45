import Foundation
import RelayTestKit
import Testing

@Suite("Media threads go before the others, and no other thread does")
struct PriorityTests {
    private struct Thread {
        let name: String
        let nice: Int
    }

    /// Every thread of a process that is there now (proc(5), `stat`).
    private func threads(of process: Int32) throws -> [Thread] {
        let folder = "/proc/\(process)/task"
        return try FileManager.default.contentsOfDirectory(atPath: folder)
            .compactMap { thread in
                // One that has ended meanwhile has no file.
                guard let text = try? String(contentsOfFile: "\(folder)/\(thread)/stat", encoding: .utf8),
                    let open = text.firstIndex(of: "("), let close = text.lastIndex(of: ")")
                else { return nil }
                // The fields after the name begin with the third; nice is the 19th.
                let fields = text[close...].split(separator: " ").dropFirst()
                guard fields.count > 16, let nice = Int(fields[fields.startIndex + 16]) else { return nil }
                return Thread(name: String(text[text.index(after: open)..<close]), nice: nice)
            }
    }

    @Test("whatever the workers wake up stays behind them")
    func inheritance() async throws {
        let folder = try ProgramFolder()
        let server = try folder.start()
        let port = try await server.ready().http
        // What workers tell resumes tasks, and a thread that is started for one would begin with the worker's value:
        // libdispatch gives each of its threads a value of its own.
        for _ in 0..<3 {
            let (ada, bob) = try await People.seeing(port: port)
            let all = try threads(of: server.id)
            #expect(all.count > 2)
            #expect(all.allSatisfy { $0.name == "tidegate-0" || $0.nice > -10 }, "\(all)")
            #expect(all.count { $0.name == "tidegate-0" } == 1, "\(all)")
            try await ada.leave()
            try await bob.leave()
        }
        server.signal(SIGTERM)
        #expect(try await server.end().status == 0)
    }
}
