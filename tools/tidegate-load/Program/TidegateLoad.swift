internal import ArgumentParser
internal import Foundation
internal import RelayTypes

/// Thousands of strangers against one server, and a verdict.
@main
struct TidegateLoad: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tidegate-load",
        abstract: "Thousands of strangers against one server, and a verdict.",
        version: "tidegate-load \(ProgramVersion.text)",
        subcommands: [RunCommand.self, IssuerCommand.self, KindsCommand.self],
        defaultSubcommand: RunCommand.self)

    static func main() async {
        // A page or a pipe that goes away is no reason to end without a verdict.
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            // The library's own status for wrong usage is 64; this tool's statuses are in its help.
            guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
            FileHandle.standardError.write(Data((fullMessage(for: error) + "\n").utf8))
            Foundation.exit(2)
        }
    }
}
