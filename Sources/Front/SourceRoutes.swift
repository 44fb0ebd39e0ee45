internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird
internal import RelayTypes
internal import Switchboard

/// Reports from outside: `POST /v1/reports`.
internal struct SourceRoutes: Sendable {
    /// The only path that a source's key opens.
    internal static let path = "/v1/reports"

    private static let commentCharacters = 2_000
    private static let nameCharacters = 128
    private static let mostSignals = 32

    internal let control: any ControlPlane
    internal let keys: SourceKeys

    @Sendable internal func take(_ request: Request, _ context: AdminRoutes.Context) async throws -> Response
    {
        switch keys.verdict(on: Self.key(in: request) ?? "", at: .now()) {
        case .source(let source):
            return try await AdminAnswer.value(status: .created) {
                let shape =
                    "{\"pair\" or \"peer\", \"reason\", \"comment\"?, \"source\"?, \"signals\"?: [text]}"
                let members = try await AdminBody.read(Members.self, shape, from: request)
                return try await control.take(try members.report(of: source))
            }
        case .wrong(let isFirst):
            await control.sourceRefused(isFirst: isFirst)
            return JSONAnswer.error(
                .unauthorized, code: "unauthorized", "this needs Tidegate-Source-Key and the key of a source",
                headers: [.wwwAuthenticate: "Bearer"])
        case .tooManyWrong:
            await control.sourceRefused(isFirst: false)
            return JSONAnswer.error(
                .tooManyRequests, code: "rate_limited", "too many wrong keys; try again in a minute",
                headers: [.retryAfter: "60"])
        }
    }

    private static func key(in request: Request) -> String? {
        if let name = HTTPField.Name("Tidegate-Source-Key"), let key = request.headers[name] { return key }
        guard let value = request.headers[.authorization], value.prefix(7).lowercased() == "bearer " else {
            return nil
        }
        return String(value.dropFirst(7))
    }

    private struct Members: Decodable {
        let pair: String?
        let peer: String?
        let reason: String
        let comment: String?
        let source: String?
        let signals: [String]?

        func report(of source: ReportSource) throws(AdminFault) -> OutsideReport {
            guard pair != nil || peer != nil else { throw AdminFault(message: "pair or peer is missing") }
            if let named = self.source, named != source.name {
                throw AdminFault(message: "source is not the one whose key this is")
            }
            let signals = signals ?? []
            guard signals.count <= SourceRoutes.mostSignals else {
                throw AdminFault(message: "signals must have at most \(SourceRoutes.mostSignals) elements")
            }
            var checked: [String] = []
            for signal in signals {
                checked.append(
                    try AdminBody.text("signals", signal, atMost: SourceRoutes.nameCharacters))
            }
            let name = SourceRoutes.nameCharacters
            return OutsideReport(
                source: source,
                pair: try AdminBody.optionalText("pair", pair, atMost: name).map { PairID($0) },
                peer: try AdminBody.optionalText("peer", peer, atMost: name).map { PeerID($0) },
                reason: try AdminBody.text("reason", reason, atMost: name),
                comment: try AdminBody.optionalText(
                    "comment", comment, atMost: SourceRoutes.commentCharacters), signals: checked)
        }
    }
}
