/// Which packet indices of one stream have been used: the newest, and a bit for each of the ones before it.
///
/// The bits are a ring, so that moving on clears bits instead of shifting them all. A new window stands at
/// index 0 with nothing used: the first packet of a stream may have any sequence number.
///
/// Source: RFC 3711 §3.3.1, §3.3.2.
internal struct ReplayWindow<let words: Int> {
    /// How many indices, the newest included, it tells apart.
    ///
    /// - Precondition: `words` is a power of two.
    internal static var span: UInt64 { 64 * UInt64(words) }

    private(set) internal var newest: UInt64
    private var used = InlineArray<words, UInt64>(repeating: 0)

    internal init(newest: UInt64 = 0) { self.newest = newest }

    /// The 48-bit index that an RTP sequence number most likely stands for.
    ///
    /// The rollover counter never goes below 0: before the first rollover a sequence number far above the
    /// newest is taken as one far ahead.
    ///
    /// Source: RFC 3711 Appendix A.
    @inline(__always)
    internal func index(of sequenceNumber: UInt16) -> UInt64 {
        let half = 32_768
        let last = Int(newest & 0xffff)
        let next = Int(sequenceNumber)
        var rollover = newest >> 16
        if last < half {
            if next - last > half, rollover > 0 { rollover &-= 1 }
        } else if last - half > next {
            rollover &+= 1
        }
        return rollover << 16 | UInt64(sequenceNumber)
    }

    /// Whether `index` is neither used nor too old to tell.
    @inline(__always)
    internal func isFresh(_ index: UInt64) -> Bool {
        if index > newest { return true }
        guard newest &- index < Self.span else { return false }
        return used[Self.word(index)] & Self.bit(index) == 0
    }

    /// - Precondition: `index` is fresh.
    @inline(__always)
    internal mutating func use(_ index: UInt64) {
        if index > newest {
            // What is skipped counts as unused; a jump over the whole ring clears each word once.
            var position = index &- newest < Self.span ? newest &+ 1 : index &- Self.span &+ 1
            while position <= index {
                let run = min(64 &- position & 63, index &- position &+ 1)
                let mask: UInt64 = run == 64 ? .max : (1 << run &- 1) << (position & 63)
                used[Self.word(position)] &= ~mask
                position &+= run
            }
            newest = index
        }
        used[Self.word(index)] |= Self.bit(index)
    }

    private static func word(_ index: UInt64) -> Int {
        Int(truncatingIfNeeded: index >> 6) & (words &- 1)
    }

    private static func bit(_ index: UInt64) -> UInt64 { 1 << (index & 63) }
}
