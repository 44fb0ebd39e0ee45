import Wire

/// Every view of every RTCP block.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzRTCP(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard var compound = try? RTCPCompound(RawSpan(_unsafeStart: data, byteCount: count)) else { return 0 }
    var length = 0
    while let block = compound.next() {
        length += block.length
        look(at: block)
    }
    precondition(length == count, "blocks do not add up to the compound")
    return 0
}

private func look(at block: RTCPBlockView) {
    if let view = try? SenderReportView(block) {
        for index in 0...view.reportCount { _ = view.report(at: index) }
    }
    if let view = try? ReceiverReportView(block) {
        for index in 0...view.reportCount { _ = view.report(at: index) }
    }
    if let view = try? SourceDescriptionView(block) {
        for index in 0...view.chunkCount {
            if let name = view.chunk(at: index)?.canonicalName { _ = block.bytes.extracting(name) }
        }
    }
    if let view = try? GoodbyeView(block) {
        for index in 0...view.sourceCount { _ = view.source(at: index) }
    }
    if let view = try? PictureLossView(block) { _ = view.mediaSource }
    if let view = try? FullIntraRequestView(block) {
        for index in 0...view.entryCount { _ = view.entry(at: index) }
    }
    if let view = try? NegativeAcknowledgementView(block) {
        for index in 0...view.entryCount { _ = view.entry(at: index)?.dropping(before: 7) }
    }
    if let view = try? REMBView(block) {
        for index in 0...view.sourceCount { _ = view.source(at: index) }
        _ = view.bitrate
    }
    if let view = try? TransportFeedbackView(block) {
        var cursor = view.statuses
        var statuses = 0
        while cursor.next() != nil { statuses += 1 }
        precondition(statuses == view.statusCount, "statuses do not add up to their count")
    }
}
