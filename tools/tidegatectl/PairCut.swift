import ArgumentParser

/// Ends one pair by hand: `tidegatectl pair cut <pair> --reason spam`.
struct PairCut: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cut",
        abstract: "End a pair now, for both browsers.",
        discussion: """
            When the command returns, not one more packet of either leaves the server.
            """)

    @OptionGroup var options: OrderOptions

    func run() async throws { try await PairOrder.carryOut("cut", done: "cut", options) }
}
