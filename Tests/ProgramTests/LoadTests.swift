import Foundation
import RelayTestKit
import Testing

@Suite("tidegate-load against a server, as built", .serialized)
struct LoadTests {
    private static let configuration =
        ProgramFolder.development + """
            [policy]
            consent = "all"

            """

    private func load(_ port: Int, _ folder: ProgramFolder, _ arguments: [String]) async throws
        -> Program.State
    {
        try await Program.run(
            "tidegate-load", ["--target", "http://127.0.0.1:\(port)", "--audio-only", "--quiet"] + arguments,
            in: folder.path)
    }

    private struct Heard: Decodable {
        struct Matching: Decodable { let matches: Int }
        struct Steady: Decodable { let received: Int }
        struct Cheat: Decodable {
            let kind: String
            let tried: Int
            let refused: Int
            let through: Int
        }
        let matching: Matching
        let steady: Steady
        let cheats: [Cheat]
    }

    @Test("two pairs meet, are heard, and the verdict is clean")
    func clean() async throws {
        let folder = try ProgramFolder(Self.configuration)
        let server = try folder.start()
        let port = try await server.ready().http
        let end = try await load(
            port, folder,
            ["--pairs", "2", "--duration", "3", "--json", "--html", "v.html", "--admin", "run/tidegate.sock"])
        #expect(end.status == 0, "\(end.output)\(end.errors)")
        let heard = try JSONDecoder().decode(Heard.self, from: Data(end.output.utf8))
        #expect(heard.matching.matches == 2 && heard.steady.received > 0)
        #expect(FileManager.default.fileExists(atPath: folder.path + "/v.html"))
    }

    @Test("nobody who proves nothing is heard")
    func held() async throws {
        let folder = try ProgramFolder(Self.configuration)
        let server = try folder.start()
        let end = try await load(
            try await server.ready().http, folder,
            ["--pairs", "2", "--duration", "2", "--mix", "held", "--json"])
        #expect(end.status == 0, "\(end.output)\(end.errors)")
        let heard = try JSONDecoder().decode(Heard.self, from: Data(end.output.utf8))
        #expect(heard.matching.matches == 2 && heard.steady.received == 0)
    }

    @Test("an issuer that the server knows is believed, one that it does not know is one sentence and 4")
    func issuers() async throws {
        let folder = try ProgramFolder()
        for name in ["known", "unknown"] {
            let made = try await Program.run("tidegate-load", ["issuer", name], in: folder.path)
            #expect(made.status == 0)
            guard name == "known" else { continue }
            try folder.write(
                Self.configuration.replacing("development = true", with: "development = false") + made.output,
                to: "tidegate.toml")
        }
        let server = try folder.start()
        let port = try await server.ready().http
        let known = try await load(port, folder, ["--pairs", "1", "--duration", "1", "--issuer", "known"])
        #expect(known.status == 0, "\(known.output)\(known.errors)")
        for arguments in [["--issuer", "unknown"], ["--issuer", "nowhere"], []] {
            let end = try await load(port, folder, arguments)
            #expect(end.status == 4 && end.output.isEmpty)
            #expect(end.errors.split(separator: "\n").count == 1, "\(end.errors)")
        }
    }

    @Test("no server, wrong usage and a foreign host are one sentence each")
    func badInput() async throws {
        let folder = try ProgramFolder()
        for (arguments, status) in [
            (["--target", "http://127.0.0.1:1"], 3), (["--target", "http://chat.example"], 2),
            (["--mix", "x"], 2),
            (["--target", "http://127.0.0.1:1", "--admin", "nowhere.sock"], 3),
        ] as [([String], Int32)] {
            let end = try await Program.run("tidegate-load", arguments, in: folder.path)
            #expect(end.status == status, "\(arguments): \(end.errors)")
            #expect(end.output.isEmpty && !end.errors.isEmpty)
        }
    }

    @Test(
        "libnice's agents, two threads and the admin API over TCP do as well; whoever is banned stays out"
    )
    func everythingElse() async throws {
        let folder = try ProgramFolder(
            Self.configuration
                + "[admin]\nsocket = \"\"\nlisten = \"127.0.0.1:0\"\ntoken_file = \"token\"\n")
        try folder.write("0123456789-this-is-the-admin-token", to: "token")
        let server = try folder.start()
        let ready = try await server.ready()
        let end = try await load(
            ready.http, folder,
            [
                "--pairs", "3", "--duration", "4", "--ice", "full", "--threads", "2", "--stay", "1", "--json",
                "--mix", "stays=2,banned=1", "--admin", "http://\(ready.admin)", "--admin-token-file",
                "token",
            ])
        #expect(end.status == 0, "\(end.output)\(end.errors)")
        let heard = try JSONDecoder().decode(Heard.self, from: Data(end.output.utf8))
        #expect(heard.matching.matches > 0 && heard.steady.received > 0)
        let banned = try #require(heard.cheats.first { $0.kind == "banned" })
        // Who comes in the last moment may have no answer yet.
        #expect(banned.refused > 0 && banned.refused <= banned.tried && banned.through == 0)
    }

    @Test("a server that begins anew in the middle is a sentence, and the run goes on to its verdict")
    func restart() async throws {
        let folder = try ProgramFolder(Self.configuration)
        let server = try folder.start()
        let port = try await server.ready().http
        try folder.write(
            Self.configuration.replacing("127.0.0.1:0", with: "127.0.0.1:\(port)"), to: "tidegate.toml")
        let run = try Program(
            "tidegate-load",
            [
                "--target", "http://127.0.0.1:\(port)", "--audio-only", "--pairs", "1", "--duration", "12",
                "--admin", "run/tidegate.sock",
            ],
            in: folder.path)
        #expect(await run.state.wait { $0.errors.contains("1 matches") })
        server.signal(SIGKILL)
        _ = try await server.end()
        let again = try folder.start()
        _ = try await again.ready()
        let end = try await run.end()
        #expect(end.status == 0, "\(end.output)\(end.errors)")
        #expect(end.output.contains("CLEAN"))
        #expect(end.output.replacing("\n", with: " ").contains("came back as somebody new"), "\(end.output)")
    }

    @Test("a signal ends a run with the verdict so far")
    func signal() async throws {
        let folder = try ProgramFolder(Self.configuration)
        let server = try folder.start()
        let port = try await server.ready().http
        let run = try Program(
            "tidegate-load",
            ["--target", "http://127.0.0.1:\(port)", "--audio-only", "--pairs", "1", "--duration", "600"],
            in: folder.path)
        // The first line of progress: it is under way.
        #expect(await run.state.wait { $0.errors.contains("matches") })
        run.signal(SIGINT)
        let end = try await run.end()
        #expect(end.status == 0 && end.output.contains("stopped early: by a signal"))
        #expect(end.output.contains("CLEAN"))
    }
}
