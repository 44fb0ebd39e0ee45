import ArgumentParser
import Foundation

/// Those who are here: `tidegatectl peer list --state waiting`.
struct PeerList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List those who are here, the longest first.")

    private static let states = ["idle", "joining", "waiting", "paired", "away"]

    @OptionGroup var server: ServerOptions

    @Option(help: "Only those in this state: \(Self.states.joined(separator: ", ")).")
    var state: String?

    @Option(help: "Most peers to list, 1 to 1000.")
    var limit = 100

    func validate() throws {
        guard (1...1_000).contains(limit) else { throw ValidationError("--limit must be 1 to 1000") }
        if let state, !Self.states.contains(state) {
            throw ValidationError("--state must be one of \(Self.states.joined(separator: ", "))")
        }
    }

    func run() async throws {
        try await reporting {
            var query = [(name: "limit", value: "\(limit)")]
            if let state { query.append(("state", state)) }
            let answer = try await server.client().get("/v1/peers", query: query, as: PeerListAnswer.self)
            guard !server.json else { return print(SafeText.json(answer.json)) }
            let now = Date()
            let rows = answer.value.peers.map { row in
                [row.peer, age(since: row.since, now), row.state, row.band ?? "-", row.pair ?? "-"]
            }
            guard !rows.isEmpty else { return print("no peers") }
            print(Layout.terminal.table(["PEER", "AGE", "STATE", "BAND", "PAIR"], rows), terminator: "")
            if answer.value.cursor != nil { note("more peers follow; see them with --limit 1000", server) }
        }
    }
}

/// One person: `tidegatectl peer show <peer>`.
struct PeerShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one person: band, shortened address, media path, pairs.")

    @OptionGroup var server: ServerOptions

    @Argument(help: "The peer, as shown by 'tidegatectl peer list'.")
    var peer: String

    func run() async throws {
        try await reporting {
            let answer = try await server.client()
                .get("/v1/peers/" + AdminClient.encoded(peer), as: PeerShowAnswer.self)
            guard !server.json else { return print(SafeText.json(answer.json)) }
            let shown = answer.value
            let band = shown.band.map { $0 + (shown.bandExpires.map { ", until \($0)" } ?? "") }
            var entries = [
                ("peer", shown.peer), ("state", shown.state), ("since", shown.since),
                ("age", band ?? "not proved"),
            ]
            if let address = shown.address, !address.isEmpty { entries.append(("from", address)) }
            if shown.identity { entries.append(("identity", "known by a token of yours")) }
            if let leg = shown.leg {
                let path = leg.path
                let time = path?.roundTripMilliseconds.map { "\(($0 * 10).rounded() / 10) ms" }
                entries.append(
                    (
                        "leg",
                        ([leg.state, "worker \(leg.worker)"]
                            + [path?.state, path?.address, path?.dtls, path?.srtp, time].compactMap { $0 })
                            .joined(separator: ", ")
                    ))
            }
            entries.append(("pair", shown.pair ?? "none"))
            let earlier = shown.pairs.filter { $0 != shown.pair }
            if !earlier.isEmpty { entries.append(("earlier", earlier.joined(separator: ", "))) }
            print(Layout.terminal.list(entries.map { (name: $0.0, value: $0.1) }), terminator: "")
        }
    }
}

/// How long ago a time of the server's was, as people say it.
func age(since text: String, _ now: Date) -> String {
    let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    let since = (try? style.parse(text)) ?? (try? Date.ISO8601FormatStyle().parse(text))
    return since.map { spoken(seconds: now.timeIntervalSince($0)) } ?? text
}
