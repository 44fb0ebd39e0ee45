internal import MediaControl
internal import RelayTypes

/// One direction of a pair, named by the side that sends.
internal struct Direction: BitwiseCopyable {
    internal var splice = Splice()
    /// The video gate is open and no key frame has passed since it opened: the server asks for one.
    internal var awaitsKeyFrame = false
    /// Media has gone this way since the two were joined.
    internal var hasStarted = false
    internal var forwardedPackets: UInt64 = 0
    internal var forwardedBytes: UInt64 = 0
    /// When the batch of the latest of them was looked at.
    internal var lastForwardedAt = MonotonicInstant(nanoseconds: 0)
}

/// Two legs of one worker, joined: their gates, their splices and their tally.
///
/// Starts shut.
internal struct Pair: ~Copyable {
    internal let slot: PairSlot
    /// Indexes of the legs.
    internal let first: Int
    internal let second: Int
    internal private(set) var gates: PairGates
    /// By ``RelayTypes/Side/index`` of the side that sends.
    internal var directions = InlineArray<2, Direction>(repeating: Direction())
    /// What of it went no further, by the side that sends; last, for most packets need it not.
    internal var dropped = InlineArray<2, DropCounts>(repeating: DropCounts())

    internal init(slot: PairSlot, first: Int, second: Int) {
        self.slot = slot
        self.first = first
        self.second = second
        gates = PairGates(all: .policy)
    }

    /// Index of the leg on a side.
    @inline(__always)
    internal func leg(_ side: Side) -> Int {
        switch side {
        case .first: first
        case .second: second
        }
    }

    /// Sets all gates.
    ///
    /// What a gate that shuts has spliced is over; a video gate that opens waits for a key frame.
    internal mutating func set(_ new: PairGates) {
        for sender in Side.allCases {
            for channel in [Channel.audio, .video] {
                let isOpen = Gate.isOpen(new[sender, channel])
                if Gate.isOpen(gates[sender, channel]) == isOpen { continue }
                if !isOpen { directions[sender.index].splice.end(channel) }
                if channel == .video { directions[sender.index].awaitsKeyFrame = isOpen }
            }
            // While one is open the numbers go on: they count what the other holds, too.
            if !Gate.isOpen(new[sender, .audio]), !Gate.isOpen(new[sender, .video]) {
                directions[sender.index].splice.endTransportWide()
            }
        }
        gates = new
    }

    internal var tally: PairTally {
        var result = PairTally()
        result.first = tally(of: .first)
        result.second = tally(of: .second)
        return result
    }

    internal var traffic: PairTraffic {
        PairTraffic(
            slot: slot, first: (directions[0].forwardedPackets, directions[0].forwardedBytes),
            second: (directions[1].forwardedPackets, directions[1].forwardedBytes))
    }

    /// What one side sent, and what became of it.
    private func tally(of side: Side) -> SideTally {
        var result = SideTally()
        result.forwardedPackets = directions[side.index].forwardedPackets
        result.forwardedBytes = directions[side.index].forwardedBytes
        if result.forwardedPackets > 0 { result.lastForwardedAt = directions[side.index].lastForwardedAt }
        result.dropped = dropped[side.index].byReason
        return result
    }

    /// Bytes from the beginning on that a packet on its way through may need.
    internal static var warmBytes: Int {
        MemoryLayout<Self>.size - MemoryLayout<InlineArray<2, DropCounts>>.size
    }
}
