/// Whether one received packet should have come.
enum Verdict: Equatable {
    /// In this pair, in the window of this number.
    case fine(pair: UInt32, window: UInt32)
    /// As fine, but sent shortly before the window opened (``PairLedger/queueAllowance``).
    case early(pair: UInt32, window: UInt32)
    /// As early, but sent longer before: a leak, unless ``QueueWaits`` explains it.
    case doubtful
    case leak(Leak)
}

/// One received packet, as far as it is judged.
struct Arrival: BitwiseCopyable {
    var receiver: UInt32
    /// When the kernel had it, on the monotonic clock, in nanoseconds.
    var time: UInt64
    /// Whether `time` is also when it left the server: on one machine, with a kernel time stamp.
    ///
    /// Otherwise it may have been on its way when the server's word came, and only the sender's time counts.
    var isExact: Bool
}

extension PairLedger {
    /// Judges a marked packet, and notes that it has arrived.
    ///
    /// - Complexity: constant; no lock, no allocation.
    func judge(_ mark: MediaMark, _ arrival: Arrival) -> Verdict {
        let (sender, receiver) = (mark.sender, arrival.receiver)
        let current = current(of: receiver)
        let marked = isPair(mark.pair, sender, receiver)
        let isCurrent = isPair(current, sender, receiver)
        // Noted first: see `shut`.
        if marked { note(mark.pair, sender, arrival.time) }
        if isCurrent, !marked || current != mark.pair { note(current, sender, arrival.time) }

        let (band, other) = (band(of: sender), band(of: receiver))
        if band != 0, other != 0, band != other { return .leak(.acrossBands) }
        // A packet made before its sender knew of the new pair bears the old number, and may be heard all the same.
        guard marked || isCurrent else { return .leak(.formerPartner) }
        if isCurrent {
            let verdict = judge(current, sender, mark, arrival)
            if case .leak = verdict, marked, mark.pair != current {
                return judge(mark.pair, sender, mark, arrival)
            }
            return verdict
        }
        let verdict = judge(mark.pair, sender, mark, arrival)
        // Somebody else is the partner by now.
        if case .leak = verdict, current != mark.pair { return .leak(.formerPartner) }
        return verdict
    }

    @inline(__always)
    private func isPair(_ pair: UInt32, _ sender: UInt32, _ receiver: UInt32) -> Bool {
        sender != receiver && side(of: sender, in: pair) != nil && side(of: receiver, in: pair) != nil
    }

    private func note(_ pair: UInt32, _ sender: UInt32, _ time: UInt64) {
        // Only the receiver's thread writes it.
        guard let side = side(of: sender, in: pair), load(pair, Word.lastArrival &+ side) < time else {
            return
        }
        store(time, pair, Word.lastArrival &+ side)
    }

    private func judge(_ pair: UInt32, _ sender: UInt32, _ mark: MediaMark, _ arrival: Arrival) -> Verdict {
        guard let side = side(of: sender, in: pair) else { return .leak(.formerPartner) }
        let gate = side &* 2 &+ (mark.kind == .video ? 1 : 0)
        let window = UInt32(truncatingIfNeeded: load(pair, Word.windows &+ gate))
        let now = fits(
            mark, arrival, from: load(pair, Word.released &+ gate), to: load(pair, Word.shut &+ gate))
        if let now { return now ? .early(pair: pair, window: window) : .fine(pair: pair, window: window) }
        let before = fits(
            mark, arrival, from: load(pair, Word.releasedBefore &+ gate),
            to: load(pair, Word.shutBefore &+ gate))
        if before != nil { return .fine(pair: pair, window: window &- 1) }
        let released = load(pair, Word.released &+ gate)
        if isLateComer(mark, arrival, from: released, to: load(pair, Word.shut &+ gate)) { return .doubtful }
        let over = load(pair, Word.isOver)
        let isAfter = over != 0 && max(mark.sent, mark.sentAgain, arrival.time) > over
        return .leak(isAfter && released != 0 ? .afterCut : .held)
    }

    /// Whether only its having been sent too long before speaks against a packet.
    private func isLateComer(
        _ mark: MediaMark, _ arrival: Arrival, from released: UInt64, to shut: UInt64
    ) -> Bool {
        released != 0 && mark.sentAgain == 0 && mark.sent < released
            && arrival.time &+ Self.tolerance >= released
            && (!arrival.isExact || shut == .max || arrival.time <= shut &+ Self.tolerance)
    }

    /// - Returns: `nil` when the packet is not of this window; otherwise whether it was sent before the window opened.
    @inline(__always)
    private func fits(
        _ mark: MediaMark, _ arrival: Arrival, from released: UInt64, to shut: UInt64
    ) -> Bool? {
        guard released != 0, arrival.time &+ Self.tolerance >= released,
            mark.sent &+ queueAllowance >= released, max(mark.sent, mark.sentAgain) <= shut
        else { return nil }
        if arrival.isExact, shut != .max, arrival.time > shut &+ Self.tolerance { return nil }
        return mark.sent < released
    }
}
