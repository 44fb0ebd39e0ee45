/// Rewrites fields of an RTP header in place (RFC 3550 §5.1).
///
/// For packets that an ``RTPHeaderView`` has accepted: a span shorter than the fixed header traps.
extension MutableRawSpan {
    @inlinable @inline(__always)
    @_lifetime(self: copy self)
    package mutating func setSequenceNumber(_ value: UInt16) { store(uint16: value, at: 2) }

    @inlinable @inline(__always)
    @_lifetime(self: copy self)
    package mutating func setTimestamp(_ value: UInt32) { store(uint32: value, at: 4) }

    @inlinable @inline(__always)
    @_lifetime(self: copy self)
    package mutating func setSSRC(_ value: UInt32) { store(uint32: value, at: 8) }

    /// Writes the fixed header: version 2, no padding, no extension, no CSRC.
    ///
    /// - Returns: `false`, with nothing written, when there is no room for 12 bytes.
    @discardableResult
    @_lifetime(self: copy self)
    package mutating func setRTPHeader(
        marker: Bool, payloadType: UInt8, sequenceNumber: UInt16, timestamp: UInt32, ssrc: UInt32
    ) -> Bool {
        guard byteCount >= RTPHeaderView.fixedLength else { return false }
        store(uint8: 0x80, at: 0)
        store(uint8: (marker ? 0x80 : 0) | (payloadType & 0x7f), at: 1)
        setSequenceNumber(sequenceNumber)
        setTimestamp(timestamp)
        setSSRC(ssrc)
        return true
    }
}
