import ArgumentParser

/// Why somebody does or does not see somebody: `tidegatectl explain <pair>`.
struct Explain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say in plain words why A sees B, or does not.",
        discussion: """
            What happened, in order of time (UTC); what became of the packets; and how it is right now. Works for 24 h \
            after the end.
            """)

    @OptionGroup var server: ServerOptions

    @Argument(help: "A pair or a peer.")
    var id: String

    func run() async throws {
        try await reporting {
            let answer = try await Self.ask(try server.client(), id)
            guard !server.json else { return print(SafeText.json(answer.json)) }
            print(Self.text(answer.value, .terminal), terminator: "")
        }
    }

    /// Asks for a pair of that name, and then for a peer.
    private static func ask(
        _ client: AdminClient, _ id: String
    ) async throws(AdminFailure) -> AdminClient.Answer<ExplainAnswer> {
        let name = AdminClient.encoded(id)
        do {
            return try await client.get("/v1/pairs/\(name)/explain")
        } catch .refused(404, _, _) {
        }
        do {
            return try await client.get("/v1/peers/\(name)/explain")
        } catch .refused(404, _, _) {
            throw .refused(
                status: 404, message: "there is no such pair or peer, and there was none in the last 24 h")
        }
    }

    static func text(_ told: ExplainAnswer, _ layout: Layout) -> String {
        var text = layout.list([
            (told.pair == nil ? "peer" : "pair", "\(told.pair ?? told.peer ?? ""), \(told.state)")
        ])
        if told.pair != nil || told.people.count == 2 {
            text += layout.list(
                told.people.map { person in
                    (person.name, person.peer + (person.band.map { ", \($0)" } ?? ""))
                })
        }
        if let pairs = told.pairs, !pairs.isEmpty {
            text += layout.list([("pairs", pairs.joined(separator: ", "))])
        }
        text += "\n" + events(told, layout)
        if !told.packets.isEmpty { text += "\n" + packets(told, layout) }
        text += "\n" + told.verdict.map { layout.paragraph($0.text) }.joined()
        return text
    }

    private static func events(_ told: ExplainAnswer, _ layout: Layout) -> String {
        var day = ""
        var text = ""
        for line in told.lines {
            let date = String(line.at.prefix(10))
            if date != day { text += date + "\n" }
            day = date
            let time = String(line.at.dropFirst(11).prefix(12))
            text += layout.list([(time, line.text)])
        }
        if told.leftOut > 0 { text += "(\(told.leftOut) further events in between are no longer known)\n" }
        return text
    }

    private static func packets(_ told: ExplainAnswer, _ layout: Layout) -> String {
        let rows = told.packets.map { packets in
            let name = told.people.first { $0.peer == packets.from }?.name ?? packets.from
            let dropped = packets.dropped.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
            return (
                "from \(name)",
                "\(packets.forwarded.packets) packets forwarded, \(packets.forwarded.bytes) bytes; dropped: "
                    + (dropped.isEmpty ? "none" : dropped.joined(separator: ", "))
            )
        }
        return layout.list(rows)
    }
}

extension Layout {
    /// One sentence, as wide as the terminal.
    func paragraph(_ text: String) -> String {
        list([("-", text)])
    }
}
