internal import RelayTypes
internal import Wire

/// What the sender is told, in its own numbers.
extension TransportLedger {
    /// One message's worth of arrivals: the first `count` of the scratch space.
    internal struct Run: BitwiseCopyable {
        internal var count: Int
        /// The first number that it speaks of; lost when it is not the first arrival's.
        internal var base: UInt16
    }

    // MARK: The server's own

    /// Gathers held packets that have not been told, up to the next one that is told or the partner's to tell.
    ///
    /// A number that is missing between two held ones is lost, and so is one between what the server has told last
    /// and what it tells now. One that came late is told after it was told lost, as receivers do.
    ///
    /// - Parameter isCovered: the partner's feedback covers all since the numbering towards it began.
    internal mutating func takeRun(
        into arrivals: inout [TransportArrival], isCovered: Bool = false, at now: MonotonicInstant
    ) -> Run? {
        guard let first = pending else { return nil }
        let end = isCovered ? min(newest, beganAt &- 1) : newest
        guard first <= end else { return nil }
        var position = max(min(first, untold), oldest)
        var run: Run?
        // Behind the last one that is told: what is missing there is the next message's.
        var told = position
        while position <= end {
            if run == nil, isTellingOn, position == untold {
                run = Run(count: 0, base: UInt16(truncatingIfNeeded: position))
            }
            switch self[position].fate {
            case .missing: break
            case .held:
                guard (run?.count ?? 0) < arrivals.count else {
                    return take(run, upTo: told, isTellingOn: true)
                }
                let number = UInt16(truncatingIfNeeded: position)
                var grown = run ?? Run(count: 0, base: number)
                arrivals[grown.count] = TransportArrival(
                    sequenceNumber: number, microseconds: ticks(of: position, at: now) &* 250)
                grown.count &+= 1
                run = grown
                markTold(position)
                told = position &+ 1
            case .told, .forwarded:
                if let run, run.count > 0 { return take(run, upTo: told, isTellingOn: false) }
                run = nil
                told = position &+ 1
            }
            position = position &+ 1
        }
        return take(run, upTo: told, isTellingOn: (run?.count ?? 0) > 0)
    }

    /// Ends a run: what comes next is told from `position` on.
    private mutating func take(_ run: Run?, upTo position: Int64, isTellingOn: Bool) -> Run? {
        pending = firstHeld(from: position)
        if position > untold {
            untold = position
            self.isTellingOn = isTellingOn
        }
        guard let run, run.count > 0 else { return nil }
        return run
    }

    /// Forgets what has not been told: nobody may be told.
    internal mutating func forgetPending() {
        pending = nil
        untold = newest &+ 1
        isTellingOn = false
    }

    private func firstHeld(from position: Int64) -> Int64? {
        var position = max(position, oldest)
        while position <= newest {
            if self[position].fate == .held { return position }
            position = position &+ 1
        }
        return nil
    }

    // MARK: The partner's

    /// Translates the partner's feedback number by number, and adds the held packets between those that it speaks of:
    /// they arrived, and the partner cannot know it.
    ///
    /// Their times are the server's distances, put on the partner's clock at the nearest forwarded packet, so that the
    /// sender sees one clock. What the partner misses is lost, and so is what never arrived here. Statuses behind the
    /// last arrival, which receivers do not send, are left out.
    internal mutating func takeRun(
        translating view: TransportFeedbackView, into arrivals: inout [TransportArrival],
        at now: MonotonicInstant
    ) -> Run? {
        // A cycle of the 24-bit reference time ahead, so that no time is below zero.
        let reference = UInt64(UInt32(bitPattern: view.referenceTime) & 0xff_ffff) &+ 0x100_0000
        var time = reference &* 256
        var count = 0
        var next: Int64?
        var base: Int64?
        var anchor: (partner: UInt64, server: UInt64)?
        var statuses = view.statuses
        while let status = statuses.next() {
            if let delta = status.delta { time = UInt64(bitPattern: Int64(bitPattern: time) &+ Int64(delta)) }
            guard let position = self.position(forwardedAs: status.sequenceNumber) else { continue }
            if base == nil {
                base = baseOfRun(before: position)
                next = base
            }
            guard status.delta != nil, let from = next, position >= from else { continue }
            let here = (partner: time, server: ticks(of: position, at: now))
            var between = from
            while between <= position {
                let isArrived = self[between].fate == .held || between == position
                if isArrived, count < arrivals.count {
                    let near = between == position ? here : (anchor ?? here)
                    let ticks = near.partner &+ ticks(of: between, at: now) &- near.server
                    arrivals[count] = TransportArrival(
                        sequenceNumber: UInt16(truncatingIfNeeded: between), microseconds: ticks &* 250)
                    count &+= 1
                    if between != position { markTold(between) }
                }
                between = between &+ 1
            }
            anchor = here
            next = position &+ 1
        }
        guard count > 0, let base, let next else { return nil }
        if next > untold {
            untold = next
            isTellingOn = false
        }
        if let oldest = pending, oldest >= base, oldest < next { pending = firstHeld(from: next) }
        return Run(count: count, base: UInt16(truncatingIfNeeded: base))
    }

    /// The newest held packet between two numbers that was told before, other than these: no message may speak of it
    /// again.
    internal func lastTold(after first: UInt16, before last: UInt16) -> UInt16? {
        var number = last &- 1
        while number != first {
            guard let place = place(of: number) else { return nil }
            if self[place].fate == .told { return number }
            number = number &- 1
        }
        return nil
    }

    /// Where a message begins whose first forwarded packet is this: behind the nearest older one that was forwarded or
    /// told.
    ///
    /// Of what is before the numbering only what was lost next to it: the server tells of those that it held.
    private func baseOfRun(before position: Int64) -> Int64 {
        var below = position
        let end = max(oldest, untold)
        while below > end {
            let fate = self[below &- 1].fate
            guard fate == .missing || (fate != .forwarded && below > beganAt) else { break }
            below = below &- 1
        }
        return below
    }
}
