internal import RelayTypes

/// The highest of 16-bit numbers that went out, counted through wrap-around.
internal struct OutboundCounter: BitwiseCopyable {
    internal private(set) var highest: UInt16

    internal init(highest: UInt16) { self.highest = highest }

    @inline(__always)
    internal mutating func note(_ number: UInt16) {
        if Int16(truncatingIfNeeded: number &- highest) > 0 { highest = number }
    }
}

/// Everything that a browser has received so far: its three streams, and the numbers that count them all.
internal struct OutboundStreams: BitwiseCopyable {
    internal var audio: OutboundStream
    internal var video: OutboundStream
    internal var retransmission: OutboundStream
    /// The highest transport-wide number sent (draft-holmer-rmcat-transport-wide-cc-extensions-01 §2).
    internal var transportWide: OutboundCounter

    /// The SSRCs are random, so the first numbers are made of them: this module has no randomness of its own.
    internal init(_ sources: OutboundSources) {
        let base = UInt64(sources.audio) << 32 | UInt64(sources.video)
        audio = OutboundStream(ssrc: sources.audio, clock: 48, seed: Self.mix(base))
        video = OutboundStream(ssrc: sources.video, clock: 90, seed: Self.mix(base &+ 1))
        retransmission = OutboundStream(
            ssrc: sources.retransmission, clock: 90, seed: Self.mix(base ^ UInt64(sources.retransmission)))
        transportWide = OutboundCounter(highest: UInt16(truncatingIfNeeded: Self.mix(base &+ 2)))
    }

    /// The server's SSRC towards the browser.
    @inline(__always)
    internal func ssrc(for role: StreamRole) -> UInt32 {
        switch role {
        case .audio: audio.ssrc
        case .video: video.ssrc
        case .retransmission: retransmission.ssrc
        }
    }

    /// Takes note of a report block about one of the streams: ``OutboundStream/takeLoss(_:highest:since:)``.
    internal mutating func takeLoss(
        _ lost: Int32, highest: UInt32, of role: StreamRole, since first: UInt16
    ) -> Int32 {
        switch role {
        case .audio: audio.takeLoss(lost, highest: highest, since: first)
        case .video: video.takeLoss(lost, highest: highest, since: first)
        case .retransmission: retransmission.takeLoss(lost, highest: highest, since: first)
        }
    }

    /// Counts a packet that goes out, by its octets of payload.
    @inline(__always)
    internal mutating func count(_ role: StreamRole, octets: Int) {
        switch role {
        case .audio: audio.count(octets: octets)
        case .video: video.count(octets: octets)
        case .retransmission: retransmission.count(octets: octets)
        }
    }

    /// Stafford's mix 13, the finaliser of SplitMix64.
    private static func mix(_ value: UInt64) -> UInt64 {
        var mixed = value &+ 0x9e37_79b9_7f4a_7c15
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
