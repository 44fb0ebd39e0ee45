import ArgumentParser

/// `tidegatectl peer …`.
struct Peer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "See people, and ban one.",
        subcommands: [PeerList.self, PeerShow.self, PeerBan.self])
}

/// Bans one person: `tidegatectl peer ban <peer> --reason 'rule 3' --facts '…'`.
struct PeerBan: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ban",
        abstract: "End a person's session now, and keep them out.",
        discussion: BanOptions.discussion)

    @OptionGroup var options: BanOptions

    func run() async throws { try await options.ban() }
}

/// The same: `tidegatectl ban add <peer> --reason … --facts …`.
struct BanAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Ban a peer who is here, or was within the last 24 h.",
        discussion: BanOptions.discussion)

    @OptionGroup var options: BanOptions

    func run() async throws { try await options.ban() }
}

/// What a ban needs.
struct BanOptions: ParsableArguments {
    static let discussion = """
        The person is told the reason and the facts. When the command returns, the ban is in force and on disk.
        """

    @OptionGroup var server: ServerOptions

    @Argument(help: "The peer, as shown by 'tidegatectl pair show'.")
    var peer: String

    @Option(parsing: .unconditional, help: "The rule or law that it rests on.")
    var reason: String

    @Option(parsing: .unconditional, help: "What happened.")
    var facts: String

    @Option(help: "When it ends, as 2030-01-31T12:00:00Z. Default: never.")
    var until: String?

    @Option(
        name: .customLong("on"), parsing: .singleValue,
        help: "Hold on to this only: identity, lineage, address; may be repeated. Default: all.")
    var handles: [String] = []

    @Flag(help: "Say what would happen, and do nothing.")
    var dryRun = false

    func validate() throws {
        guard (1...500).contains(reason.count) else {
            throw ValidationError("--reason must have 1 to 500 characters")
        }
        guard (1...4_000).contains(facts.count) else {
            throw ValidationError("--facts must have 1 to 4000 characters")
        }
    }

    func ban() async throws {
        try await reporting {
            let name = SafeText.line(peer)
            let client = try server.client()
            guard !dryRun else { return try await foretold(client).tell(server) }
            let order = BanOrderBody(
                reason: reason, facts: facts, until: until, on: handles.isEmpty ? nil : handles)
            let answer =
                try await client
                .post("/v1/peers/" + AdminClient.encoded(peer) + "/ban", order, as: BanAnswer.self)
            guard !server.json else { return print(SafeText.json(answer.json)) }
            print("banned \(name): \(SafeText.line(answer.value.ban))")
        }
    }

    /// What the ban would do: nothing is asked of the server but how things are now.
    private func foretold(_ client: AdminClient) async throws(AdminFailure) -> DryRun {
        let pairs = try await client.get("/v1/pairs", query: [("peer", peer)], as: PairListAnswer.self).value
        var effects = [
            DryRun.Effect(name: "until", value: until ?? "for good"),
            DryRun.Effect(
                name: "on", value: handles.isEmpty ? "all that is known" : handles.joined(separator: ", ")),
        ]
        for pair in pairs.pairs {
            let others = pair.peers.filter { $0 != peer }.joined(separator: ", ")
            effects.append(.init(name: "ends", value: "pair \(pair.pair) with \(others)"))
        }
        if pairs.pairs.isEmpty {
            effects.append(
                .init(name: "ends", value: "no pair; a ban is possible within 24 h after somebody has left"))
        }
        return DryRun(would: "ban \(peer) for '\(reason)'", peers: [peer], effects: effects)
    }
}

struct BanOrderBody: Encodable {
    let reason: String
    let facts: String
    let until: String?
    let on: [String]?
}

/// One ban, as the admin API shows it.
struct BanAnswer: Decodable {
    let ban: String
    let peer: String
    let since: String
    let until: String?
    let reason: String
    let on: [String]
}

struct BanListAnswer: Decodable {
    let bans: [BanAnswer]
}
