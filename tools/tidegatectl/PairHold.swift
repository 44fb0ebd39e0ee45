import ArgumentParser

/// Shuts gates of a pair: `tidegatectl pair hold <pair> --channel video`.
struct PairHold: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hold",
        abstract: "Shut a pair's gates, and leave the pair together.",
        discussion: """
            Adds the hold 'moderator'. When the command returns, not one more packet passes the gates that it \
            concerns. It may be repeated.
            """)

    @OptionGroup var options: OrderOptions
    @OptionGroup var gates: GateOptions

    func run() async throws { try await PairOrder.carryOut("hold", done: "held", options, gates: gates) }
}
