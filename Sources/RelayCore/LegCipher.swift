internal import RelayTypes
internal import SRTP

/// SRTP of one leg, by the implementation that the operator has chosen: exactly one of the two is there.
///
/// Two optionals and no existential: the choice costs one branch a packet, which always goes the same way.
internal struct LegCipher: ~Copyable {
    private var openssl: EVPSRTPSession?
    private var libsrtp2: LibSRTPSession?

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

    @inline(__always)
    internal mutating func unprotectRTP(
        _ packet: inout MutableRawSpan, length: Int
    ) throws(SRTPError) -> Int {
        if let plain = try openssl?.unprotectRTP(&packet, length: length) { return plain }
        return try libsrtp2?.unprotectRTP(&packet, length: length) ?? 0
    }

    @inline(__always)
    internal mutating func unprotectRTCP(
        _ packet: inout MutableRawSpan, length: Int
    ) throws(SRTPError) -> Int {
        if let plain = try openssl?.unprotectRTCP(&packet, length: length) { return plain }
        return try libsrtp2?.unprotectRTCP(&packet, length: length) ?? 0
    }

    @inline(__always)
    internal mutating func protectRTP(
        _ packet: inout MutableRawSpan, length: Int
    ) throws(SRTPError) -> Int {
        if let protected = try openssl?.protectRTP(&packet, length: length) { return protected }
        return try libsrtp2?.protectRTP(&packet, length: length) ?? 0
    }

    @inline(__always)
    internal mutating func protectRTCP(
        _ packet: inout MutableRawSpan, length: Int
    ) throws(SRTPError) -> Int {
        if let protected = try openssl?.protectRTCP(&packet, length: length) { return protected }
        return try libsrtp2?.protectRTCP(&packet, length: length) ?? 0
    }
}
