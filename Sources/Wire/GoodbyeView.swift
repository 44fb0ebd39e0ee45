/// A goodbye: these sources will send no more (RFC 3550 §6.6).
///
/// The reason in words is ignored.
package struct GoodbyeView: ~Escapable {
    private let block: RTCPBlockView

    @_lifetime(copy block)
    package init(_ block: RTCPBlockView) throws(WireError) {
        try block.require(RTCPPacketType.goodbye, length: RTCPBlockView.headerLength &+ 4 &* block.count)
        self.block = block
    }

    package var sourceCount: Int { block.count }

    /// The source at `index`, or `nil` when there are not so many.
    package func source(at index: Int) -> UInt32? {
        guard index >= 0, index < sourceCount else { return nil }
        return block.bytes.uint32(at: RTCPBlockView.headerLength &+ 4 &* index)
    }
}
