/// A source description.
///
/// ```
/// |V=2|P|    SC   |  PT=SDES=202  |             length            |
/// |                          SSRC/CSRC_1                          |
/// |  item type    |    length     | text ...  | 0, up to 32 bits  |
/// ```
///
/// Source: RFC 3550 §6.5.
package struct SourceDescriptionView: ~Escapable {
    /// CNAME (RFC 3550 §6.5.1).
    static let canonicalNameItem: UInt8 = 1
    private let block: RTCPBlockView

    /// Checks every chunk and item.
    @_lifetime(copy block)
    package init(_ block: RTCPBlockView) throws(WireError) {
        try block.require(RTCPPacketType.sourceDescription, length: RTCPBlockView.headerLength)
        self.block = block
        var position = RTCPBlockView.headerLength
        for _ in 0..<block.count {
            position = try Self.chunk(of: block, at: position).end
        }
    }

    package var chunkCount: Int { block.count }

    /// SSRC of the chunk at `index`, and its CNAME's text if it has one.
    package func chunk(at index: Int) -> (source: UInt32, canonicalName: Range<Int>?)? {
        guard index >= 0, index < chunkCount else { return nil }
        var position = RTCPBlockView.headerLength
        for number in 0...index {
            guard let chunk = try? Self.chunk(of: block, at: position) else { return nil }
            if number == index { return (block.bytes.uint32(at: position), chunk.name) }
            position = chunk.end
        }
        return nil
    }

    /// The CNAME of a source, as offsets into ``RTCPBlockView/bytes``.
    package func canonicalName(of source: UInt32) -> Range<Int>? {
        for index in 0..<chunkCount {
            if let chunk = chunk(at: index), chunk.source == source { return chunk.canonicalName }
        }
        return nil
    }

    /// Walks one chunk: where it ends, and where its CNAME is.
    private static func chunk(
        of block: RTCPBlockView, at start: Int
    ) throws(WireError) -> (end: Int, name: Range<Int>?) {
        var position = start &+ 4
        var name: Range<Int>?
        while position < block.contentEnd {
            let item = block.bytes.byte(at: position)
            if item == 0 {  // Ends the chunk; more zeros up to the next 32-bit boundary.
                let end = (position &+ 4) & ~3
                guard end <= block.contentEnd else { break }
                return (end, name)
            }
            guard position &+ 1 < block.contentEnd else { break }
            let end = position &+ 2 &+ Int(block.bytes.byte(at: position &+ 1))
            guard end <= block.contentEnd else { break }
            if item == canonicalNameItem, name == nil { name = (position &+ 2)..<end }
            position = end
        }
        throw .badLength
    }
}
