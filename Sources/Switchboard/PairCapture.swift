import Foundation
package import MediaControl
package import RelayTypes

/// What an operator wants captured.
package struct CaptureOrder: Sendable {
    package let pair: PairID
    /// Whose leg; absent: both.
    package let peer: PeerID?
    package let directions: CaptureDirections
    package let seconds: Int
    package let headersOnly: Bool

    package init(pair: PairID, peer: PeerID?, directions: CaptureDirections, seconds: Int, headersOnly: Bool)
    {
        self.pair = pair
        self.peer = peer
        self.directions = directions
        self.seconds = seconds
        self.headersOnly = headersOnly
    }

    /// - Parameter name: `in`, `out` or `both`, as the browser's leg sees it.
    package static func directions(named name: String) -> CaptureDirections? {
        switch name {
        case "in": .inbound
        case "out": .outbound
        case "both": .both
        default: nil
        }
    }
}

/// How much may be captured.
package struct CaptureLimits: Sendable, Equatable {
    /// Longest capture, in seconds.
    package var seconds = 60
    /// Largest capture, in bytes of pcapng.
    package var bytes = 16 * 1_024 * 1_024
    /// Whether what people say and show may be captured at all.
    package var payload = false

    package init() {}
}

/// Why nothing is captured.
package enum CaptureRefusal: Error, Sendable, Equatable {
    case unknownPair
    case notOfThePair
    /// Two who only write to each other have no media path.
    case noMedia
    /// Longer than the configuration permits, in seconds.
    case tooLong(most: Int)
    /// The configuration permits headers only.
    case payloadForbidden
    /// The pair's worker carries out another one.
    case busy
    /// The audit log does not take it, so nothing was captured.
    case notAudited
    case workerSilent
}

/// A capture that runs: pcapng, piece by piece, until the pair, the time or the size is at its end.
package actor PairCapture {
    private enum State { case beginning, running, ended }

    /// How long the ring may fill before it is looked at again, in milliseconds.
    private static let interval = 20
    /// A piece comes at least so often, in nanoseconds: a reader that has gone is noticed by writing only.
    private static let heartbeat: UInt64 = 1_000_000_000

    private let ring: CaptureRing
    private let writer: PcapngWriter
    private let deadline: MonotonicInstant
    private let clock: @Sendable () -> MonotonicInstant
    private let orderEnd: @Sendable () async -> Void
    /// Bytes that may still be given.
    private var room: Int
    /// Packets that were captured and are beyond the size.
    private var beyond: [Side: UInt64] = [:]
    private var beats: MonotonicInstant
    private var state = State.beginning

    /// - Parameter orderEnd: tells the worker to stop, and returns when it has.
    init(
        ring: CaptureRing, writer: PcapngWriter, deadline: MonotonicInstant, bytes: Int,
        clock: @escaping @Sendable () -> MonotonicInstant, orderEnd: @escaping @Sendable () async -> Void
    ) {
        self.ring = ring
        self.writer = writer
        self.deadline = deadline
        self.clock = clock
        self.orderEnd = orderEnd
        room = bytes
        beats = clock()
    }

    deinit {
        let (state, orderEnd) = (state, orderEnd)
        if state != .ended { Task { await orderEnd() } }
    }

    /// The next piece, or `nil` after the last.
    package func next() async -> [UInt8]? {
        switch state {
        case .ended: return nil
        case .beginning:
            state = .running
            let preamble = writer.preamble
            // The counts at the end must fit, too.
            room -= preamble.count + statistics(at: clock()).count
            return preamble
        case .running: break
        }
        while true {
            let now = clock()
            if ring.hasEnded || now >= deadline || room <= 0 || Task.isCancelled { return await finish() }
            let bytes = drain()
            if bytes.isEmpty, now < beats.advanced(byNanoseconds: Self.heartbeat) {
                try? await Task.sleep(for: .milliseconds(Self.interval))
                continue
            }
            beats = now
            if !bytes.isEmpty { return bytes }
            let counts = statistics(at: now)
            room -= counts.count
            return counts
        }
    }

    /// Ends it, whoever still reads.
    package func close() async {
        guard state != .ended else { return }
        state = .ended
        await orderEnd()
    }

    private func finish() async -> [UInt8] {
        await close()
        return drain() + statistics(at: clock())
    }

    /// What has come since the last time, as far as there is room for it.
    private func drain() -> [UInt8] {
        var bytes: [UInt8] = []
        var room = room
        var beyond = beyond
        ring.drain { packet, payload in
            let block = writer.packet(packet, payload)
            if block.count <= room {
                room -= block.count
                bytes += block
            } else {
                room = 0
                beyond[packet.side, default: 0] += 1
            }
        }
        self.room = room
        self.beyond = beyond
        return bytes
    }

    private func statistics(at now: MonotonicInstant) -> [UInt8] {
        Side.allCases.flatMap { side in
            writer.statistics(
                of: side, seen: ring.seen(side), lost: ring.lost(side) + (beyond[side] ?? 0), at: now)
        }
    }
}
