import ArgumentParser

/// Takes an operator's hold back: `tidegatectl pair release <pair>`.
struct PairRelease: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release",
        abstract: "Take the hold 'moderator' off a pair's gates.",
        discussion: """
            No other hold is touched: a gate that waits for an age proof or for consent stays shut.
            """)

    @OptionGroup var options: OrderOptions
    @OptionGroup var gates: GateOptions

    func run() async throws {
        try await PairOrder.carryOut("release", done: "released", options, gates: gates)
    }
}
