package import RelayTypes
package import Switchboard

/// What the front door asks of the control plane for those who look.
package protocol InsightControl: Sendable {
    func peers(_ wanted: PeerState?, limit: Int, cursor: String?) async -> PeerPage
    func peer(_ id: PeerID) async -> PeerReport?
    func explain(_ id: PairID) async -> Explanation?
    func explain(_ id: PeerID) async -> Explanation?
    func overview(limit: Int) async -> Overview
    /// Whether there is room for another subscriber.
    var hasRoomForSubscriber: Bool { get async }
    /// `nil` where there are too many subscribers already.
    ///
    /// - Parameter last: the id of the last event that the subscriber has.
    func subscribe(to filter: EventFilter, after last: String?) async -> EventQueue?
    func unsubscribe(_ queue: EventQueue) async
}
