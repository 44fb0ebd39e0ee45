import Foundation
import RelayTestKit
import Testing

@Suite("tidegatectl with whatever it is given")
struct CommandLineTests {
    private static let tool = Program.folder.appending(path: "tidegatectl").path

    /// One sentence on standard error and nothing else.
    private func expectSentence(_ state: Program.State, status: Int32, _ what: String) {
        #expect(state.status == status, "\(what): \(state)")
        #expect(state.output.isEmpty, "\(what): \(state.output)")
        #expect(state.errors.hasPrefix("tidegatectl: "), "\(what): \(state.errors)")
        #expect(state.errors.split(separator: "\n").count == 1, "\(what): \(state.errors)")
    }

    private func shell(_ command: String, in folder: ProgramFolder) async throws -> Program.State {
        try await Program(path: "/bin/sh", ["-c", command], in: folder.path).end()
    }

    @Test("a socket that is missing or is not ours is told in one sentence, each way in its own")
    func strangeSockets() async throws {
        let folder = try ProgramFolder()
        try folder.write("not a socket", to: "file")
        let fakes = [
            try FakeServer(at: folder.path + "/ssh", saying: "SSH-2.0-OpenSSH_9.2\r\n"),
            try FakeServer(at: folder.path + "/silent", saying: ""),
            try FakeServer(at: folder.path + "/web", status: 200, type: "text/html", body: "<p>hello"),
            try FakeServer(at: folder.path + "/json", status: 200, body: "{\"version\": 7}"),
            try FakeServer(
                at: folder.path + "/teapot", status: 418, type: "text/plain", body: "short and stout"),
        ]
        defer { withExtendedLifetime(fakes) {} }
        var sentences: Set<String> = []
        let long = String(repeating: "x", count: 200)
        for place in ["none", "file", "ssh", "silent", "web", "json", "teapot", long, "none/deeper", ""] {
            for command in [["status"], ["pair", "list", "--json"], ["version"]] {
                let state = try await Program.run(
                    "tidegatectl", command + ["--quiet", "--socket", place], in: folder.path)
                expectSentence(state, status: 2, "\(place) \(command)")
                sentences.insert(place.isEmpty ? state.errors : state.errors.replacing(place, with: ""))
            }
        }
        // Missing, a file, too long, nobody, not a Tidegate server at all, or of another version.
        #expect(sentences.count >= 6, "\(sentences)")
    }

    @Test("an id that does not exist changes nothing, whatever is in it, and is told in one sentence")
    func strangeIdentifiers() async throws {
        let folder = try ProgramFolder()
        let server = try folder.start()
        _ = try await server.ready()
        let decision = ["--ground", "g", "--facts", "f"]
        let commands: [([String], [String])] = [
            (["pair", "show"], []), (["pair", "cut"], []), (["pair", "hold"], []), (["pair", "release"], []),
            (["ban", "remove"], []), (["report", "show"], []), (["report", "refer"], ["--to", "x"]),
            (["report", "decide"], ["--outcome", "upheld"] + decision),
            (["appeal", "decide"], ["--outcome", "kept"] + decision), (["case", "hold"], ["--reason", "r"]),
        ]
        for identifier in ["nobody", "", ".", "..", "a/b", "../status", "%00", "a b\u{1b}[2J", "🙂"] {
            for (command, rest) in commands {
                for extra in [[], ["--dry-run"]] where extra.isEmpty || command.last != "show" {
                    let state = try await Program.run(
                        "tidegatectl", command + rest + extra + ["--", identifier], in: folder.path)
                    expectSentence(state, status: 1, "\(command) \(extra) '\(identifier)'")
                    #expect(!state.errors.contains("\u{1b}"))
                }
            }
        }
        server.signal(SIGTERM)
        #expect(try await server.end().status == 0)
    }

    @Test("a reader that goes away ends it quietly; an output that takes nothing is told")
    func closedOutput() async throws {
        let folder = try ProgramFolder()
        let server = try folder.start()
        _ = try await server.ready()
        for command in ["status", "audit show --json", "--help", "completion bash"] {
            let pipe = Pipe()
            try pipe.fileHandleForReading.close()
            let state = try await Program(
                path: Self.tool, command.split(separator: " ").map(String.init), in: folder.path,
                output: pipe.fileHandleForWriting
            )
            .end()
            #expect(state.status == 0 && state.errors.isEmpty, "\(command): \(state)")
        }
        for place in [">/dev/full", ">&-"] {
            expectSentence(
                try await shell("'\(Self.tool)' status \(place)", in: folder), status: 1, place)
        }
        let head = try await shell("'\(Self.tool)' status | head -1", in: folder)
        #expect(head.status == 0 && head.errors.isEmpty && head.output.hasPrefix("version"), "\(head)")
        server.signal(SIGTERM)
        #expect(try await server.end().status == 0)
    }

    @Test("--quiet prints nothing but errors")
    func quiet() async throws {
        let folder = try ProgramFolder()
        let server = try folder.start()
        _ = try await server.ready()
        for command in [
            ["status"], ["status", "--json"], ["pair", "list"], ["ban", "list"], ["audit", "verify"],
            ["version"],
            ["retention", "run", "--dry-run"],
        ] {
            for arguments in [["--quiet"] + command, command + ["--quiet"]] {
                let state = try await Program.run("tidegatectl", arguments, in: folder.path)
                #expect(
                    state.status == 0 && state.output.isEmpty && state.errors.isEmpty,
                    "\(arguments): \(state)")
            }
        }
        expectSentence(
            try await Program.run("tidegatectl", ["--quiet", "pair", "cut", "nobody"], in: folder.path),
            status: 1,
            "cut")
        server.signal(SIGTERM)
        #expect(try await server.end().status == 0)
    }

    @Test("version tells both, and warns when they differ")
    func version() async throws {
        let folder = try ProgramFolder()
        let server = try folder.start()
        _ = try await server.ready()
        let own = try await Program.run("tidegatectl", ["--version"], in: folder.path).output
            .split(separator: " ").last.map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }
        let number = try #require(own)
        let same = try await Program.run("tidegatectl", ["version"], in: folder.path)
        #expect(same.status == 0 && same.errors.isEmpty)
        #expect(same.output == "tidegatectl  \(number)\nserver       \(number)\n")
        let json = try await Program.run("tidegatectl", ["version", "--json"], in: folder.path)
        let both = try JSONDecoder().decode([String: String].self, from: Data(json.output.utf8))
        #expect(both == ["tidegatectl": number, "server": number])

        let fake = try FakeServer(at: folder.path + "/other", status: 200, body: "{\"version\": \"9.9.9\"}")
        defer { withExtendedLifetime(fake) {} }
        let other = try await Program.run("tidegatectl", ["version", "--socket", "other"], in: folder.path)
        #expect(other.status == 0 && other.output.contains("9.9.9"))
        #expect(other.errors.contains("9.9.9") && other.errors.contains(number), "\(other.errors)")
        server.signal(SIGTERM)
        #expect(try await server.end().status == 0)
    }

    @Test(
        "a terminal of 20 columns, or of none, or of a million is enough",
        arguments: ["20", "1", "0", "-3", "1000000"])
    func columns(_ columns: String) async throws {
        let folder = try ProgramFolder()
        let server = try folder.start()
        let port = try await server.ready().http
        let (clients, pair) = try await Strangers.match(port: port)
        defer { withExtendedLifetime(clients) {} }
        for command in [
            "status", "pair list", "pair show \(pair)", "pair hold \(pair) --dry-run", "ban list",
            "audit show",
            "retention status", "--help", "report decide --help", "report decide",
        ] {
            let state = try await shell("COLUMNS=\(columns) '\(Self.tool)' \(command)", in: folder)
            #expect([0, 64].contains(state.status), "\(command): \(state)")
            // What is a table or a list; a sentence is broken by the terminal.
            guard columns == "20",
                ["status", "pair list", "pair show \(pair)", "audit show"].contains(command)
            else { continue }
            for line in state.output.split(separator: "\n") {
                // A word, such as an identifier or a time, is not broken.
                let words = line.split(separator: " ").count
                #expect(line.count <= 20 || words == 1, "\(line)")
            }
        }
        server.signal(SIGTERM)
        #expect(try await server.end().status == 0)
    }

    @Test("every help page and every complaint about arguments fits 80 columns")
    func help() async throws {
        let folder = try ProgramFolder()
        let dump = try await Program.run("tidegatectl", ["--experimental-dump-help"], in: folder.path)
        let tree = try JSONDecoder().decode(HelpTree.self, from: Data(dump.output.utf8))
        let paths = tree.command.paths
        #expect(paths.count > 30)
        var sayers: [[String]] = []
        for path in paths {
            let help = try await Program.run("tidegatectl", path + ["--help"], in: folder.path)
            #expect(help.status == 0 && help.output.contains("USAGE: tidegatectl"), "\(path)")
            if help.output.contains("Exit status") { sayers.append(path) }
            let wrong = try await Program.run("tidegatectl", path + ["--no-such-option"], in: folder.path)
            #expect(wrong.status == 64 && wrong.output.isEmpty, "\(path): \(wrong)")
            for line in (help.output + wrong.errors).split(separator: "\n") {
                #expect(line.count <= 80, "\(path): \(line)")
            }
        }
        // Said in one place.
        #expect(sayers == [[]])
    }

    private struct HelpTree: Decodable {
        struct Command: Decodable {
            let commandName: String
            let subcommands: [Command]?

            /// Every command as it is typed, the program's own name left out.
            var paths: [[String]] {
                [[]]
                    + (subcommands ?? []).filter { $0.commandName != "help" }
                    .flatMap { child in child.paths.map { [child.commandName] + $0 } }
            }
        }

        let command: Command
    }

    @Test("the shells take their completion scripts", arguments: ["bash", "zsh", "fish"])
    func completion(_ shell: String) async throws {
        let folder = try ProgramFolder()
        let script = try await Program.run("tidegatectl", ["completion", shell], in: folder.path)
        #expect(script.status == 0 && script.output.contains("tidegatectl"))
        #expect(script.output.contains("release") && script.output.contains("dry-run"))
        try folder.write(script.output, to: "script")
        let path = "/usr/bin/" + shell
        guard FileManager.default.isExecutableFile(atPath: path) else { return }
        let checked = try await Program(path: path, ["-n", "script"], in: folder.path).end()
        #expect(checked.status == 0 && checked.errors.isEmpty, "\(checked)")
        guard shell == "bash" else { return }
        let loaded = try await Program(
            path: path, ["-c", "source ./script && complete -p tidegatectl"], in: folder.path
        )
        .end()
        #expect(
            loaded.status == 0 && loaded.errors.isEmpty && loaded.output.contains("tidegatectl"), "\(loaded)")
    }

    @Test("man pages are written for every command, and groff has nothing to complain of")
    func manual() async throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let folder = try ProgramFolder()
        let written = try await Program(
            path: "/usr/bin/env",
            ["python3", root.path + "/tools/man", "--programs", Program.folder.path, folder.path + "/man"],
            in: folder.path
        )
        .end()
        #expect(written.status == 0, "\(written.errors)")
        let pages = try FileManager.default.subpathsOfDirectory(atPath: folder.path + "/man")
            .filter { $0.hasSuffix(".1") || $0.hasSuffix(".8") }
        #expect(pages.contains("man1/tidegatectl-pair-cut.1") && pages.contains("man8/tidegate-serve.8"))
        let groff = "/usr/bin/groff"
        guard FileManager.default.isExecutableFile(atPath: groff) else { return }
        for page in pages {
            let checked = try await Program(
                path: groff, ["-ww", "-mandoc", "-Kutf8", "-Tutf8", "-z", "man/" + page], in: folder.path
            )
            .end()
            #expect(checked.status == 0 && checked.errors.isEmpty, "\(page): \(checked.errors)")
        }
    }
}
