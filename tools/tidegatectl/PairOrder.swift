import ArgumentParser
import RelayTypes

/// What `cut`, `hold` and `release` share.
struct OrderOptions: ParsableArguments {
    @OptionGroup var server: ServerOptions

    @Argument(help: "The pair, as shown by 'tidegatectl pair list'.")
    var pair: String

    @Option(parsing: .unconditional, help: "Why, for the record.")
    var reason = "moderator"

    @Flag(help: "Say what would happen, and do nothing.")
    var dryRun = false

    func validate() throws {
        guard (1...500).contains(reason.count) else {
            throw ValidationError("--reason must have 1 to 500 characters")
        }
    }
}

/// Which of a pair's gates `hold` and `release` concern.
struct GateOptions: ParsableArguments {
    @Option(parsing: .unconditional, help: "Only what this peer of the pair sends. Default: both.")
    var from: String?

    @Option(help: "Only this channel: audio, video, chat. Default: all.", transform: Self.channel)
    var channel: Channel?

    private static func channel(named name: String) throws -> Channel {
        guard let channel = Channel(name: name) else {
            throw ValidationError(
                "--channel must be one of \(Channel.allCases.map(\.name).joined(separator: ", "))")
        }
        return channel
    }
}

/// Sends one order, and says when it was in force.
struct PairOrder: Encodable {
    let reason: String
    var from: String?
    var channel: String?

    /// - Parameters:
    ///   - action: `cut`, `hold` or `release`, as in the path.
    ///   - done: what the action is called when it has been done.
    static func carryOut(
        _ action: String, done: String, _ options: OrderOptions, gates: GateOptions? = nil
    ) async throws {
        try await reporting {
            let client = try options.server.client()
            let path = "/v1/pairs/" + AdminClient.encoded(options.pair)
            let pair = SafeText.line(options.pair)
            guard !options.dryRun else {
                _ = try await client.get(path, as: PairAnswer.self)
                print("would \(action) \(pair)\(scope(gates)) for '\(SafeText.line(options.reason))'")
                return
            }
            let order = PairOrder(
                reason: options.reason, from: gates?.from, channel: gates?.channel?.name)
            let answer = try await client.post(path + "/" + action, order, as: OrderAnswer.self)
            guard !options.server.json else { return print(SafeText.json(answer.json)) }
            let milliseconds = (answer.value.inForceMicroseconds / 10).rounded() / 100
            print("\(done) \(pair)\(scope(gates)), in force after \(milliseconds) ms")
            guard gates != nil else { return }
            print(PairShow.text(answer.value.peers, .terminal), terminator: "")
        }
    }

    private static func scope(_ gates: GateOptions?) -> String {
        let channel = gates?.channel.map { ", \($0.name) only" } ?? ""
        let from = gates?.from.map { ", from \(SafeText.line($0)) only" } ?? ""
        return channel + from
    }
}
