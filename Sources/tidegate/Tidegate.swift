import ArgumentParser
import RelayTypes

/// The server.
@main
struct Tidegate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tidegate",
        abstract: "Introduces two strangers by video, carries their media, and can stop it at any moment.",
        version: "tidegate \(Version.text)",
        subcommands: [Serve.self, CheckConfig.self])
}

/// What this build calls itself, here and in `GET /v1/status`.
enum Version {
    static let text = ProgramVersion.text
}
