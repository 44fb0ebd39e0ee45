import ArgumentParser

/// One pair: `tidegatectl pair show <pair>`.
struct PairShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one pair: its gates, what passed and what was dropped, both legs.")

    @OptionGroup var server: ServerOptions

    @Argument(help: "The pair, as shown by 'tidegatectl pair list'.")
    var pair: String

    func run() async throws {
        try await reporting {
            let path = "/v1/pairs/" + AdminClient.encoded(pair)
            let answer = try await server.client().get(path, as: PairAnswer.self)
            guard !server.json else { return print(SafeText.json(answer.json)) }
            let layout = Layout.terminal
            print(
                layout.list([("pair", answer.value.pair), ("since", answer.value.since)]), terminator: "")
            print(Self.text(answer.value.peers, layout), terminator: "")
        }
    }

    /// Each peer as a block: what it may send, and what has become of it.
    static func text(_ peers: [PeerAnswer], _ layout: Layout) -> String {
        peers.map { peer in
            let band = peer.band.map { ", \($0)" } ?? ", age not proved"
            return layout.list([("peer", peer.peer + band)]) + layout.list(peer.entries, indent: 2)
        }
        .joined()
    }
}
