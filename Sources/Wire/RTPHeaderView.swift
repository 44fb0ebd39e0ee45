/// How far the padding of an RTP packet is believed.
@usableFromInline package enum RTPPadding: Sendable, BitwiseCopyable {
    /// Fewer octets than the payload with its padding has (RFC 3550 Appendix A.1): at least one octet of payload.
    case lessThanPayload
    /// May be all there is: Chromium probes for bandwidth with such packets, and each of them has a
    /// transport-wide number, so that dropping them looks like loss to its congestion control.
    case upToPayload
    /// Still encrypted (RFC 3711 §3.1): the last octet is not a count, the payload includes padding and trailer.
    case encrypted
}

/// A read-only look at an RTP header, in place, without copying the packet.
///
/// ```
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// |V=2|P|X|  CC   |M|     PT      |       sequence number         |
/// |                           timestamp                           |
/// |                             SSRC                              |
/// |                     CSRC (0 to 15 times)                      |
/// |      defined by profile       |      length (32-bit words)    |
/// |                        header extension                       |
/// ```
///
/// Source: RFC 3550 §5.1 and §5.3.1. The view cannot outlive the buffer it looks at. All lengths are checked once, in
/// the initialiser.
@usableFromInline package struct RTPHeaderView: ~Escapable {
    /// Bytes in the header before any CSRC or extension.
    @inlinable package static var fixedLength: Int { 12 }

    @usableFromInline internal let bytes: RawSpan
    /// Bytes before the payload: fixed header, CSRC list and extension.
    @usableFromInline package let headerLength: Int
    /// Bytes of payload without padding.
    @usableFromInline package let payloadLength: Int

    /// - Throws: ``WireError/truncated(needed:got:)``, ``WireError/wrongVersion(_:)``, ``WireError/badPadding``.
    @inlinable
    @_lifetime(copy bytes)
    package init(_ bytes: RawSpan, padding: RTPPadding = .lessThanPayload) throws(WireError) {
        let count = bytes.byteCount
        guard count >= Self.fixedLength else { throw .truncated(needed: Self.fixedLength, got: count) }
        let first = bytes.byte(at: 0)
        guard first >> 6 == 2 else { throw .wrongVersion(first >> 6) }

        var length = Self.fixedLength &+ 4 &* Int(first & 0x0f)
        if first & 0x10 != 0 {
            guard count >= length &+ 4 else { throw .truncated(needed: length &+ 4, got: count) }
            length = length &+ 4 &+ 4 &* Int(bytes.uint16(at: length &+ 2))
        }
        guard count >= length else { throw .truncated(needed: length, got: count) }

        var payload = count &- length
        if first & 0x20 != 0, padding != .encrypted {
            let octets = Int(bytes.byte(at: count &- 1))
            let most = padding == .upToPayload ? payload : payload &- 1
            guard octets >= 1, octets <= most else { throw .badPadding }
            payload = payload &- octets
        }
        self.bytes = bytes
        headerLength = length
        payloadLength = payload
    }

    @inlinable package var hasPadding: Bool { bytes.byte(at: 0) & 0x20 != 0 }
    @inlinable package var hasExtension: Bool { bytes.byte(at: 0) & 0x10 != 0 }
    @inlinable package var contributingSourceCount: Int { Int(bytes.byte(at: 0) & 0x0f) }
    @inlinable package var marker: Bool { bytes.byte(at: 1) & 0x80 != 0 }
    @inlinable package var payloadType: UInt8 { bytes.byte(at: 1) & 0x7f }
    @inlinable package var sequenceNumber: UInt16 { bytes.uint16(at: 2) }
    @inlinable package var timestamp: UInt32 { bytes.uint32(at: 4) }
    @inlinable package var ssrc: UInt32 { bytes.uint32(at: 8) }

    /// The payload without padding; with padding and SRTP trailer for ``RTPPadding/encrypted``.
    package var payload: RawSpan {
        @_lifetime(copy self)
        get { bytes.extracting(headerLength..<(headerLength &+ payloadLength)) }
    }

    /// The CSRC at `index`, or `nil` when there are not so many.
    package func contributingSource(at index: Int) -> UInt32? {
        guard index >= 0, index < contributingSourceCount else { return nil }
        return bytes.uint32(at: Self.fixedLength &+ 4 &* index)
    }

    /// Where the value of a header-extension element starts, in bytes from the start of the packet.
    package func extensionOffset(id: UInt8) -> Int? { extensionElement(id: id)?.offset }

    /// The header-extension element with this id; the first one, if there are more.
    ///
    /// Source: RFC 8285 §4.2 (one-byte headers) and §4.3 (two-byte headers). An element that is longer than the
    /// extension ends the search.
    @inlinable
    package func extensionElement(id: UInt8) -> HeaderExtensionElement? {
        guard hasExtension, id != 0 else { return nil }
        let start = Self.fixedLength &+ 4 &* contributingSourceCount &+ 4
        let profile = bytes.uint16(at: start &- 4)
        if profile == HeaderExtensionElement.oneByteProfile {
            return HeaderExtensionElement(oneByteID: id, in: bytes, from: start, to: headerLength)
        }
        if profile & 0xfff0 == HeaderExtensionElement.twoByteProfile {
            return HeaderExtensionElement(twoByteID: id, in: bytes, from: start, to: headerLength)
        }
        return nil
    }
}
