/// Appends RTCP packets to a buffer that the caller owns: reports, descriptions, goodbyes.
///
/// What has been written is a valid compound after every call. Whatever does not fit is left out whole, and the call
/// returns `false`. Pass the same buffer to every call. Nothing is allocated.
///
/// ```swift
/// var writer = RTCPWriter()
/// writer.beginReceiverReport(sender: 1, into: &buffer)
/// writer.appendReport(block, into: &buffer)
/// writer.appendPictureLoss(sender: 1, media: 2, into: &buffer)
/// send(buffer, writer.length)
/// ```
package struct RTCPWriter: Sendable, BitwiseCopyable {
    /// Bytes written so far.
    package private(set) var length = 0
    /// Where the last block starts; items are appended to that one.
    private(set) var blockStart = 0

    package init() {}

    // MARK: Reports (RFC 3550 §6.4)

    /// Starts an SR without report blocks.
    @discardableResult
    package mutating func beginSenderReport(_ info: SenderInfo, into output: inout MutableRawSpan) -> Bool {
        guard
            let start = begin(
                RTCPPacketType.senderReport, format: 0, byteCount: SenderReportView.fixedLength, into: &output
            )
        else { return false }
        output.store(uint32: info.source, at: start &+ 4)
        output.store(uint64: info.ntpTimestamp, at: start &+ 8)
        output.store(uint32: info.rtpTimestamp, at: start &+ 16)
        output.store(uint32: info.packetCount, at: start &+ 20)
        output.store(uint32: info.octetCount, at: start &+ 24)
        return true
    }

    /// Starts an RR without report blocks.
    @discardableResult
    package mutating func beginReceiverReport(sender: UInt32, into output: inout MutableRawSpan) -> Bool {
        guard
            let start = begin(
                RTCPPacketType.receiverReport, format: 0, byteCount: ReceiverReportView.fixedLength,
                into: &output)
        else { return false }
        output.store(uint32: sender, at: start &+ 4)
        return true
    }

    /// Appends a report block to the SR or RR that was begun last.
    ///
    /// - Returns: `false` also when there are 31 already, or when the last block is no report.
    @discardableResult
    package mutating func appendReport(_ report: RTCPReportBlock, into output: inout MutableRawSpan) -> Bool {
        guard length > 0 else { return false }
        let first = output.bytes.byte(at: blockStart)
        let type = output.bytes.byte(at: blockStart &+ 1)
        guard type == RTCPPacketType.senderReport || type == RTCPPacketType.receiverReport, first & 0x1f < 31,
            let offset = extend(by: RTCPReportBlock.length, into: &output)
        else { return false }
        output.store(uint8: first &+ 1, at: blockStart)
        report.store(into: &output, at: offset)
        return true
    }

    // MARK: Descriptions

    /// Appends an SDES with one chunk that holds a CNAME (RFC 3550 §6.5.1).
    ///
    /// - Parameter name: at most 255 bytes of UTF-8.
    @discardableResult
    package mutating func appendCanonicalName(
        _ name: RawSpan, source: UInt32, into output: inout MutableRawSpan
    ) -> Bool {
        // The item list ends with at least one zero, and with the chunk at a 32-bit boundary.
        let byteCount = (8 &+ 2 &+ name.byteCount &+ 1 &+ 3) & ~3
        guard name.byteCount <= 255,
            let start = begin(
                RTCPPacketType.sourceDescription, format: 1, byteCount: byteCount, into: &output)
        else { return false }
        output.store(uint32: source, at: start &+ 4)
        output.store(uint32: 0, at: start &+ byteCount &- 4)
        output.store(uint8: SourceDescriptionView.canonicalNameItem, at: start &+ 8)
        output.store(uint8: UInt8(truncatingIfNeeded: name.byteCount), at: start &+ 9)
        return output.store(bytes: name, at: start &+ 10)
    }

    /// Appends a BYE of one source (RFC 3550 §6.6).
    @discardableResult
    package mutating func appendGoodbye(source: UInt32, into output: inout MutableRawSpan) -> Bool {
        guard let start = begin(RTCPPacketType.goodbye, format: 1, byteCount: 8, into: &output) else {
            return false
        }
        output.store(uint32: source, at: start &+ 4)
        return true
    }

    // MARK: Building blocks

    /// Starts a block: its header, for `byteCount` bytes in all, a multiple of 4.
    ///
    /// - Returns: where it starts, or `nil` when it does not fit.
    mutating func begin(
        _ type: UInt8, format: UInt8, byteCount: Int, into output: inout MutableRawSpan
    ) -> Int? {
        guard byteCount <= output.byteCount &- length else { return nil }
        blockStart = length
        length = length &+ byteCount
        output.store(uint8: 0x80 | format, at: blockStart)
        output.store(uint8: type, at: blockStart &+ 1)
        storeLength(into: &output)
        return blockStart
    }

    /// Lengthens the last block by `byteCount` bytes, a multiple of 4.
    ///
    /// - Returns: where they start, or `nil` when they do not fit.
    mutating func extend(by byteCount: Int, into output: inout MutableRawSpan) -> Int? {
        guard byteCount <= output.byteCount &- length else { return nil }
        let offset = length
        length = length &+ byteCount
        storeLength(into: &output)
        return offset
    }

    /// Takes the last block back.
    mutating func removeBlock() { length = blockStart }

    /// Stores the length of the last block, in words minus one: 16 bits, enough for four datagrams.
    private func storeLength(into output: inout MutableRawSpan) {
        output.store(uint16: UInt16(truncatingIfNeeded: (length &- blockStart) / 4 &- 1), at: blockStart &+ 2)
    }
}
