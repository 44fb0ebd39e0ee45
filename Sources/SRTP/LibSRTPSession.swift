internal import CSRTP

/// SRTP and SRTCP of one leg through libsrtp2: the sole owner of two of its sessions.
///
/// The replay window is ``replayWindow`` packets wide for RTP. libsrtp2 keeps a fixed window of 128 for RTCP.
///
/// Source: RFC 3711, RFC 7714.
package struct LibSRTPSession: ~Copyable, SRTPSession {
    /// Packets that may arrive late, counted back from the newest.
    ///
    /// RFC 3711 §3.3.2 asks for 64 at least; this is about one second of fast video.
    package static let replayWindow = 1_024

    /// Most SSRCs that the peer may use.
    ///
    /// The library allocates for each, so an authenticated peer must not choose how many. A browser needs
    /// three: audio, video, retransmissions.
    package static let mostStreams = 64

    private let suite: SRTPSuite
    private let inbound: srtp_t
    private let outbound: srtp_t
    /// SSRCs that have authenticated.
    ///
    /// Never longer than ``mostStreams``, so it never reallocates.
    private var streams: [UInt32] = []
    /// Whether the keys may send no more (RFC 3711 §9.2): the association must end.
    ///
    /// The library does not tell what it has used of the peer's.
    package private(set) var isUsedUp = false

    package init(suite: SRTPSuite, inbound: RawSpan, outbound: RawSpan) throws(SRTPError) {
        guard LibSRTP.status == srtp_err_status_ok else {
            throw .library(Int32(bitPattern: LibSRTP.status.rawValue))
        }
        let inboundSession = try Self.make(suite, inbound, for: ssrc_any_inbound)
        let outboundSession: srtp_t
        do throws(SRTPError) {
            outboundSession = try Self.make(suite, outbound, for: ssrc_any_outbound)
        } catch {
            // A throwing initialiser never reaches `deinit`: give back what was taken so far.
            srtp_dealloc(inboundSession)
            throw error
        }
        self.suite = suite
        self.inbound = inboundSession
        self.outbound = outboundSession
        streams.reserveCapacity(Self.mostStreams)
    }

    deinit {
        srtp_dealloc(inbound)
        srtp_dealloc(outbound)
    }

    package mutating func unprotectRTP(
        _ packet: inout MutableRawSpan, length: Int
    ) throws(SRTPError) -> Int {
        try unprotect(&packet, length, .rtp)
    }

    package mutating func unprotectRTCP(
        _ packet: inout MutableRawSpan, length: Int
    ) throws(SRTPError) -> Int {
        try unprotect(&packet, length, .rtcp)
    }

    package mutating func protectRTP(
        _ packet: inout MutableRawSpan, length: Int
    ) throws(SRTPError) -> Int {
        try protect(&packet, length, .rtp)
    }

    package mutating func protectRTCP(
        _ packet: inout MutableRawSpan, length: Int
    ) throws(SRTPError) -> Int {
        try protect(&packet, length, .rtcp)
    }
}

extension LibSRTPSession {
    private enum Kind { case rtp, rtcp }

    @inline(__always)
    private mutating func unprotect(
        _ packet: inout MutableRawSpan, _ length: Int, _ kind: Kind
    ) throws(SRTPError) -> Int {
        guard length >= 0, length <= packet.byteCount else { throw .malformed }
        let (newLength, status, ssrc) = try packet.withUnsafeMutableBytes {
            slot throws(SRTPError) -> (Int32, srtp_err_status_t, UInt32) in
            let bytes = UnsafeRawBufferPointer(rebasing: slot[..<length])
            let isWhole =
                kind == .rtp
                ? PacketShape.isRTP(bytes, trailer: suite.rtpTrailerLength)
                : PacketShape.isRTCP(bytes, trailer: suite.rtcpTrailerLength)
            guard isWhole else { throw .malformed }
            try Self.requireAlignment(slot)
            let ssrc = PacketShape.ssrc(bytes, at: kind == .rtp ? 8 : 4)
            guard streams.count < Self.mostStreams || streams.contains(ssrc) else { throw .tooManyStreams }
            var octets = Int32(truncatingIfNeeded: length)
            let status =
                kind == .rtp
                ? srtp_unprotect(inbound, slot.baseAddress, &octets)
                : srtp_unprotect_rtcp(inbound, slot.baseAddress, &octets)
            return (octets, status, ssrc)
        }
        if let error = SRTPStatus.error(status) { throw error }
        // Only an authenticated packet may take a place (RFC 3711 §3.3).
        if !streams.contains(ssrc) { streams.append(ssrc) }
        return Int(newLength)
    }

    @inline(__always)
    private mutating func protect(
        _ packet: inout MutableRawSpan, _ length: Int, _ kind: Kind
    ) throws(SRTPError) -> Int {
        guard length >= 0, length <= packet.byteCount else { throw .malformed }
        let trailer = kind == .rtp ? suite.rtpTrailerLength : suite.rtcpTrailerLength
        let (newLength, status) = try packet.withUnsafeMutableBytes {
            slot throws(SRTPError) -> (Int32, srtp_err_status_t) in
            let bytes = UnsafeRawBufferPointer(rebasing: slot[..<length])
            let isWhole =
                kind == .rtp
                ? PacketShape.isRTP(bytes, trailer: 0) : PacketShape.isRTCP(bytes, trailer: 0)
            guard isWhole else { throw .malformed }
            guard length + trailer <= slot.count else { throw .noRoom }
            try Self.requireAlignment(slot)
            var octets = Int32(truncatingIfNeeded: length)
            let status =
                kind == .rtp
                ? srtp_protect(outbound, slot.baseAddress, &octets)
                : srtp_protect_rtcp(outbound, slot.baseAddress, &octets)
            return (octets, status)
        }
        if let error = SRTPStatus.error(status) {
            if error == .keyLimit { isUsedUp = true }
            throw error
        }
        return Int(newLength)
    }

    /// libsrtp2 reads headers as 32-bit words.
    @inline(__always)
    private static func requireAlignment(_ slot: UnsafeMutableRawBufferPointer) throws(SRTPError) {
        guard UInt(bitPattern: slot.baseAddress) & 3 == 0 else { throw .library(SRTPStatus.badParameter) }
    }

    /// Makes one direction.
    private static func make(
        _ suite: SRTPSuite, _ master: RawSpan, for direction: srtp_ssrc_type_t
    ) throws(SRTPError) -> srtp_t {
        let length = suite.keyLength + suite.saltLength
        guard master.byteCount == length else { throw .library(SRTPStatus.badParameter) }
        let profile = srtp_profile_t(UInt32(suite.rawValue))  // Both number them as RFC 5764 and 7714 do.
        var policy = srtp_policy_t()
        policy.ssrc.type = direction
        policy.window_size = UInt(replayWindow)
        policy.allow_repeat_tx = 0
        // With GCM the tag of SRTCP is 16 bytes too; with HMAC-SHA1-80 it is 10 (RFC 5764 §4.1.2, RFC 7714
        // §12).
        var status = srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, profile)
        if let error = SRTPStatus.error(status) { throw error }
        status = srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, profile)
        if let error = SRTPStatus.error(status) { throw error }

        let key = MasterKey(master, key: 0..<length, salt: 0..<0)
        var session: srtp_t?
        status = key.withUnsafeKey { bytes in
            policy.key = bytes
            return srtp_create(&session, &policy)  // Copies the key.
        }
        guard status == srtp_err_status_ok, let session else {
            throw .library(Int32(bitPattern: status.rawValue))
        }
        return session
    }
}

/// libsrtp2 itself, set up once for the process and never taken down.
private enum LibSRTP {
    static let status = srtp_init()
}
