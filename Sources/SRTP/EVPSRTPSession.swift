/// SRTP and SRTCP of one leg on OpenSSL's ciphers.
///
/// Four cipher contexts, made once: RTP and RTCP each way. A stream is nothing but its ``ReplayWindow``s, which
/// move only after a packet has authenticated.
///
/// What RTP needs comes first, so that it shares few cache lines with what it does not need.
///
/// The windows are those of ``LibSRTPSession``: ``replayWindow`` packets for RTP, 128 for RTCP. Both refuse
/// and accept the same packets.
///
/// Source: RFC 3711, RFC 7714.
package struct EVPSRTPSession: ~Copyable, SRTPSession {
    /// Packets that may arrive late, counted back from the newest (RFC 3711 §3.3.2 asks for 64 at least).
    package static let replayWindow = Int(ReplayWindow<16>.span)
    /// Most SSRCs each way.
    package static let mostStreams = StreamTable.capacity

    private let suite: SRTPSuite
    /// Whether packets that were sent, or that have authenticated, come near to the limit of RFC 3711 §9.2: the
    /// association must end.
    package private(set) var isUsedUp = false
    private let inboundRTP: PacketCipher
    private var inbound: StreamTable
    private let outboundRTP: PacketCipher
    private var outbound: StreamTable
    private let inboundRTCP: PacketCipher
    private let outboundRTCP: PacketCipher

    package init(suite: SRTPSuite, inbound: RawSpan, outbound: RawSpan) throws(SRTPError) {
        let theirs = try KeyDerivation(suite, master: inbound)
        let ours = try KeyDerivation(suite, master: outbound)
        let inboundRTP = try PacketCipher(suite, theirs, .rtp, .open)
        let inboundRTCP = try PacketCipher(suite, theirs, .rtcp, .open)
        let outboundRTP = try PacketCipher(suite, ours, .rtp, .seal)
        let outboundRTCP = try PacketCipher(suite, ours, .rtcp, .seal)
        // Nothing throws from here on, so each owner has one way to end.
        self.suite = suite
        self.inboundRTP = inboundRTP
        self.inboundRTCP = inboundRTCP
        self.outboundRTP = outboundRTP
        self.outboundRTCP = outboundRTCP
        self.inbound = StreamTable()
        self.outbound = StreamTable()
    }

    package mutating func unprotectRTP(
        _ packet: inout MutableRawSpan, length: Int
    ) throws(SRTPError) -> Int {
        guard length >= 0, length <= packet.byteCount else { throw .malformed }
        return try packet.withUnsafeMutableBytes { slot throws(SRTPError) in
            let bytes = UnsafeMutableRawBufferPointer(rebasing: slot[..<length])
            let readable = UnsafeRawBufferPointer(bytes)
            let trailer = suite.rtpTrailerLength
            guard let header = PacketShape.rtpHeaderLength(readable, trailer: trailer) else {
                throw .malformed
            }
            let ssrc = PacketShape.ssrc(readable, at: 8)
            let sequenceNumber = UInt16(bytes[2]) << 8 | UInt16(bytes[3])
            let position = inbound.position(of: ssrc)
            let index: UInt64
            if let position {
                index = inbound[position].rtp.index(of: sequenceNumber)
                guard index < StreamState.mostRTP else { throw .keyLimit }
                guard inbound[position].rtp.isFresh(index) else { throw .replayed }
            } else {
                guard !inbound.isFull else { throw .tooManyStreams }
                index = UInt64(sequenceNumber)  // A stream starts with rollover 0.
            }
            try inboundRTP.openRTP(bytes, header: header, trailer: trailer, ssrc: ssrc, index: index)
            // Only an authenticated packet may move a window or take a place (RFC 3711 §3.3).
            inbound[position ?? inbound.add(ssrc)].rtp.use(index)
            if index >= StreamState.lateRTP { isUsedUp = true }
            return length - trailer
        }
    }

    package mutating func unprotectRTCP(
        _ packet: inout MutableRawSpan, length: Int
    ) throws(SRTPError) -> Int {
        guard length >= 0, length <= packet.byteCount else { throw .malformed }
        return try packet.withUnsafeMutableBytes { slot throws(SRTPError) in
            let bytes = UnsafeMutableRawBufferPointer(rebasing: slot[..<length])
            let readable = UnsafeRawBufferPointer(bytes)
            let trailer = suite.rtcpTrailerLength
            guard PacketShape.isRTCP(readable, trailer: trailer) else { throw .malformed }
            let word = inboundRTCP.indexWord(bytes, trailer: trailer)
            // Encryption was agreed: without the E flag it is not ours (RFC 3711 §3.4).
            guard word & PacketCipher.encryptedFlag != 0 else { throw .malformed }
            let index = word & ~PacketCipher.encryptedFlag
            let ssrc = PacketShape.ssrc(readable, at: 4)
            let position = inbound.position(of: ssrc)
            if let position {
                guard inbound[position].rtcp.isFresh(UInt64(index)) else { throw .replayed }
            } else {
                guard !inbound.isFull else { throw .tooManyStreams }
            }
            try inboundRTCP.openRTCP(bytes, trailer: trailer, ssrc: ssrc, index: index)
            inbound[position ?? inbound.add(ssrc)].rtcp.use(UInt64(index))
            if index >= StreamState.lateRTCP { isUsedUp = true }
            return length - trailer
        }
    }

    package mutating func protectRTP(
        _ packet: inout MutableRawSpan, length: Int
    ) throws(SRTPError) -> Int {
        guard length >= 0, length <= packet.byteCount else { throw .malformed }
        return try packet.withUnsafeMutableBytes { slot throws(SRTPError) in
            let plain = UnsafeRawBufferPointer(rebasing: slot[..<length])
            guard let header = PacketShape.rtpHeaderLength(plain, trailer: 0) else { throw .malformed }
            let trailer = suite.rtpTrailerLength
            guard length + trailer <= slot.count else { throw .noRoom }
            let ssrc = PacketShape.ssrc(plain, at: 8)
            let sequenceNumber = UInt16(plain[2]) << 8 | UInt16(plain[3])
            let position = try outboundPosition(of: ssrc)
            let index = outbound[position].rtp.index(of: sequenceNumber)
            guard index < StreamState.mostRTP else {
                isUsedUp = true
                throw .keyLimit
            }
            guard outbound[position].rtp.isFresh(index) else { throw .replayed }
            // Before the cipher: if that should fail, the index counts as used all the same.
            outbound[position].rtp.use(index)
            if index >= StreamState.lateRTP { isUsedUp = true }
            try outboundRTP.sealRTP(
                .init(rebasing: slot[..<(length + trailer)]), header: header, trailer: trailer, ssrc: ssrc,
                index: index)
            return length + trailer
        }
    }

    package mutating func protectRTCP(
        _ packet: inout MutableRawSpan, length: Int
    ) throws(SRTPError) -> Int {
        guard length >= 0, length <= packet.byteCount else { throw .malformed }
        return try packet.withUnsafeMutableBytes { slot throws(SRTPError) in
            let plain = UnsafeRawBufferPointer(rebasing: slot[..<length])
            guard PacketShape.isRTCP(plain, trailer: 0) else { throw .malformed }
            let trailer = suite.rtcpTrailerLength
            guard length + trailer <= slot.count else { throw .noRoom }
            let ssrc = PacketShape.ssrc(plain, at: 4)
            let position = try outboundPosition(of: ssrc)
            let index = outbound[position].rtcp.newest + 1  // The first is 1, as libsrtp2's.
            guard index < StreamState.mostRTCP else {
                isUsedUp = true
                throw .keyLimit
            }
            outbound[position].rtcp.use(index)
            if index >= StreamState.lateRTCP { isUsedUp = true }
            try outboundRTCP.sealRTCP(
                .init(rebasing: slot[..<(length + trailer)]), trailer: trailer, ssrc: ssrc,
                index: UInt32(truncatingIfNeeded: index))
            return length + trailer
        }
    }
}

extension EVPSRTPSession {
    @inline(__always)
    private mutating func outboundPosition(of ssrc: UInt32) throws(SRTPError) -> Int {
        if let position = outbound.position(of: ssrc) { return position }
        guard !outbound.isFull else { throw .tooManyStreams }
        return outbound.add(ssrc)
    }

    /// Asks for what an RTP packet from the peer needs to be in the cache when it comes.
    @inline(__always)
    package borrowing func fetchInbound(_ ssrc: UInt32) {
        inboundRTP.fetch()
        inbound.fetch(ssrc)
    }

    /// The same for one that goes to the peer.
    @inline(__always)
    package borrowing func fetchOutbound(_ ssrc: UInt32) {
        outboundRTP.fetch()
        outbound.fetch(ssrc)
    }

    /// Sets how far a stream has come, so that a test need not send 2^48 packets first.
    package mutating func setNewest(rtp: UInt64, rtcp: UInt64, ssrc: UInt32) {
        var state = StreamState(ssrc)
        state.rtp = ReplayWindow(newest: rtp)
        state.rtcp = ReplayWindow(newest: rtcp)
        inbound[inbound.position(of: ssrc) ?? inbound.add(ssrc)] = state
        outbound[outbound.position(of: ssrc) ?? outbound.add(ssrc)] = state
    }
}
