internal import RelayTypes
internal import Wire

/// The last 512 transport-wide numbers that a browser has used: which arrived, when, and under which number each
/// went on to the partner.
///
/// Towards the receiver the numbers are free of gaps over what was really forwarded: `outbound = inbound &+ offset`,
/// and the offset shrinks by one for each packet that arrived and was held. What never arrived keeps its place, so that
/// a loss before the server stays visible as a gap. A packet that comes late gets the offset that was in force at its
/// place; where it is held, its place stays empty.
///
/// One ring serves both directions of the question: what the server itself tells the sender (the held ones), and
/// what the partner's feedback means in the sender's numbers. Allocated once, when the leg has its keys: 5 KiB.
///
/// Source: draft-holmer-rmcat-transport-wide-cc-extensions-01.
internal struct TransportLedger: ~Copyable {
    /// Numbers that are remembered; a power of 2.
    internal static let capacity = 512

    internal enum Fate: UInt8, BitwiseCopyable {
        /// It has not arrived.
        case missing
        /// It arrived and went no further.
        case held
        /// Held, and its sender knows that it arrived: nobody tells it again.
        case told
        case forwarded
    }

    internal struct Entry: BitwiseCopyable {
        internal var fate = Fate.missing
        /// Its place in the numbering of the present partner is known.
        internal var isMapped = false
        /// `outbound = inbound &+ offset`, for this number and those that follow it.
        internal var offset: UInt16 = 0
        /// When it arrived, in 250 µs, modulo 12 days.
        internal var ticks: UInt32 = 0
    }

    /// By inbound number: only the newest ``capacity`` numbers have a meaning, and each has its own place.
    private var entries = FixedBuffer<Entry>()
    /// Inbound number by outbound number.
    private var inbound = FixedBuffer<UInt16>()
    /// The newest number, counted on through wrap-around; -1 before the first.
    internal private(set) var newest: Int64 = -1
    /// For the numbers that come next.
    internal private(set) var offset: UInt16 = 0
    /// Where the numbering towards the present partner began.
    internal private(set) var beganAt: Int64 = 0
    /// Since where the offset has been what it is.
    private var constantFrom: Int64 = 0

    // MARK: What has been told

    /// The first number that the sender has not been told about, by the server or the partner.
    internal var untold: Int64 = 0
    /// Whether all before it was told by the server: what is missing from there on is then lost.
    internal var isTellingOn = false
    /// The oldest held number that is to be told; `nil` for none.
    internal var pending: Int64?

    internal init() {}

    /// Takes the memory that it needs.
    internal mutating func allocate() {
        entries = FixedBuffer(repeating: Entry(), count: Self.capacity)
        inbound = FixedBuffer(repeating: 0, count: Self.capacity)
    }

    /// Asks for the place of the next number to be in the cache when it comes.
    @inline(__always)
    internal borrowing func fetch() {
        let next = newest &+ 1
        entries.fetch(slot(next))
        inbound.fetch(Int(UInt16(truncatingIfNeeded: next) &+ offset) & (Self.capacity - 1))
    }

    internal static func ticks(at now: MonotonicInstant) -> UInt64 { now.nanoseconds / 250_000 }

    // MARK: Arrivals

    /// Takes note of a packet that goes no further.
    internal mutating func hold(_ number: UInt16, at now: MonotonicInstant) {
        guard entries.count > 0 else { return }
        let position = self.position(of: number)
        var entry = Entry(fate: .held, ticks: UInt32(truncatingIfNeeded: Self.ticks(at: now)))
        if position > newest {
            advance(to: position)
            offset = offset &- 1
            constantFrom = position &+ 1
            entry.offset = offset
            entry.isMapped = true
        } else {
            guard isRemembered(position), entries[slot(position)].fate == .missing else { return }
            // Its place in the receiver's numbers stays empty: those behind it may be gone already.
            if let below = offsetBelow(position) {
                entry.offset = below
                entry.isMapped = true
            }
            constantFrom = max(constantFrom, position &+ 1)
        }
        entries[slot(position)] = entry
        pending = min(pending ?? position, position)
    }

    /// Begins the numbering towards a partner, with `number` next to `last`, the highest that it has received.
    internal mutating func begin(at number: UInt16, continuing last: UInt16) {
        guard entries.count > 0 else { return }
        var position = self.position(of: number)
        if hasForgotten(number) {
            // Its numbers have started anew.
            for index in 0..<Self.capacity { entries[index] = Entry() }
            newest = -1
            pending = nil
            isTellingOn = false
            position = self.position(of: number)
            untold = position
        }
        for index in 0..<Self.capacity { entries[index].isMapped = false }
        offset = last &+ 1 &- number
        beganAt = position
        constantFrom = position
    }

    /// The number to send for one that comes in.
    ///
    /// - Returns: `nil` for one from before the numbering began, and for one that has been used.
    @inline(__always)
    internal func image(of number: UInt16) -> UInt16? {
        let position = self.position(of: number)
        if position > newest { return number &+ offset }
        guard position >= beganAt, isRemembered(position), entries[slot(position)].fate == .missing else {
            return nil
        }
        if position == beganAt { return number &+ offset }
        return offsetBelow(position).map { number &+ $0 }
    }

    /// Takes note of a packet that goes on under a number that ``image(of:)`` gave.
    @inline(__always)
    internal mutating func forward(_ number: UInt16, as outbound: UInt16, at now: MonotonicInstant) {
        guard entries.count > 0 else { return }
        let position = self.position(of: number)
        if position > newest { advance(to: position) }
        entries[slot(position)] = Entry(
            fate: .forwarded, isMapped: true, offset: outbound &- number,
            ticks: UInt32(truncatingIfNeeded: Self.ticks(at: now)))
        inbound[Int(outbound) & (Self.capacity - 1)] = number
    }

    /// The partner has told of all numbers before this one.
    internal mutating func noteTold(before number: UInt16) {
        guard newest >= 0 else { return }
        let position = self.position(of: number)
        guard position > untold, position <= newest &+ 1 else { return }
        untold = position
        isTellingOn = false
    }

    /// Nobody else tells of what went on and has not been told: it counts as held from now on.
    internal mutating func takeOver() {
        guard newest >= 0 else { return }
        // All before it has been told.
        isTellingOn = true
        var position = max(untold, oldest)
        while position <= newest {
            if entries[slot(position)].fate == .forwarded {
                entries[slot(position)].fate = .held
                pending = min(pending ?? position, position)
            }
            position = position &+ 1
        }
    }

    /// The sender is told of a held packet now.
    internal mutating func markTold(_ position: Int64) { entries[slot(position)].fate = .told }

    // MARK: Questions

    /// Whether one of the remembered numbers was renumbered otherwise than by ``offset``: feedback has then to be
    /// translated one by one.
    ///
    /// So it is at the beginning, where feedback may speak of a former partner's packets too.
    internal var isRenumbered: Bool { newest &- constantFrom < 2 * Int64(Self.capacity) }

    /// Whether a number is not newer than all before it: no numbering begins with such a one, or those that went out
    /// before it would lie within.
    internal func isLate(_ number: UInt16) -> Bool { newest >= 0 && position(of: number) <= newest }

    /// Whether a number is older than all that are remembered: so late nobody comes, its numbers have started anew.
    internal func hasForgotten(_ number: UInt16) -> Bool {
        newest >= 0 && newest &- position(of: number) >= Int64(Self.capacity)
    }

    /// The first outbound number since the offset is what it is.
    internal var firstImage: UInt16 { UInt16(truncatingIfNeeded: constantFrom) &+ offset }

    /// How far the newest number is ahead of it, saturating.
    internal var span: UInt32 { UInt32(clamping: newest &- constantFrom) }

    /// The oldest number that is remembered.
    internal var oldest: Int64 { max(newest &- Int64(Self.capacity - 1), 0) }

    internal func isRemembered(_ position: Int64) -> Bool {
        position <= newest && position >= oldest && position >= 0
    }

    /// - Precondition: it is remembered.
    internal subscript(position: Int64) -> Entry { entries[slot(position)] }

    /// The place of a number that is remembered.
    internal func place(of number: UInt16) -> Int64? {
        let position = self.position(of: number)
        return newest >= 0 && isRemembered(position) ? position : nil
    }

    /// The inbound number that was forwarded to the present partner as `outbound`.
    internal func position(forwardedAs outbound: UInt16) -> Int64? {
        guard entries.count > 0, newest >= 0 else { return nil }
        let number = inbound[Int(outbound) & (Self.capacity - 1)]
        let position = self.position(of: number)
        guard isRemembered(position) else { return nil }
        let entry = entries[slot(position)]
        guard entry.fate == .forwarded, entry.isMapped, number &+ entry.offset == outbound else { return nil }
        return position
    }

    /// When a packet arrived, in 250 µs on the server's clock.
    internal func ticks(of position: Int64, at now: MonotonicInstant) -> UInt64 {
        let present = Self.ticks(at: now)
        return present &- UInt64(UInt32(truncatingIfNeeded: present) &- entries[slot(position)].ticks)
    }

    // MARK: Places

    /// The place of a number in the unwrapped sequence: the one nearest to the newest.
    @inline(__always)
    private func position(of number: UInt16) -> Int64 {
        // Starts one cycle up, so that nothing is ever below zero.
        guard newest >= 0 else { return 0x1_0000 &+ Int64(number) }
        return newest &+ Int64(Int16(truncatingIfNeeded: number &- UInt16(truncatingIfNeeded: newest)))
    }

    @inline(__always)
    private func slot(_ position: Int64) -> Int { Int(truncatingIfNeeded: position) & (Self.capacity - 1) }

    /// Makes a number the newest; those between have not arrived.
    @inline(__always)
    private mutating func advance(to position: Int64) {
        if newest < 0 {
            newest = position
            untold = position
            beganAt = max(beganAt, position)
            constantFrom = max(constantFrom, position)
            return
        }
        var skipped = max(newest &+ 1, position &- Int64(Self.capacity))
        while skipped < position {
            entries[slot(skipped)] = Entry()
            skipped = skipped &+ 1
        }
        newest = position
    }

    /// The offset in force at a number that has not arrived: that of the nearest older one that has.
    private func offsetBelow(_ position: Int64) -> UInt16? {
        var below = position &- 1
        while below >= oldest {
            let entry = entries[slot(below)]
            if entry.fate != .missing { return entry.isMapped ? entry.offset : nil }
            below = below &- 1
        }
        return nil
    }
}
