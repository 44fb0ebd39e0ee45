import ArgumentParser
import Foundation
import RelayTypes

/// The operator's tool.
///
/// Talks to the admin API and to nothing else.
@main
struct Tidegatectl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tidegatectl",
        abstract: "See what a Tidegate server does, and stop it where it must be stopped.",
        discussion: ExitStatus.discussion,
        version: "tidegatectl \(ProgramVersion.text)",
        subcommands: [
            Status.self, Pair.self, Peer.self, Ban.self, Report.self, Appeal.self, Case.self, Audit.self,
            Retention.self, Worker.self, Hook.self, Explain.self, Events.self, Top.self, Pcap.self,
            DrainCommand.self,
            ReloadCommand.self, ConfigCommand.self, Doctor.self, VersionCommand.self, Completion.self,
        ])

    static func main() async {
        StandardOutput.prepare()
        do {
            var command = try parseAsRoot(ArgumentOrder.parsable(Array(CommandLine.arguments.dropFirst())))
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            end(with: error)
        }
    }

    /// With fewer columns the parser's library traps where it would break its lines.
    private static let narrowest = 60

    /// Says what the parser has to say, within the terminal's columns.
    private static func end(with error: any Error) -> Never {
        let width = Layout.terminal.width
        setenv("COLUMNS", "\(max(width, narrowest))", 1)
        let status = exitCode(for: error)
        let message = UsageLine.wrapped(fullMessage(for: error), width: width)
        if !message.isEmpty {
            if status.isSuccess {
                print(message)
            } else {
                FileHandle.standardError.write(Data((message + "\n").utf8))
            }
        }
        Foundation.exit(status.rawValue)
    }
}

/// `tidegatectl pair …`.
struct Pair: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "See pairs, and cut, hold or release them.",
        subcommands: [PairList.self, PairShow.self, PairCut.self, PairHold.self, PairRelease.self])
}
