internal import MediaControl
internal import RelayTypes
internal import Wire

/// Copying what passes the legs of one pair, for whoever looks for a fault.
///
/// What a worker that captures nothing pays is one branch for a packet, and one for each cipher.
extension RelayCore {
    /// - Returns: whether it has begun; not where another one runs, or nobody asks for anything.
    internal mutating func beginCapture(_ request: CaptureRequest, ofPair index: Int) -> Bool {
        guard !capture.isActive, !request.sides.isEmpty else { return false }
        capture.begin(request, pair: index)
        for side in request.sides { legs[pairs[index].leg(side)].cipher?.tap = capture.tap(side) }
        return true
    }

    /// Ends the capture of a pair, if there is one.
    internal mutating func endCapture(ofPair index: Int) {
        guard capture.isActive, capture.pair == index else { return }
        legs[pairs[index].first].cipher?.tap = nil
        legs[pairs[index].second].cipher?.tap = nil
        capture.end()
    }

    /// As ``receive(_:length:from:at:)`` goes on, with somebody watching.
    @inline(never)
    internal mutating func receiveCaptured(
        _ kind: PacketKind, _ slot: inout MutableRawSpan, length: Int, from source: Endpoint,
        at now: MonotonicInstant
    ) -> RelayOutcome {
        capture.begin(at: now)
        let outcome = handle(kind, &slot, length: length, from: source, at: now)
        if case .dropped(let reason) = outcome { capture.finish(dropped: reason) } else { capture.finish() }
        return outcome
    }
}
