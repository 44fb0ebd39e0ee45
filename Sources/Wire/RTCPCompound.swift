/// Walks over the RTCP packets of one datagram: a compound (RFC 3550 §6.1) or a reduced-size one (RFC 5506 §3.1),
/// which may start with any kind.
///
/// The whole chain of lengths is checked first, so that a datagram with a broken tail is refused before its head is
/// acted on (RFC 3550 Appendix A.2).
package struct RTCPCompound: ~Escapable {
    private let bytes: RawSpan
    private var position = 0

    /// - Throws: ``WireError/truncated(needed:got:)``, ``WireError/wrongVersion(_:)``, ``WireError/badPadding``.
    @_lifetime(copy bytes)
    package init(_ bytes: RawSpan) throws(WireError) {
        var offset = 0
        repeat {
            offset = offset &+ (try RTCPBlockView(bytes, at: offset)).length
        } while offset < bytes.byteCount
        self.bytes = bytes
    }

    /// The next block, or `nil` after the last.
    @_lifetime(copy self)
    package mutating func next() -> RTCPBlockView? {
        guard position < bytes.byteCount, let block = try? RTCPBlockView(bytes, at: position) else {
            return nil
        }
        position = position &+ block.length
        return block
    }
}
