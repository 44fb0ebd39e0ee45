import ArgumentParser
import Foundation
import RelayTypes

/// The live pairs: `tidegatectl pair list --hold moderator`.
struct PairList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the live pairs, oldest first.")

    @OptionGroup var server: ServerOptions

    @Option(
        help: "Only pairs with a gate that has this hold: \(Holds.named.map(\.name).joined(separator: ", "))."
    )
    var hold: String?

    @Option(parsing: .unconditional, help: "Only the pair of this peer.")
    var peer: String?

    @Option(help: "Most pairs to list, 1 to 1000.")
    var limit = 100

    func validate() throws {
        guard (1...1_000).contains(limit) else { throw ValidationError("--limit must be 1 to 1000") }
        if let hold, !Holds.named.contains(where: { $0.name == hold }) {
            throw ValidationError("there is no hold '\(SafeText.line(hold))'")
        }
    }

    func run() async throws {
        try await reporting {
            var query = [(name: "limit", value: "\(limit)")]
            if let hold { query.append(("hold", hold)) }
            if let peer { query.append(("peer", peer)) }
            let answer = try await server.client().get("/v1/pairs", query: query, as: PairListAnswer.self)
            guard !server.json else { return print(SafeText.json(answer.json)) }
            let now = Date()
            let rows = answer.value.pairs.map { row in
                [row.pair, age(since: row.since, now)]
                    + (0..<2)
                    .map { index in
                        row.peers.indices.contains(index) ? row.peers[index] : ""
                    }
            }
            guard !rows.isEmpty else { return print("no pairs") }
            print(Layout.terminal.table(["PAIR", "AGE", "PEER", "PEER"], rows), terminator: "")
            if answer.value.cursor != nil {
                note("more pairs follow; see them with --limit 1000", server)
            }
        }
    }
}
