/// A picture loss indication: the receiver asks for a key frame.
///
/// ```
/// |V=2|P|  FMT=1  |  PT=PSFB=206  |          length=2             |
/// |                  SSRC of packet sender                        |
/// |                  SSRC of media source                         |
/// ```
///
/// Source: RFC 4585 §6.1 and §6.3.1.
package struct PictureLossView: ~Escapable {
    static let length = 12
    private let block: RTCPBlockView

    @_lifetime(copy block)
    package init(_ block: RTCPBlockView) throws(WireError) {
        try block.require(
            RTCPPacketType.payloadFeedback, format: RTCPFeedbackFormat.pictureLoss, length: Self.length)
        self.block = block
    }

    package var senderSource: UInt32 { block.bytes.uint32(at: 4) }
    package var mediaSource: UInt32 { block.bytes.uint32(at: 8) }
}
