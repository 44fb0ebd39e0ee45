import ArgumentParser

/// The operator's tool.
///
/// Talks to the admin API and to nothing else.
@main
struct Tidegatectl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tidegatectl",
        abstract: "See what a Tidegate server does, and stop it where it must be stopped.",
        discussion: """
            Exit status: 0 done, 1 the server refused or knows no such id, 2 the server cannot be reached.
            """,
        version: "tidegatectl 0.1.0",
        subcommands: [
            Status.self, Pair.self, Peer.self, Ban.self, Report.self, Appeal.self, Case.self, Audit.self,
            Retention.self, Explain.self, Events.self, Top.self,
        ])

    static func main() async {
        await main(ArgumentOrder.parsable(Array(CommandLine.arguments.dropFirst())))
    }
}

/// `tidegatectl pair …`.
struct Pair: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "See pairs, and cut, hold or release them.",
        subcommands: [PairList.self, PairShow.self, PairCut.self, PairHold.self, PairRelease.self])
}
