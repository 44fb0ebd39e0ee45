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
                let found = try await client.get(path, as: PairAnswer.self).value
                return try foretold(action, found, options.reason, gates).tell(options.server)
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

    /// What an order would change: nothing is asked of the server but how the pair is now.
    private static func foretold(
        _ action: String, _ pair: PairAnswer, _ reason: String, _ gates: GateOptions?
    ) throws(AdminFailure) -> DryRun {
        let senders = pair.peers.filter { gates?.from == nil || $0.peer == gates?.from }
        guard !senders.isEmpty else {
            throw .refused(status: 400, message: "the peer is not one of this pair")
        }
        var effects: [DryRun.Effect] = []
        for sender in senders {
            guard let gates else {
                let band = sender.band ?? "age not proved"
                effects.append(.init(name: sender.peer, value: "\(band); its session with the other ends"))
                continue
            }
            for channel in Channel.allCases where gates.channel == nil || gates.channel == channel {
                let holds = sender.gates[channel.name] ?? []
                effects.append(
                    .init(
                        name: sender.peer, value: channel.name + ": " + change(by: action, of: holds)))
            }
        }
        return DryRun(
            would: "\(action) \(pair.pair)\(scope(gates)) for '\(reason)'", peers: senders.map(\.peer),
            effects: effects)
    }

    private static func change(by action: String, of holds: [String]) -> String {
        let others = holds.filter { $0 != "moderator" }
        let rest = others.joined(separator: ", ")
        let isHeld = holds.count > others.count
        switch (action, isHeld) {
        case ("hold", true), ("release", false):
            return "as it is, " + (holds.isEmpty ? "open" : "held: " + holds.joined(separator: ", "))
        case ("hold", false): return others.isEmpty ? "shuts" : "stays shut, held also by: \(rest)"
        default: return others.isEmpty ? "opens" : "stays shut, held by: \(rest)"
        }
    }

    private static func scope(_ gates: GateOptions?) -> String {
        let channel = gates?.channel.map { ", \($0.name) only" } ?? ""
        let from = gates?.from.map { ", from \(SafeText.line($0)) only" } ?? ""
        return channel + from
    }
}
