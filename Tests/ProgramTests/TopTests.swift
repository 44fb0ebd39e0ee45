import Foundation
import RelayTestKit
import Testing

/// A terminal of its own, in tmux.
final class TmuxTerminal: Sendable {
    private let socket: String
    private let folder: String

    /// - Parameter command: run by a shell; the terminal lives on when it has ended.
    init(_ command: String, columns: Int = 100, rows: Int = 30, in folder: String) throws {
        self.folder = folder
        // Not in the folder: that may be gone before the terminal is, and its server would stay behind.
        socket = FileManager.default.temporaryDirectory.path + "/tmux-\(UUID().uuidString.prefix(8))"
        // What the shell says afterwards shows that the terminal is as it was.
        let script = "\(command); echo status=$?; stty -a | grep -o ' icanon'; exec cat"
        _ = try Self.tmux(
            [
                "-f", "/dev/null", "-S", socket, "new-session", "-d", "-x", "\(columns)", "-y", "\(rows)",
                script,
            ],
            in: folder)
    }

    deinit {
        let told = try? Self.tmux(["-S", socket, "display-message", "-p", "#{pid}"], in: "/")
        let server = told.flatMap { pid_t($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
        _ = try? Self.tmux(["-S", socket, "kill-server"], in: "/")
        // With the signals that Foundation's children inherit blocked, it would not hear that its shell has ended.
        if let server { kill(server, SIGKILL) }
        try? FileManager.default.removeItem(atPath: socket)
    }

    @discardableResult
    private static func tmux(_ arguments: [String], in folder: String) throws -> String {
        let process = Process()
        // Foundation waits until nobody holds the socket that it gave its child: tmux's server would, for ever.
        let script = """
            for file in /proc/self/fd/*; do
                number=${file##*/}
                [ "$number" -gt 2 ] && eval "exec $number>&-"
            done
            exec /usr/bin/tmux "$@"
            """
        process.executableURL = URL(filePath: "/bin/bash")
        process.arguments = ["-c", script, "tmux"] + arguments
        process.currentDirectoryURL = URL(filePath: folder)
        process.environment = [
            "PATH": Program.folder.path + ":/usr/bin:/bin", "HOME": folder, "SHELL": "/bin/sh",
            "LC_ALL": "C.UTF-8",
        ]
        // A file, not a pipe: a program that another test starts meanwhile would keep a pipe open.
        let path = FileManager.default.temporaryDirectory.path + "/tmux-\(UUID().uuidString).txt"
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        defer { try? FileManager.default.removeItem(atPath: path) }
        process.standardOutput = FileHandle(forWritingAtPath: path)
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return try String(contentsOfFile: path, encoding: .utf8)
    }

    func press(_ keys: String...) throws { try Self.tmux(["-S", socket, "send-keys"] + keys, in: folder) }

    func resize(columns: Int, rows: Int) throws {
        try Self.tmux(["-S", socket, "resize-window", "-x", "\(columns)", "-y", "\(rows)"], in: folder)
    }

    var screen: String { get throws { try Self.tmux(["-S", socket, "capture-pane", "-p"], in: folder) } }

    /// Waits until the screen shows this.
    @discardableResult
    func shows(_ text: String, and other: String = "") async throws -> String {
        let seen = Monitor("")
        let found = try await poll {
            let screen = try self.screen
            seen.update { $0 = screen }
            return screen.contains(text) && (other.isEmpty || screen.contains(other))
        }
        try #require(found, "no '\(text)' on\n\(seen.value)")
        return seen.value
    }
}

@Suite("tidegatectl top, in a terminal", .serialized)
struct TopTests {
    @Test(
        "shows totals, rates, workers' gates and pairs; opens a pair; asks before it holds, releases and cuts"
    )
    func course() async throws {
        let watched = try await Watched.open()
        let (first, second) = try await watched.couple()
        let pair = "\(first.pair)"
        let terminal = try TmuxTerminal("tidegatectl top --interval 0.2", in: watched.folder.path)
        let list = try await terminal.shows(pair, and: "6/6")
        #expect(list.contains("peers 2, waiting 0, pairs 1") && list.contains("gates open 6"))
        #expect(list.contains("? help, q quit"))
        // Somebody's picture is going through.
        let isMoving = try await poll {
            let line = try terminal.screen.split(separator: "\n").first { $0.hasPrefix("packets ") }
            return line.map { !$0.hasPrefix("packets 0/s") } ?? false
        }
        #expect(isMoving)

        try terminal.press("?")
        try await terminal.shows("turn the order round", and: "any key: back")
        try terminal.press("x")
        try await terminal.shows("? help, q quit")

        try terminal.press("Enter")
        try await terminal.shows("A and B were matched", and: "Esc back")
        try terminal.press("End")
        try await terminal.shows("sees A: the gate is open")
        try terminal.press("Escape")
        try await terminal.shows("? help, q quit")

        try terminal.press("h")
        try await terminal.shows("hold \(pair)? y: yes, any other key: no")
        try terminal.press("n")
        try await terminal.shows("nothing was done")
        #expect(try await watched.run("pair", "list", "--hold", "moderator").output == "no pairs\n")
        try terminal.press("h")
        try await terminal.shows("hold \(pair)? y")
        try terminal.press("y")
        try await terminal.shows("hold \(pair): in force after", and: "moderator")
        try terminal.press("r")
        try await terminal.shows("release \(pair)? y")
        try terminal.press("y")
        try await terminal.shows("release \(pair): in force after", and: "6/6")
        try terminal.press("c")
        try await terminal.shows("cut \(pair)? y")
        try terminal.press("y")
        try await terminal.shows("cut \(pair): in force after", and: "no pairs")
        #expect(try await second.signalling.expect("cut")["why"] == "moderator")
        let log = try await watched.run("audit", "show").output
        #expect(log.contains("order.cut") || log.contains("cut"), "\(log)")

        try terminal.press("q")
        let after = try await terminal.shows("status=0", and: "icanon")
        #expect(!after.contains("tidegate 0."), "the former screen is back")
        for visitor in [first, second] { visitor.browser.close() }
        #expect(try await watched.stop().status == 0)
    }

    @Test("a server that goes is a line, and one that comes back is seen again")
    func gone() async throws {
        let watched = try await Watched.open()
        let terminal = try TmuxTerminal("tidegatectl top --interval 0.2", in: watched.folder.path)
        try await terminal.shows("no pairs")
        #expect(try await watched.stop().status == 0)
        try await terminal.shows("there is no socket at run/tidegate.sock")
        let again = try watched.folder.start()
        _ = try await again.ready()
        let isBack = try await poll { try !terminal.screen.contains("there is no socket") }
        #expect(isBack)
        try terminal.press("C-c")
        try await terminal.shows("status=0", and: "icanon")
        again.signal(SIGTERM)
        #expect(try await again.end().status == 0)
    }

    @Test("twenty columns, and any size, are a view that is cut off, never a trace")
    func narrow() async throws {
        let watched = try await Watched.open()
        let terminal = try TmuxTerminal(
            "tidegatectl top --interval 0.2", columns: 20, rows: 12, in: watched.folder.path)
        try await terminal.shows("peers 0, waiting 0,")
        try terminal.resize(columns: 120, rows: 40)
        try await terminal.shows("reports waiting 0")
        for (columns, rows) in [(20, 3), (1, 1), (200, 60)] {
            try terminal.resize(columns: columns, rows: rows)
            try terminal.press("Down")
        }
        try await terminal.shows("reports waiting 0")
        try terminal.press("q")
        try await terminal.shows("status=0", and: "icanon")
        #expect(try await watched.stop().status == 0)
    }

    @Test("a signal leaves the terminal as it was", arguments: [SIGTERM, SIGHUP, SIGINT])
    func signal(number: Int32) async throws {
        let watched = try await Watched.open()
        let terminal = try TmuxTerminal(
            "sh -c 'echo $$ > top.pid; exec tidegatectl top'", in: watched.folder.path)
        try await terminal.shows("no pairs")
        let text = try String(contentsOfFile: watched.folder.path + "/top.pid", encoding: .utf8)
        kill(try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines))), number)
        try await terminal.shows("status=\(128 + number)", and: "icanon")
        #expect(try await watched.stop().status == 0)
    }

    @Test("what is not a terminal is told so, and a server that is not there, before anything is drawn")
    func notATerminal() async throws {
        let watched = try await Watched.open()
        let piped = try await watched.run("top")
        #expect(piped.status == 1 && piped.output.isEmpty)
        #expect(piped.errors.hasPrefix("tidegatectl: top needs a terminal;"), "\(piped.errors)")
        let dumb = try TmuxTerminal(
            "TERM=dumb tidegatectl top", columns: 200, in: watched.folder.path)
        try await dumb.shows("top needs a terminal;", and: "status=1")
        #expect(try await watched.stop().status == 0)
        let gone = try await watched.run("top")
        #expect(gone.status == 2 && gone.errors.split(separator: "\n").count == 1, "\(gone.errors)")
    }
}
