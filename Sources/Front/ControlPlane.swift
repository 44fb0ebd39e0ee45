package import RelayTypes
package import Signalling
package import Switchboard

/// What the front door asks of the control plane.
///
/// The ``Switchboard`` is one; tests have a smaller one.
package protocol ControlPlane: Sendable {
    /// A WebSocket has been opened.
    func connect(_ link: any PeerLink, address: String) async -> ConnectionID
    /// One message, in the order in which it arrived; the next one waits for this call to return.
    func receive(_ frame: ClientFrame, from connection: ConnectionID) async
    /// The WebSocket is gone. `clean`: the client said goodbye with close code 1000 or 1001.
    func disconnected(_ connection: ConnectionID, clean: Bool) async
    /// The server is going: everyone is told to come back within so many seconds, and hung up.
    func drain(within seconds: Int) async

    func status() async -> StatusReport
    func pairs(hold: Holds?, peer: PeerID?, limit: Int, cursor: String?) async -> PairPage
    func pair(_ id: PairID) async -> PairReport?
    /// Returns when the order is in force on the packet path.
    func order(_ order: OperatorOrder) async throws(AdminError) -> OrderReceipt
    /// Returns when the ban is in force and on disk.
    func ban(_ order: BanOrder) async throws(AdminError) -> BanReport
    func bans() async -> BanList
    func liftBan(_ id: BanID) async throws(AdminError) -> BanReport
    func isReady() async -> ReadinessReport
    var policySummary: PolicySummary { get }
    func metrics() async -> MetricsSnapshot
}

extension Switchboard: ControlPlane {}
