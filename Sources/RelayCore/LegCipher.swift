internal import MediaControl
internal import RelayTypes
internal import SRTP

/// SRTP of one leg, by the implementation that the operator has chosen: exactly one of the two is there.
///
/// Two optionals and no existential: the choice costs one branch a packet, which always goes the same way.
internal struct LegCipher: ~Copyable {
    private var openssl: EVPSRTPSession?
    private var libsrtp2: LibSRTPSession?
    /// Where plain packets are copied to, while an operator captures them.
    internal var tap: CaptureTap?

    /// - Parameter exported: what the DTLS key exporter gave (RFC 5764 §4.2); this end was the DTLS server.
    internal init(
        _ implementation: SRTPImplementation, suite: SRTPSuite, exported: RawSpan
    ) throws(SRTPError) {
        switch implementation {
        case .openssl:
            openssl = try EVPSRTPSession(suite: suite, exported: exported, isServer: true)
            libsrtp2 = nil
        case .libsrtp2:
            libsrtp2 = try LibSRTPSession(suite: suite, exported: exported, isServer: true)
            openssl = nil
        }
    }

    /// Whether the keys come near to the limit of RFC 3711 §9.2, by packets that were sent or have authenticated.
    internal var isUsedUp: Bool {
        mutating get {
            if let isUsedUp = openssl?.isUsedUp { return isUsedUp }
            return libsrtp2?.isUsedUp ?? false
        }
    }

    /// Sets how far a stream of OpenSSL's has come, so that a test need not send 2^48 packets first.
    internal mutating func setNewest(rtp: UInt64, rtcp: UInt64, ssrc: UInt32) {
        openssl?.setNewest(rtp: rtp, rtcp: rtcp, ssrc: ssrc)
    }

    /// Asks for what an RTP packet from the browser needs to be in the cache when it comes.
    @inline(__always)
    internal mutating func fetchInbound(_ ssrc: UInt32) { openssl?.fetchInbound(ssrc) }

    /// The same for one that goes to the browser.
    @inline(__always)
    internal mutating func fetchOutbound(_ ssrc: UInt32) { openssl?.fetchOutbound(ssrc) }

    @inline(__always)
    internal mutating func unprotectRTP(
        _ packet: inout MutableRawSpan, length: Int
    ) throws(SRTPError) -> Int {
        let plain: Int
        if let opened = try openssl?.unprotectRTP(&packet, length: length) {
            plain = opened
        } else {
            plain = try libsrtp2?.unprotectRTP(&packet, length: length) ?? 0
        }
        if let tap { tap.note(packet.bytes.extracting(0..<plain), .inbound, isFeedback: false) }
        return plain
    }

    @inline(__always)
    internal mutating func unprotectRTCP(
        _ packet: inout MutableRawSpan, length: Int
    ) throws(SRTPError) -> Int {
        let plain: Int
        if let opened = try openssl?.unprotectRTCP(&packet, length: length) {
            plain = opened
        } else {
            plain = try libsrtp2?.unprotectRTCP(&packet, length: length) ?? 0
        }
        if let tap { tap.note(packet.bytes.extracting(0..<plain), .inbound, isFeedback: true) }
        return plain
    }

    @inline(__always)
    internal mutating func protectRTP(
        _ packet: inout MutableRawSpan, length: Int
    ) throws(SRTPError) -> Int {
        if let tap { tap.note(packet.bytes.extracting(0..<length), .outbound, isFeedback: false) }
        if let protected = try openssl?.protectRTP(&packet, length: length) { return protected }
        return try libsrtp2?.protectRTP(&packet, length: length) ?? 0
    }

    @inline(__always)
    internal mutating func protectRTCP(
        _ packet: inout MutableRawSpan, length: Int
    ) throws(SRTPError) -> Int {
        if let tap { tap.note(packet.bytes.extracting(0..<length), .outbound, isFeedback: true) }
        if let protected = try openssl?.protectRTCP(&packet, length: length) { return protected }
        return try libsrtp2?.protectRTCP(&packet, length: length) ?? 0
    }
}
