package import RelayTypes

/// The media of thousands of simulated browsers, on a few threads of their own.
///
/// It knows nothing of signalling: whoever drives it hands it the server's offers, tells it who is whose partner, and
/// reads what became of it.
package final class LoadEngine: Sendable {
    /// What all peers share.
    package struct Configuration: Sendable {
        /// Threads that carry media; each has its own peers.
        package var threads = 1
        /// Most peers.
        package var peers: Int
        package var shape = MediaShape()
        /// Whether ICE is done by libnice's full agent: slower, and not our code.
        package var usesFullICE = false
        package var seed: UInt64

        package init(peers: Int, seed: UInt64) {
            self.peers = peers
            self.seed = seed
        }
    }

    package let configuration: Configuration
    /// Who may hear whom, and since when.
    package let ledger: PairLedger

    package init(_ configuration: Configuration) throws(EngineError) {
        self.configuration = configuration
        ledger = PairLedger(capacity: configuration.peers &* 8)
    }

    /// Starts the threads.
    package func start() throws(EngineError) {}

    /// Ends the threads and closes every socket.
    package func stop() {}

    /// Opens a socket for a peer and answers the server's offer; ICE and DTLS begin at once.
    ///
    /// A later offer for the same peer replaces its transport.
    ///
    /// - Returns: the SDP answer.
    package func answer(_ offer: String, as peer: PeerNumber) throws(EngineError) -> String { "" }

    /// Carried out by the peer's thread, in order.
    package func perform(_ command: EngineCommand, on peer: PeerNumber) {}

    /// Everything that happens to peers since the last call, oldest first; never blocks.
    package func takeEvents() -> [EngineEvent] { [] }

    /// What one peer has been through so far.
    package func record(of peer: PeerNumber) -> PeerRecord { PeerRecord() }

    /// What all peers have been through so far.
    package func tally() -> EngineTally { EngineTally() }
}

/// A simulated browser: 0 to ``LoadEngine/Configuration/peers`` - 1.
package struct PeerNumber: Hashable, Sendable, BitwiseCopyable {
    package let value: UInt32
    package init(_ value: UInt32) { self.value = value }
}

/// What a peer sends.
package struct MediaShape: Sendable {
    /// Milliseconds of sound in one packet: 20, 40 or 60 (RFC 7587 §7).
    package var packetTime = 20
    /// Bytes of an Opus payload, the mark included.
    package var audioBytes = 80
    /// Bits of video payload a second; 0 means audio only.
    package var videoBitrate = 1_000_000
    package var framesPerSecond = 30

    package init() {}
}
