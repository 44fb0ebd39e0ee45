import ArgumentParser

/// What the server does right now: `tidegatectl status`.
struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say what the server does right now.")

    @OptionGroup var server: ServerOptions

    func run() async throws {
        try await reporting {
            let answer = try await server.client().get("/v1/status", as: StatusAnswer.self)
            guard !server.json else { return print(SafeText.json(answer.json)) }
            let status = answer.value
            let gates = status.gates.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
            let text = Layout.terminal.list([
                ("version", status.version), ("up", spoken(seconds: status.uptimeSeconds)),
                ("workers", workers(of: status)), ("peers", "\(status.peers), \(status.waiting) waiting"),
                ("legs", "\(status.legs)"), ("pairs", "\(status.pairs)"),
                ("gates", gates.isEmpty ? "none" : gates.joined(separator: ", ")),
                ("packets", "\(Int(clamping: Int64(status.packetsPerSecond.rounded()))) a second"),
            ])
            print(text, terminator: "")
        }
    }

    /// How many workers there are, and which are stuck.
    private func workers(of status: StatusAnswer) -> String {
        let stuck = (status.perWorker ?? []).filter(\.stuck).map { "\($0.worker)" }
        return "\(status.workers)" + (stuck.isEmpty ? "" : ", stuck: \(stuck.joined(separator: ", "))")
    }
}
