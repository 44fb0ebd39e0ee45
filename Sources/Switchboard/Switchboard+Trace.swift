import MediaControl
import RelayTypes
import Sealing
import Storage

/// Where people come from, for reports; kept only where it can be sealed.
extension Switchboard {
    /// Notes where the WebSocket comes from.
    func note(_ event: NetworkTrace.Event, of peer: Peer) {
        guard configuration.sealKey != nil, let connection = peer.connection.flatMap({ connections[$0] })
        else { return }
        peer.trace.note(
            event, from: connection.address, port: connection.port, at: configuration.wallClock())
    }

    /// Notes where the media comes from.
    func note(_ event: NetworkTrace.Event, of peer: Peer, from endpoint: Endpoint) {
        guard configuration.sealKey != nil else { return }
        peer.trace.note(event, from: endpoint, at: configuration.wallClock())
    }

    /// Asks the worker of a fresh pair where the media of both comes from.
    ///
    /// Nobody waits for it.
    func noteMedia(of pair: LivePair) {
        guard configuration.sealKey != nil, let slot = pair.slot else { return }
        Task {
            guard let snapshot = await snapshot(slot) else { return }
            for (peer, leg) in [(pair.first, snapshot.first), (pair.second, snapshot.second)] {
                guard let endpoint = leg.remote, peer.trace.media != endpoint else { continue }
                note(.connected, of: peer, from: endpoint)
            }
        }
    }

    /// The addresses of somebody, with the moment of the report, sealed for that report.
    ///
    /// - Returns: `nil` where no key is configured, or nothing is known.
    func sealedTrace(of id: PeerID, for report: ReportID) async -> SealedEvents? {
        guard let key = configuration.sealKey else { return nil }
        if let peer = peers[id] {
            note(.reported, of: peer)
            if let endpoint = peer.trace.media { note(.reported, of: peer, from: endpoint) }
        }
        guard let events = peers[id]?.trace.events ?? pastPeers[id]?.trace.events, !events.isEmpty else {
            return nil
        }
        return await Self.seal(events, with: key, for: report)
    }

    /// Away from the actor: it takes longer than everything else about a report.
    private nonisolated static func seal(
        _ events: [CaptureEvent], with key: SealKey, for report: ReportID
    ) async -> SealedEvents? {
        key.seal(events, for: report)
    }
}
