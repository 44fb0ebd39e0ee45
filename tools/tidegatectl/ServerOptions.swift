import ArgumentParser
import Foundation

/// Which server, and how to get in.
struct ServerOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help:
            "The admin socket. Default: $TIDEGATE_SOCKET, else run/tidegate.sock, else the installed server's."
    )
    var socket: String?

    @Option(help: "The admin API over TCP instead, for example http://127.0.0.1:9090.")
    var url: String?

    @Option(parsing: .unconditional, help: "The file with the admin token, which --url needs.")
    var tokenFile: String?

    @Option(
        name: .customLong("as"), parsing: .unconditional,
        help: "Your name, for the audit log. Default: $TIDEGATE_OPERATOR, else the user's.")
    var operatorName: String?

    @Flag(help: "Print the server's JSON.")
    var json = false

    @Flag(help: "Print nothing but errors.")
    var quiet = false

    func validate() throws {
        guard url != nil else { return }
        guard socket == nil else { throw ValidationError("give --socket or --url, not both") }
        guard tokenFile != nil else { throw ValidationError("--url needs --token-file") }
    }

    /// A way to the server; every command asks for it before it prints anything, so that `--quiet` is heeded.
    func client() throws(AdminFailure) -> AdminClient {
        if quiet { StandardOutput.silence() }
        if let url {
            guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
                throw .unreachable("\(url) is not an http or https URL")
            }
            return AdminClient(
                base: String(url.reversed().drop { $0 == "/" }.reversed()), token: try token(), actor: actor)
        }
        let path = socket ?? ProcessInfo.processInfo.environment["TIDEGATE_SOCKET"] ?? Self.usualSocket
        return AdminClient(socket: path, actor: actor)
    }

    /// That of a server started from this folder, else that of the server which the package installed.
    private static var usualSocket: String {
        let (here, installed) = ("run/tidegate.sock", "/run/tidegate/tidegate.sock")
        let files = FileManager.default
        // Its folder tells: a user who may not look inside must hear about that socket, not about this folder's.
        return !files.fileExists(atPath: here) && files.fileExists(atPath: "/run/tidegate") ? installed : here
    }

    /// Takes the socket that a configuration file names, where the command line names none.
    mutating func prefer(socket path: String?) {
        guard socket == nil, url == nil, ProcessInfo.processInfo.environment["TIDEGATE_SOCKET"] == nil else {
            return
        }
        socket = path
    }

    /// Whether the server is on another machine, as far as its address tells.
    var isElsewhere: Bool {
        guard let host = url.flatMap({ URL(string: $0)?.host() }) else { return false }
        return !["localhost", "::1", "[::1]"].contains(host) && !host.hasPrefix("127.")
    }

    /// Who acts; what a header cannot carry is left out.
    private var actor: String {
        let environment = ProcessInfo.processInfo.environment
        let name = operatorName ?? environment["TIDEGATE_OPERATOR"] ?? NSUserName()
        return String(
            String.UnicodeScalarView(name.unicodeScalars.filter { (0x20...0x7e).contains($0.value) })
        )
        .trimmingCharacters(in: .whitespaces)
    }

    private func token() throws(AdminFailure) -> String {
        guard let tokenFile, let data = FileManager.default.contents(atPath: tokenFile) else {
            throw .unreachable("the token file \(tokenFile ?? "") cannot be read")
        }
        let token = String(decoding: data, as: UTF8.self).filter { !$0.isWhitespace }
        guard token.unicodeScalars.allSatisfy({ (0x21...0x7e).contains($0.value) }), !token.isEmpty else {
            throw .unreachable("the token file \(tokenFile) holds no token")
        }
        return token
    }
}

/// Runs a command's body; a failure becomes one sentence on standard error and its exit status.
func reporting(_ body: () async throws -> Void) async throws {
    do {
        try await body()
    } catch let failure as AdminFailure {
        StandardOutput.complain(failure.description)
        throw ExitCode(failure.exitStatus.rawValue)
    }
}
