import ArgumentParser

/// Lets people go: `tidegatectl drain --deadline 600`.
struct DrainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain",
        abstract: "Take nobody new; running pairs go on until they end, or until the deadline.",
        discussion: """
            The server stays, drained, when everybody has gone. To stop it send it SIGTERM, which drains as well.
            """)

    @OptionGroup var server: ServerOptions

    @Option(help: "Seconds until the pairs that are left are ended. Default: server.drain_deadline.")
    var deadline: Int?

    @Flag(help: "Take people again.")
    var takeBack = false

    @Flag(help: "Say how far it is, and change nothing.")
    var show = false

    @Flag(help: "Say who would be here, and change nothing.")
    var dryRun = false

    func validate() throws {
        guard deadline.map({ (0...86_400).contains($0) }) ?? true else {
            throw ValidationError("--deadline must be from 0 to 86400 seconds")
        }
        guard !takeBack || deadline == nil else {
            throw ValidationError("give --deadline or --take-back, not both")
        }
    }

    func run() async throws {
        try await reporting {
            let client = try server.client()
            let answer: AdminClient.Answer<DrainAnswer>
            if show || dryRun {
                answer = try await client.get("/v1/drain", as: DrainAnswer.self)
            } else if takeBack {
                answer = try await client.delete("/v1/drain", as: DrainAnswer.self)
            } else {
                answer = try await client.post("/v1/drain", Body(deadline: deadline), as: DrainAnswer.self)
            }
            guard !server.json else { return print(SafeText.json(answer.json)) }
            print(dryRun ? intent(answer.value) : Self.text(answer.value))
        }
    }

    private func intent(_ state: DrainAnswer) -> String {
        if takeBack { return state.draining ? "would take people again" : "takes people already" }
        return "would take nobody new, with \(state.peers) peers in \(state.pairs) pairs here"
    }

    private static func text(_ state: DrainAnswer) -> String {
        guard state.draining else { return "taking people: \(state.peers) peers, \(state.pairs) pairs" }
        let end = state.deadline.map { ", ended in \(spoken(seconds: $0))" } ?? ""
        let what = state.stopping ? "draining, and stopping when nobody is left" : "draining"
        return "\(what): \(state.peers) peers, \(state.pairs) pairs\(end)"
    }

    private struct Body: Encodable { let deadline: Int? }
}

/// `/v1/drain`.
struct DrainAnswer: Decodable {
    let draining: Bool
    let deadline: Double?
    let peers: Int
    let pairs: Int
    let stopping: Bool
}
