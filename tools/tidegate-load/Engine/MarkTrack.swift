/// Which of a sender's numbered packets have come: loss, duplication and reordering of one kind of media.
///
/// It begins anew with every pair and every window, because what was sent while a gate was shut is no loss.
struct MarkTrack: BitwiseCopyable {
    /// Numbers that are remembered.
    private static let span: UInt32 = 512

    /// What one packet turned out to be.
    enum Finding: BitwiseCopyable {
        case new
        case late
        case duplicate
    }

    private var sender: UInt32 = 0
    private var pair: UInt32 = 0
    private var window: UInt32 = 0
    private var first: UInt32 = 0
    private var highest: UInt32 = 0
    private var unique: UInt64 = 0
    private var seen = InlineArray<8, UInt64>(repeating: 0)

    /// Packets missing between the first and the last that have come.
    var lost: UInt64 {
        guard unique > 0 else { return 0 }
        let expected = UInt64(highest &- first) &+ 1
        return expected > unique ? expected &- unique : 0
    }

    /// Begins anew, where this packet is of another stretch.
    ///
    /// - Returns: what the stretch before it has lost.
    mutating func turn(sender: UInt32, pair: UInt32, window: UInt32) -> UInt64 {
        guard sender != self.sender || pair != self.pair || window != self.window else { return 0 }
        defer {
            self = MarkTrack()
            (self.sender, self.pair, self.window) = (sender, pair, window)
        }
        return lost
    }

    mutating func note(_ counter: UInt32) -> Finding {
        guard unique > 0 else {
            (first, highest, unique) = (counter, counter, 1)
            mark(counter)
            return .new
        }
        let step = Int32(bitPattern: counter &- highest)
        if step > 0 {
            if UInt32(step) >= Self.span {
                seen = InlineArray(repeating: 0)
            } else {
                for number in 1...UInt32(step) { clear(highest &+ number) }
            }
            highest = counter
            unique &+= 1
            mark(counter)
            return .new
        }
        // Before the first, or too long ago to know: it cannot fill a gap that was counted.
        guard counter &- first <= highest &- first, UInt32(bitPattern: -step) < Self.span else {
            return .late
        }
        if isMarked(counter) { return .duplicate }
        mark(counter)
        unique &+= 1
        return .late
    }

    @inline(__always)
    private func isMarked(_ number: UInt32) -> Bool {
        seen[Int(number >> 6 & 7)] & 1 << UInt64(number & 63) != 0
    }

    @inline(__always)
    private mutating func mark(_ number: UInt32) {
        seen[Int(number >> 6 & 7)] |= 1 << UInt64(number & 63)
    }

    @inline(__always)
    private mutating func clear(_ number: UInt32) {
        seen[Int(number >> 6 & 7)] &= ~(1 << UInt64(number & 63))
    }
}
