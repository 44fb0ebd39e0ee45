/// The SRTP and SRTCP of one leg: what comes from the browser is unprotected, what goes to it is protected.
///
/// Everything happens in place. A packet lies at the start of a slot; the slot may be longer than the packet,
/// and for protection it must be, by ``SRTPSuite/rtpTrailerLength`` or ``SRTPSuite/rtcpTrailerLength``.
/// Slots start on an address that is a multiple of 4.
///
/// A packet that throws is not a packet: its bytes may have been changed already, so drop it.
///
/// Source: RFC 3711 (SRTP), RFC 7714 (AES-GCM), RFC 5764 (where the keys come from).
package protocol SRTPSession: ~Copyable {
    /// - Parameters:
    ///   - inbound: the peer's master key, then its master salt, ``SRTPSuite/keyLength`` +
    ///     ``SRTPSuite/saltLength`` bytes.
    ///   - outbound: ours, in the same form.
    init(suite: SRTPSuite, inbound: RawSpan, outbound: RawSpan) throws(SRTPError)

    /// Authenticates and decrypts an RTP packet of `length` bytes.
    ///
    /// - Returns: the length of the RTP packet, header included.
    mutating func unprotectRTP(_ packet: inout MutableRawSpan, length: Int) throws(SRTPError) -> Int

    /// Authenticates and decrypts an RTCP packet, compound or reduced-size, of `length` bytes.
    mutating func unprotectRTCP(_ packet: inout MutableRawSpan, length: Int) throws(SRTPError) -> Int

    /// Encrypts and signs an RTP packet of `length` bytes.
    ///
    /// A sequence number must never be used twice.
    ///
    /// - Returns: the length of the SRTP packet.
    mutating func protectRTP(_ packet: inout MutableRawSpan, length: Int) throws(SRTPError) -> Int

    /// Encrypts and signs an RTCP packet of `length` bytes.
    ///
    /// The index counts by itself.
    mutating func protectRTCP(_ packet: inout MutableRawSpan, length: Int) throws(SRTPError) -> Int
}

extension SRTPSession where Self: ~Copyable {
    /// Makes a session from what a DTLS key exporter gave.
    ///
    /// The order is client key, server key, client salt, server salt.
    ///
    /// - Parameters:
    ///   - exported: exactly ``SRTPSuite/exportedLength`` bytes.
    ///   - isServer: whether this end was the DTLS server.
    ///
    /// Source: RFC 5764 §4.2.
    package init(suite: SRTPSuite, exported: RawSpan, isServer: Bool) throws(SRTPError) {
        guard exported.byteCount == suite.exportedLength else { throw .library(SRTPStatus.badParameter) }
        let key = suite.keyLength
        let salt = suite.saltLength
        let client = MasterKey(exported, key: 0..<key, salt: (2 * key)..<(2 * key + salt))
        let server = MasterKey(exported, key: key..<(2 * key), salt: (2 * key + salt)..<(2 * key + 2 * salt))
        if isServer {
            try self.init(suite: suite, inbound: client.bytes, outbound: server.bytes)
        } else {
            try self.init(suite: suite, inbound: server.bytes, outbound: client.bytes)
        }
    }
}
