/// The SSRCs that one browser sends with: learned from authenticated packets only, and at most 16 in a leg's life, so
/// that nobody can make the server remember more.
internal struct InboundSources: BitwiseCopyable {
    /// A browser needs three, and one more after each `replaceTrack` that renumbers.
    internal static let capacity = 16

    private enum Use: UInt8, BitwiseCopyable {
        /// Seen in RTCP only.
        case unknown
        case audio, video, retransmission
        /// Another SSRC has taken its place; what still comes under it is late.
        case retired
    }

    private struct Source: BitwiseCopyable {
        var ssrc: UInt32
        var use: Use
    }

    /// First, for it is seldom looked at: what each packet needs lies together behind it.
    private var sources = InlineArray<16, Source>(repeating: Source(ssrc: 0, use: .unknown))
    private var count = 0
    /// The current SSRC of each stream; 0 while it is unknown.
    internal private(set) var audio: UInt32 = 0
    internal private(set) var video: UInt32 = 0
    internal private(set) var retransmission: UInt32 = 0
    /// By ``StreamRole``: the highest sequence number, counted on through wrap-around as its sender counts it.
    private var highest = InlineArray<4, UInt32>(repeating: 0)
    /// By ``StreamRole``: what its sender has been told that was lost of its current SSRC, by whomever.
    private var lost = InlineArray<4, Int32>(repeating: 0)

    /// What an SSRC turned out to be.
    internal enum Verdict: BitwiseCopyable {
        case current
        case retired
        case refused
    }

    /// Whether a packet with this SSRC may be looked at: it is known, or there is room for it.
    @inline(__always)
    internal func admits(_ ssrc: UInt32) -> Bool { count < Self.capacity || find(ssrc) != nil }

    /// Takes note of an authenticated RTP packet.
    @inline(__always)
    internal mutating func note(_ ssrc: UInt32, as role: StreamRole, _ sequenceNumber: UInt16) -> Verdict {
        let place = Int(role.rawValue & 3)
        if ssrc == self[role], ssrc != 0 {
            let step = Int16(truncatingIfNeeded: sequenceNumber &- UInt16(truncatingIfNeeded: highest[place]))
            if step > 0 { highest[place] &+= UInt32(step) }
            return .current
        }
        let verdict = learn(ssrc, as: role)
        if case .current = verdict {
            highest[place] = UInt32(sequenceNumber)
            lost[place] = 0
        }
        return verdict
    }

    /// The extended highest sequence number of a stream's current SSRC (RFC 3550 §6.4.1).
    internal func highestSequenceNumber(of role: StreamRole) -> UInt32 { highest[Int(role.rawValue & 3)] }

    /// Counts packets that somebody has found lost, or that came late after all.
    ///
    /// - Returns: the cumulative number that the sender is told, 24 bits and signed (RFC 3550 §6.4.1).
    @discardableResult
    internal mutating func addLost(_ packets: Int32, of role: StreamRole) -> Int32 {
        let place = Int(role.rawValue & 3)
        lost[place] = min(max(lost[place] &+ packets, -0x80_0000), 0x7f_ffff)
        return lost[place]
    }

    /// The cumulative number of packets lost that the sender has been told.
    internal func cumulativeLost(of role: StreamRole) -> Int32 { lost[Int(role.rawValue & 3)] }

    /// Takes note of the sender of an authenticated RTCP packet.
    internal mutating func noteFeedback(from ssrc: UInt32) {
        guard find(ssrc) == nil, count < Self.capacity else { return }
        sources[count] = Source(ssrc: ssrc, use: .unknown)
        count &+= 1
    }

    private mutating func learn(_ ssrc: UInt32, as role: StreamRole) -> Verdict {
        guard ssrc != 0 else { return .refused }
        let place: Int
        if let known = find(ssrc) {
            if sources[known].use == .retired { return .retired }
            // One SSRC is one stream for good (RFC 3550 §8).
            guard sources[known].use == .unknown else { return .refused }
            place = known
        } else {
            guard count < Self.capacity else { return .refused }
            place = count
            count &+= 1
        }
        if let previous = find(self[role]) { sources[previous].use = .retired }
        sources[place] = Source(ssrc: ssrc, use: Self.use(of: role))
        self[role] = ssrc
        return .current
    }

    private func find(_ ssrc: UInt32) -> Int? {
        var index = 0
        while index < count {
            if sources[index].ssrc == ssrc { return index }
            index &+= 1
        }
        return nil
    }

    /// The current SSRC of a stream; 0 while it is unknown.
    internal func source(of role: StreamRole) -> UInt32 { self[role] }

    /// What an SSRC seems to be, as long as nothing has authenticated it.
    @inline(__always)
    internal func role(of ssrc: UInt32) -> StreamRole {
        ssrc == video ? .video : ssrc == audio ? .audio : .retransmission
    }

    private static func use(of role: StreamRole) -> Use {
        switch role {
        case .audio: .audio
        case .video: .video
        case .retransmission: .retransmission
        }
    }

    @inline(__always)
    internal private(set) subscript(role: StreamRole) -> UInt32 {
        get {
            switch role {
            case .audio: audio
            case .video: video
            case .retransmission: retransmission
            }
        }
        set {
            switch role {
            case .audio: audio = newValue
            case .video: video = newValue
            case .retransmission: retransmission = newValue
            }
        }
    }
}
