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
            let calls = [["status"], ["pair", "list", "--json"], ["version"]]
                .map { $0 + ["--quiet", "--socket", place] }
            let states = try await Program.runEach("tidegatectl", calls, in: folder.path)
            #expect(states.count == calls.count)
            for (call, state) in zip(calls, states) {
                expectSentence(state, status: 2, "\(call)")
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
        // Every identifier with two commands, and every command with three identifiers.
        var calls: [[String]] = []
        for identifier in ["nobody", "", ".", "..", "a/b", "../status", "%00", "a b\u{1b}[2J", "🙂"] {
            let isUsual = ["nobody", "", "../status"].contains(identifier)
            for (command, rest) in commands where isUsual || command == ["pair", "cut"] {
                for extra in [[], ["--dry-run"]] where extra.isEmpty || command.last != "show" {
                    calls.append(command + rest + extra + ["--", identifier])
                }
            }
        }
        let states = try await Program.runEach("tidegatectl", calls, in: folder.path)
        #expect(states.count == calls.count)
        for (call, state) in zip(calls, states) {
            expectSentence(state, status: 1, "\(call)")
            #expect(!state.errors.contains("\u{1b}"))
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

    @Test("a terminal of 20 columns, or of none, or of a million is enough")
    func columns() async throws {
        let folder = try ProgramFolder()
        let server = try folder.start()
        let (first, second, pair) = try await People.texting(port: try await server.ready().http)
        defer { withExtendedLifetime([first, second]) {} }
        // What is a table or a list; a sentence is broken by the terminal.
        let tables = ["status", "pair list", "pair show \(pair)", "audit show"]
        let commands =
            tables + [
                "pair hold \(pair) --dry-run", "ban list", "retention status", "--help",
                "report decide --help",
                "report decide",
            ]
        for columns in ["20", "1", "0", "-3", "1000000"] {
            let states = try await Program.runEach(
                "tidegatectl", commands.map { $0.split(separator: " ").map(String.init) }, in: folder.path,
                environment: ["COLUMNS": columns])
            #expect(states.count == commands.count)
            for (command, state) in zip(commands, states) {
                #expect([0, 64].contains(state.status), "\(columns) \(command): \(state)")
                guard columns == "20", tables.contains(command) else { continue }
                for line in state.output.split(separator: "\n") {
                    // A word, such as an identifier or a time, is not broken.
                    #expect(line.count <= 20 || line.split(separator: " ").count == 1, "\(line)")
                }
            }
        }
        server.signal(SIGTERM)
        #expect(try await server.end().status == 0)
    }

    @Test("every help page and every complaint about arguments fits 80 columns")
    func help() async throws {
        let folder = try ProgramFolder()
        let paths = try await HelpTree.of(folder).paths
        #expect(paths.count > 30)
        let pages = try await Program.runEach("tidegatectl", paths.map { $0 + ["--help"] }, in: folder.path)
        let complaints = try await Program.runEach(
            "tidegatectl", paths.map { $0 + ["--no-such-option"] }, in: folder.path)
        #expect(pages.count == paths.count && complaints.count == paths.count)
        for (path, (help, wrong)) in zip(paths, zip(pages, complaints)) {
            #expect(help.status == 0 && help.output.contains("USAGE: tidegatectl"), "\(path)")
            // Said in one place.
            #expect(help.output.contains("Exit status") == path.isEmpty, "\(path)")
            #expect(wrong.status == 64 && wrong.output.isEmpty, "\(path): \(wrong)")
            for line in (help.output + wrong.errors).split(separator: "\n") {
                #expect(line.count <= 80, "\(path): \(line)")
            }
        }
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

    @Test("man pages are written for every command, and groff and mandoc have nothing to complain of")
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
        let readers = [
            ("/usr/bin/groff", ["-ww", "-mandoc", "-Kutf8", "-Tutf8", "-z"]),
            ("/usr/bin/mandoc", ["-Kutf-8", "-Tlint", "-Wwarning"]),
        ]
        for (reader, options) in readers where FileManager.default.isExecutableFile(atPath: reader) {
            let ends = try await Program.runEach(
                reader, pages.map { options + ["man/" + $0] }, in: folder.path)
            for (page, end) in zip(pages, ends) {
                #expect(
                    end.status == 0 && end.errors.isEmpty && end.output.isEmpty,
                    "\(reader) \(page): \(end.errors) \(end.output)")
            }
        }
    }
}
