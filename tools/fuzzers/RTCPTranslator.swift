import RelayCore
import Wire

/// What a browser's RTCP becomes for its partner: well-formed and inside the buffer, whatever came in.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzRTCPTranslator(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    // The first 8 bytes choose the gates, the buffer and the splice; the rest is the compound.
    guard count >= 8 else { return 0 }
    let choice = RawSpan(_unsafeStart: data, byteCount: 8)
    let compound = RawSpan(_unsafeStart: data + 8, byteCount: count - 8)
    let context = context(
        gates: choice.byte(at: 0), first: choice.uint16(at: 1), offset: choice.uint16(at: 3))
    let capacity = Int(choice.byte(at: 5)) * 8
    let name = Array("tidegate".utf8)
    var buffer = [UInt8](repeating: 0, count: capacity)
    var length = 0
    buffer.withUnsafeMutableBytes { bytes in
        var output = MutableRawSpan(_unsafeBytes: bytes)
        let result = RTCPTranslator.translate(
            compound, context: context, canonicalName: name.span.bytes, into: &output)
        length = result.length
        precondition(!result.isMalformed || length == 0, "something of a malformed compound has passed")
    }
    precondition(length <= capacity, "the output is longer than its buffer")
    precondition(context.isAnyGateOpen || length == 0, "something has passed with every gate shut")
    if length > 0 {
        let output = Array(buffer.prefix(length))
        precondition((try? RTCPCompound(output.span.bytes)) != nil, "the output is no compound")
    }
    return 0
}

/// Small SSRCs, so that the fuzzer finds them: 1 to 3 are A's, 4 to 6 are what A sees.
private func context(gates: UInt8, first: UInt16, offset: UInt16) -> RTCPContext {
    var context = RTCPContext()
    context.isAudioOpen = gates & 1 != 0
    context.isVideoOpen = gates & 2 != 0
    context.isPartnerAudioOpen = gates & 4 != 0
    context.isPartnerVideoOpen = gates & 8 != 0
    context.isTransportWideActive = true
    context.firstTransportWideNumber = first
    context.transportWideOffset = offset
    context.audio = forward(1)
    context.video = forward(2)
    context.retransmission = forward(3)
    context.partnerAudio = backward(4, first: first, offset: offset)
    context.partnerVideo = backward(5, first: first, offset: offset)
    context.partnerRetransmission = backward(6, first: first, offset: offset)
    return context
}

private func forward(_ source: UInt32) -> ForwardStream {
    var stream = ForwardStream()
    stream.inboundSource = source
    stream.outboundSource = source + 100
    stream.timestampOffset = 0x8000_0000
    stream.isActive = true
    return stream
}

private func backward(_ source: UInt32, first: UInt16, offset: UInt16) -> BackwardStream {
    var stream = BackwardStream()
    stream.outboundSource = source
    stream.inboundSource = source + 100
    stream.firstSequenceNumber = first
    stream.sequenceOffset = offset
    stream.isActive = true
    return stream
}

extension RTCPContext {
    fileprivate var isAnyGateOpen: Bool {
        isAudioOpen || isVideoOpen || isPartnerAudioOpen || isPartnerVideoOpen
    }
}
