internal import Wire

/// Rewrites the RTCP of one browser into what its partner may see.
///
/// Pure and without allocation. The output is made anew, field by field, from what is understood: so nothing of the
/// sender's own identifiers (SSRC, CNAME) can get through by being overlooked. `A` sent it, `B` is its partner.
///
/// | kind | what happens |
/// |---|---|
/// | SR | about A's stream: SSRC and RTP timestamp mapped, the server's own counts and CNAME |
/// | report blocks | about B's streams: SSRC and highest sequence number mapped back; LSR of a former partner's SR is none |
/// | NACK | mapped back; the part before the splice is left out |
/// | PLI, FIR | become one PLI, unless B has been asked lately: FIR is not offered |
/// | REMB, transport-wide feedback | mapped back; pass when B's audio or video gate is open |
/// | SDES, BYE, APP, XR, others | dropped |
///
/// A block passes only through an open gate: what A says about its own stream through A's, what it says about B's
/// through B's, so that held media leaves no trace in either direction.
package struct RTCPTranslator: ~Escapable {
    let context: RTCPContext
    private let canonicalName: RawSpan
    var writer = RTCPWriter()
    var statusBudget = TransportStatusBudget()
    var result = RTCPTranslation()

    @_lifetime(copy canonicalName)
    private init(context: RTCPContext, canonicalName: RawSpan) {
        self.context = context
        self.canonicalName = canonicalName
        result.feedbackCounter = context.feedbackCounter
    }

    /// Translates one decrypted compound.
    ///
    /// - Parameters:
    ///   - compound: what A sent.
    ///   - context: both browsers' streams and gates at this moment.
    ///   - canonicalName: the CNAME of the server's own SDES towards B, at most 255 bytes; none is sent when empty.
    ///   - output: room for the result, not where `compound` is. A CNAME more than the input is always enough
    ///     for what one sender report adds: 16 + the name's length.
    package static func translate(
        _ compound: RawSpan, context: RTCPContext, canonicalName: RawSpan, into output: inout MutableRawSpan
    ) -> RTCPTranslation {
        var translator = RTCPTranslator(context: context, canonicalName: canonicalName)
        guard var blocks = try? RTCPCompound(compound) else {
            translator.result.isMalformed = true
            return translator.result
        }
        while let block = blocks.next() {
            do throws(WireError) {
                try translator.translate(block, into: &output)
            } catch {
                translator.result.malformedBlocks &+= 1
            }
        }
        translator.result.length = translator.writer.length
        return translator.result
    }

    @_lifetime(self: copy self)
    private mutating func translate(_ block: RTCPBlockView, into output: inout MutableRawSpan)
        throws(WireError)
    {
        switch RTCPKind(type: block.packetType, format: block.format) {
        case .senderReport: try translate(SenderReportView(block), into: &output)
        case .receiverReport: try translate(ReceiverReportView(block), into: &output)
        case .sourceDescription, .goodbye:
            break  // Expected, and not for the partner: it has the server's, and legs outlive partners.
        case .negativeAcknowledgement: try translate(NegativeAcknowledgementView(block), into: &output)
        case .transportWide: try translate(TransportFeedbackView(block), into: &output)
        case .pictureLoss: try translate(PictureLossView(block), into: &output)
        case .fullIntraRequest: try translate(FullIntraRequestView(block), into: &output)
        case .bitrateLimit: try translate(REMBView(block), into: &output)
        case .unknown: result.unmapped &+= 1
        }
    }

    // MARK: Reports

    @_lifetime(self: copy self)
    private mutating func translate(_ view: SenderReportView, into output: inout MutableRawSpan) {
        let mapped = map(view.sender)
        if let mapped, write(writer.beginSenderReport(mapped, into: &output)) {
            noteSent(view.sender)
            for index in 0..<view.reportCount {
                if let report = view.report(at: index), let back = map(report) {
                    write(writer.appendReport(back, into: &output))
                }
            }
            if canonicalName.byteCount > 0 {
                write(writer.appendCanonicalName(canonicalName, source: mapped.source, into: &output))
            }
            return
        }
        // What it says about B's streams is worth as much as ever: it goes on as a receiver report.
        var hasBegun = false
        for index in 0..<view.reportCount {
            if let report = view.report(at: index), let back = map(report) {
                append(back, hasBegun: &hasBegun, into: &output)
            }
        }
    }

    @_lifetime(self: copy self)
    private mutating func translate(_ view: ReceiverReportView, into output: inout MutableRawSpan) {
        var hasBegun = false
        for index in 0..<view.reportCount {
            if let report = view.report(at: index), let back = map(report) {
                append(back, hasBegun: &hasBegun, into: &output)
            }
        }
    }

    /// Begins the receiver report when its first block comes, so that none is empty.
    @_lifetime(self: copy self)
    private mutating func append(
        _ report: RTCPReportBlock, hasBegun: inout Bool, into output: inout MutableRawSpan
    ) {
        if !hasBegun {
            guard output.byteCount &- writer.length >= 8 &+ RTCPReportBlock.length else {
                result.isCut = true
                return
            }
            writer.beginReceiverReport(sender: context.feedbackSource, into: &output)
            hasBegun = true
        }
        write(writer.appendReport(report, into: &output))
    }

    // MARK: Bookkeeping

    /// Notes when something did not fit.
    @discardableResult
    @_lifetime(self: copy self)
    mutating func write(_ hasFitted: Bool) -> Bool {
        if !hasFitted { result.isCut = true }
        return hasFitted
    }
}
