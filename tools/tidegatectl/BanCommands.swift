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
        abstract: "List the bans in force, oldest first.",
        discussion: "Exit status: 0 listed, 1 the server refused, 2 it cannot be reached.")

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
        abstract: "Lift a ban.",
        discussion: "Exit status: 0 lifted, 1 there is no such ban, 2 the server cannot be reached.")

    @OptionGroup var server: ServerOptions

    @Argument(help: "The ban, as shown by 'tidegatectl ban list'.")
    var ban: String

    func run() async throws {
        try await reporting {
            let answer = try await server.client()
                .delete("/v1/bans/" + AdminClient.encoded(ban), as: BanAnswer.self)
            guard !server.json else { return print(SafeText.json(answer.json)) }
            print("lifted \(SafeText.line(answer.value.ban))")
        }
    }
}
