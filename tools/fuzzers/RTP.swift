import Wire

/// RTP headers with their extensions, and VP8 descriptors.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzRTP(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = RawSpan(_unsafeStart: data, byteCount: count)
    _ = try? PacketKind(bytes)
    for padding in [RTPPadding.lessThanPayload, .upToPayload, .encrypted] {
        guard let header = try? RTPHeaderView(bytes, padding: padding) else { continue }
        precondition(header.headerLength + header.payloadLength <= count, "a packet is longer than itself")
        for id in UInt8.min...UInt8.max {
            guard let element = header.extensionElement(id: id) else { continue }
            precondition(
                element.offset + element.length <= header.headerLength, "an element leaves the extension")
        }
        _ = header.contributingSource(at: 14)
        _ = VP8Descriptor.isKeyFrameStart(header.payload)
    }
    _ = VP8Descriptor.isKeyFrameStart(bytes)
    return 0
}
