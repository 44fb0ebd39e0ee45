internal import DTLS
internal import MediaControl
internal import RelayTypes
internal import SRTP
internal import STUNCodec
internal import Wire

/// What a leg sends of the server's own making, and RTCP: each is written straight into the queue.
extension Leg {
    /// What became of RTCP for this leg's browser.
    internal enum FeedbackOutcome: BitwiseCopyable {
        case sent(length: Int)
        case dropped(DropReason)
    }

    /// Checks a binding request, and queues the answer where there is one.
    ///
    /// - Precondition: the queue has room.
    internal mutating func answer(
        _ request: RawSpan, from source: Endpoint, with stun: inout STUNServer,
        into queue: inout TransmitQueue
    ) -> STUNOutcome {
        var response = queue.next
        let outcome = stun.answer(
            request, credentials: credentials, remoteUsernameFragment: browser?.usernameFragment,
            from: source,
            tieBreaker: 0, into: &response)
        switch outcome {
        case .success(let length, _, _), .refusal(let length): queue.commit(length: length, to: source)
        case .malformed, .unauthenticated: break
        }
        return outcome
    }

    /// Queues what DTLS has to say, to the selected address, as far as there is room: DTLS repeats the rest.
    ///
    /// - Returns: whether there was anything.
    internal mutating func sendHandshake(into queue: inout TransmitQueue) -> Bool {
        guard let destination = paths.selected else { return false }
        var hasSent = false
        while queue.room > 0 {
            var slot = queue.next
            let length = association?.nextDatagram(into: &slot) ?? 0
            guard length > 0 else { break }
            queue.commit(length: length, to: destination)
            hasSent = true
        }
        return hasSent
    }

    /// Translates and protects what the partner's browser sent, and queues what is left of it.
    ///
    /// - Precondition: the queue has room.
    internal mutating func sendFeedback(
        _ compound: RawSpan, _ context: RTCPContext, to destination: Endpoint,
        into queue: inout TransmitQueue, _ arrivals: inout [TransportArrival], at now: MonotonicInstant
    ) -> (FeedbackOutcome, RTCPTranslation) {
        var output = queue.next
        let name = canonicalName
        var translation: RTCPTranslation
        do {
            var body = output._mutatingExtracting(0..<(TransmitQueue.slotSize - TransmitQueue.trailerRoom))
            // A name's bytes have no padding: looking at them raw is safe.
            translation = unsafe RTCPTranslator.translate(
                compound, context: context, canonicalName: name.span.bytes, into: &body)
            held.feedbackCounter = translation.feedbackCounter
            if let end = translation.transportFeedbackEnd { ledger.noteTold(before: end) }
            if let media = translation.transportFeedbackSource {
                held.partnerToldAt = now
                if context.isTransportWideRenumbered {
                    translation.length = appendTranslated(
                        compound, after: translation.length, sender: context.feedbackSource, media: media,
                        into: &body, &arrivals, at: now)
                }
            }
        }
        guard translation.length > 0 else { return (.dropped(Self.reason(translation)), translation) }
        let length: Int
        do throws(SRTPError) {
            length = try cipher?.protectRTCP(&output, length: translation.length) ?? 0
        } catch {
            return (.dropped(.protectFailed), translation)
        }
        queue.commit(length: length, to: destination)
        return (.sent(length: length), translation)
    }

    /// Asks the browser for a key frame with a picture loss indication (RFC 4585 §6.3.1), in a packet of its own
    /// (RFC 5506).
    ///
    /// - Returns: `false` when it could not be queued.
    internal mutating func sendPictureLoss(of media: UInt32, into queue: inout TransmitQueue) -> Bool {
        guard queue.room > 0, let destination = paths.selected else { return false }
        var output = queue.next
        var writer = RTCPWriter()
        guard writer.appendPictureLoss(sender: sources.video, media: media, into: &output) else {
            return false
        }
        let length: Int
        do throws(SRTPError) {
            length = try cipher?.protectRTCP(&output, length: writer.length) ?? 0
        } catch {
            return false
        }
        guard length > 0 else { return false }
        queue.commit(length: length, to: destination)
        return true
    }

    /// Why nothing of a compound was left for the partner.
    private static func reason(_ translation: RTCPTranslation) -> DropReason {
        if translation.isMalformed { return .rtcpMalformed }
        if translation.held > 0 { return .held }
        if translation.beforeSplice > 0 { return .beforeSplice }
        if translation.limited > 0 { return .keyFrameLimited }
        if translation.unmapped == 0, translation.malformedBlocks > 0 { return .rtcpMalformed }
        return .feedbackUnmapped
    }
}
