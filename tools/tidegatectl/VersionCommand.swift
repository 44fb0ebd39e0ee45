import ArgumentParser
import Foundation
import RelayTypes

/// Which versions work together here: `tidegatectl version`.
struct VersionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version",
        abstract: "Tell this tool's version and the server's, and warn when they differ.")

    @OptionGroup var server: ServerOptions

    func run() async throws {
        try await reporting {
            let client = try server.client()
            let own = ProgramVersion.text
            if !server.json { print("tidegatectl  \(own)") }
            let running = try await client.get("/v1/status", as: Running.self).value.version
            if server.json {
                let encoder = JSONEncoder()
                encoder.outputFormatting = [.sortedKeys]
                let both = Both(tidegatectl: own, server: running)
                print(SafeText.json(String(decoding: try encoder.encode(both), as: UTF8.self)))
            } else {
                print("server       \(SafeText.line(running))")
            }
            if running != own {
                note(
                    "the server is of another version (\(running)) than this tool (\(own)): use its own one",
                    server)
            }
        }
    }

    /// As much of `GET /v1/status` as servers of every version have.
    private struct Running: Decodable {
        let version: String
    }

    private struct Both: Encodable {
        let tidegatectl: String
        let server: String
    }
}
