internal import FoundationEssentials
internal import RelayTypes
internal import Switchboard

extension BanOrder {
    /// What the body of `POST /v1/peers/{peer}/ban` must be.
    internal static let shape = "{\"reason\", \"facts\", \"until\"?, \"on\"?}"

    internal struct Members: Decodable {
        internal let reason: String
        internal let facts: String
        internal let until: String?
        internal let on: [String]?
    }

    internal init(of peer: PeerID, _ members: Members, at now: Date) throws(AdminFault) {
        self.init(
            peer: peer,
            reason: try AdminBody.text("reason", members.reason, atMost: ReportRoutes.groundCharacters),
            facts: try AdminBody.text("facts", members.facts, atMost: ReportRoutes.factsCharacters))
        if let text = members.until { until = try AdminBody.end(text, after: now) }
        if let names = members.on { handles = try Self.handles(named: names) }
    }

    /// What a ban holds on to, from the names of it.
    internal static func handles(named names: [String]) throws(AdminFault) -> Set<BanHandle> {
        var handles: Set<BanHandle> = []
        for name in names { handles.insert(try AdminBody.choice("on", name, of: BanHandle.self)) }
        guard !handles.isEmpty else { throw AdminFault(message: "on must name something") }
        return handles
    }
}
