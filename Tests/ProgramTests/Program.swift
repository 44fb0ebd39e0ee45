import Foundation
import RelayTestKit
import Testing

/// One of the built programs, or of the machine's by its path, started in a folder of its own.
final class Program: Sendable {
    struct State: Sendable {
        var output = ""
        var errors = ""
        var status: Int32?
    }

    let state = Monitor(State())
    private let process: Process

    /// Where SwiftPM has put the programs: next to this test bundle.
    static var folder: URL {
        let arguments = CommandLine.arguments
        let bundle = arguments.first { $0.hasSuffix(".xctest") } ?? arguments[0]
        return URL(filePath: bundle).deletingLastPathComponent()
    }

    /// - Parameters:
    ///   - name: of a program of ours, or an absolute path.
    ///   - environment: beside PATH and HOME.
    ///   - socket: handed over as a service manager would, in the way of sd_listen_fds(3).
    convenience init(
        _ name: String, _ arguments: [String], in folder: String, environment: [String: String] = [:],
        socket: FileHandle? = nil, output: FileHandle? = nil
    ) throws {
        let path = name.hasPrefix("/") ? name : Self.folder.appending(path: name).path
        try self.init(
            path: path, arguments, in: folder, environment: environment, socket: socket, output: output)
    }

    /// - Parameter given: where its standard output goes, if it is not to be read here.
    init(
        path: String, _ arguments: [String], in folder: String, environment: [String: String] = [:],
        socket: FileHandle? = nil, output given: FileHandle? = nil
    ) throws {
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        if let socket {
            // The id that LISTEN_PID names is known to the shell only, which then becomes the server.
            process.executableURL = URL(filePath: "/bin/sh")
            process.standardInput = socket
            let script = "LISTEN_PID=$$ LISTEN_FDS=1 exec \"$0\" \"$@\" 3<&0 </dev/null"
            process.arguments = ["-c", script, path] + arguments
        }
        process.currentDirectoryURL = URL(filePath: folder)
        process.environment = ["PATH": "/usr/bin:/bin", "HOME": folder].merging(environment) { $1 }
        let output = Pipe()
        let errors = Pipe()
        if let given {
            process.standardOutput = given
            try output.fileHandleForWriting.close()
        } else {
            process.standardOutput = output
        }
        process.standardError = errors
        self.process = process
        let state = state
        // Threads of their own: a handler that is taken away while it runs, as at a quick end, may crash this process.
        let readers = [
            Self.reader(of: output.fileHandleForReading) { text in state.update { $0.output += text } },
            Self.reader(of: errors.fileHandleForReading) { text in state.update { $0.errors += text } },
        ]
        process.terminationHandler = { process in
            // What is left in the pipes comes first.
            for reader in readers { reader.join() }
            state.update {
                $0.status =
                    process.terminationReason == .exit
                    ? process.terminationStatus : -process.terminationStatus
            }
        }
        try process.run()
    }

    /// Hands on what comes through a pipe, until its end.
    private static func reader(
        of pipe: FileHandle, _ take: @escaping @Sendable (String) -> Void
    ) -> PlainThread {
        PlainThread {
            while case let data = pipe.availableData, !data.isEmpty {
                take(String(decoding: data, as: UTF8.self))
            }
        }
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }

    var id: Int32 { process.processIdentifier }

    func signal(_ signal: Int32) { kill(process.processIdentifier, signal) }

    /// Waits for the end; negative for a signal.
    func end() async throws -> State {
        try #require(await state.wait { $0.status != nil }, "it does not end: \(state.value)")
        return state.value
    }

    /// Waits for the server's ready line, and gives its members.
    func ready() async throws -> (http: Int, media: String, admin: String) {
        _ = await state.wait { $0.output.contains("\n") || $0.status != nil }
        let line = try #require(state.value.output.split(separator: "\n").first, "\(state.value)")
        let words = line.split(separator: " ")
        try #require(words.count == 5 && words[0] == "tidegate" && words[1] == "ready", "\(line)")
        func value(_ index: Int, _ name: String) throws -> String {
            try #require(words[index].hasPrefix(name + "="), "\(line)")
            return String(words[index].dropFirst(name.count + 1))
        }
        let http = try value(2, "http")
        let port = try #require(http.split(separator: ":").last.flatMap { Int($0) })
        return (port, try value(3, "media"), try value(4, "admin"))
    }

    /// Runs a program to its end.
    static func run(_ name: String, _ arguments: [String], in folder: String) async throws -> State {
        try await Program(name, arguments, in: folder).end()
    }

    /// Runs a program once for each list of arguments, a few at once, and gives each one's end in the same order.
    static func runEach(
        _ name: String, _ calls: [[String]], in folder: String, environment: [String: String] = [:]
    ) async throws -> [State] {
        try await withThrowingTaskGroup(of: (Int, State).self) { group in
            var ends: [Int: State] = [:]
            for (index, arguments) in calls.enumerated() {
                if index >= atOnce, let (index, end) = try await group.next() { ends[index] = end }
                group.addTask {
                    (index, try await Program(name, arguments, in: folder, environment: environment).end())
                }
            }
            for try await (index, end) in group { ends[index] = end }
            return calls.indices.compactMap { ends[$0] }
        }
    }

    private static let atOnce = 4
}

/// A folder of its own for one test, with a configuration in it.
final class ProgramFolder: Sendable {
    let path = FileManager.default.temporaryDirectory
        .appending(path: "tidegate-\(UUID().uuidString.prefix(8))").path

    /// A configuration in which every port is free.
    static let development = """
        development = true
        [http]
        listen = "127.0.0.1:0"
        [media]
        listen = "127.0.0.1"
        port = 0

        """

    init(_ configuration: String = development) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try write(configuration, to: "tidegate.toml")
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: URL(filePath: path + "/" + name))
    }

    func start(environment: [String: String] = [:], socket: FileHandle? = nil) throws -> Program {
        try Program(
            "tidegate", ["serve", "--config", "tidegate.toml"], in: path, environment: environment,
            socket: socket)
    }

    /// Runs the operator's tool here.
    func control(_ arguments: String...) async throws -> Program.State {
        try await Program.run("tidegatectl", arguments, in: path)
    }
}
