import ArgumentParser

/// `tidegatectl ban …`.
struct Ban: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "See bans, make them and lift them.",
        subcommands: [BanListCommand.self, BanAdd.self, BanRemove.self])
}

/// The bans in force: `tidegatectl ban list`.
struct BanListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the bans in force, oldest first.")

    @OptionGroup var server: ServerOptions

    func run() async throws {
        try await reporting {
            let answer = try await server.client().get("/v1/bans", as: BanListAnswer.self)
            guard !server.json else { return print(SafeText.json(answer.json)) }
            guard !answer.value.bans.isEmpty else { return print("no bans") }
            let rows = answer.value.bans.map { ban in
                [ban.ban, ban.until.map(Self.day) ?? "for good", ban.on.joined(separator: ","), ban.reason]
            }
            print(Layout.terminal.table(["BAN", "UNTIL", "ON", "REASON"], rows), terminator: "")
        }
    }

    /// The day of an RFC 3339 time.
    private static func day(_ text: String) -> String { String(text.prefix(10)) }
}

/// Lifts a ban: `tidegatectl ban remove <ban>`.
struct BanRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Lift a ban.")

    @OptionGroup var server: ServerOptions

    @Argument(help: "The ban, as shown by 'tidegatectl ban list'.")
    var ban: String

    @Flag(help: "Say what would happen, and do nothing.")
    var dryRun = false

    func run() async throws {
        try await reporting {
            let client = try server.client()
            guard !dryRun else { return try await foretold(client).tell(server) }
            let answer =
                try await client
                .delete("/v1/bans/" + AdminClient.encoded(ban), as: BanAnswer.self)
            guard !server.json else { return print(SafeText.json(answer.json)) }
            print("lifted \(SafeText.line(answer.value.ban))")
        }
    }

    private func foretold(_ client: AdminClient) async throws(AdminFailure) -> DryRun {
        let bans = try await client.get("/v1/bans", as: BanListAnswer.self).value.bans
        guard let found = bans.first(where: { $0.ban == ban }) else {
            throw .refused(status: 404, message: "there is no such ban, or it has ended", code: "unknown_ban")
        }
        return DryRun(
            would: "lift \(found.ban)", peers: [found.peer],
            effects: [
                .init(name: "peer", value: found.peer), .init(name: "since", value: found.since),
                .init(name: "until", value: found.until ?? "for good"),
                .init(name: "reason", value: found.reason),
            ])
    }
}
