package import RelayTypes
internal import Synchronization

/// The truth about who may hear whom: written by whoever drives the signalling, read by every media thread for every
/// packet.
///
/// A pair is a number from 1. Its media may be received by its two peers only, and only when it was *sent* within the
/// window that the server's own words leave open: from the moment at which the later of the two consents (or whatever
/// was last missing) left for the server, to the moment at which the server's word that it is shut came in. Anything
/// else that is received is a leak.
///
/// Reading takes no lock. While a window is being moved a reader may see it too wide for an instant, never too narrow:
/// a leak is only ever counted for certain.
package final class PairLedger: @unchecked Sendable {
    // Unchecked: the memory behind `words`, `currents` and `bands` consists of atomics, and is freed by `deinit` alone.

    /// Most pairs in a run.
    package let capacity: Int
    /// Most peers in a run.
    package let peers: Int
    /// What a packet that was on its way to the server when a gate opened may have waited there, in nanoseconds.
    ///
    /// A server cannot know when a datagram that it finds in its socket was sent. What was sent at most so long before
    /// a window opened, and came after that, is counted as early and not as a leak; what was sent before that, or came
    /// before the window opened, is a leak.
    package let queueAllowance: UInt64

    /// Words of one pair, 192 bytes: three cache lines.
    private static let stride = 24
    private let words: UnsafeMutablePointer<Atomic<UInt64>>
    private let currents: UnsafeMutablePointer<Atomic<UInt32>>
    private let bands: UnsafeMutablePointer<Atomic<UInt8>>
    private let next = Atomic<UInt32>(1)
    /// What had arrived after a word of the server that the ledger was not told of yet.
    let lateLeaks: LateLeaks

    /// Where things are in a pair's words; the four gates (sender, sound or picture) come one word after the other.
    enum Word {
        static let peers = 0
        static let isOver = 1
        static let lastArrival = 2
        static let released = 4
        static let shut = 8
        static let releasedBefore = 12
        static let shutBefore = 16
        static let windows = 20
    }

    /// - Parameters:
    ///   - capacity: most pairs.
    ///   - peers: most peers; as many as pairs by default.
    package init(capacity: Int, peers: Int? = nil, queueAllowance: UInt64 = 100_000_000) {
        self.capacity = max(1, capacity)
        self.peers = max(1, peers ?? capacity)
        self.queueAllowance = queueAllowance
        let count = (self.capacity &+ 1) &* Self.stride
        words = .allocate(capacity: count)
        for index in 0..<count { (words + index).initialize(to: Atomic(0)) }
        currents = .allocate(capacity: self.peers)
        bands = .allocate(capacity: self.peers)
        for index in 0..<self.peers {
            (currents + index).initialize(to: Atomic(0))
            (bands + index).initialize(to: Atomic(0))
        }
        lateLeaks = LateLeaks()
    }

    deinit {
        words.deinitialize(count: (capacity &+ 1) &* Self.stride)
        words.deallocate()
        currents.deinitialize(count: peers)
        currents.deallocate()
        bands.deinitialize(count: peers)
        bands.deallocate()
    }

    /// A new pair of two peers, shut.
    ///
    /// - Returns: its number, or 0 when there is no room.
    package func open(_ a: PeerNumber, _ b: PeerNumber) -> UInt32 {
        guard Int(a.value) < peers, Int(b.value) < peers, a != b else { return 0 }
        var number = next.load(ordering: .relaxed)
        repeat {
            guard Int(number) <= capacity else { return 0 }
            let (done, seen) = next.compareExchange(
                expected: number, desired: number &+ 1, ordering: .relaxed)
            if done { break }
            number = seen
        } while true
        store(UInt64(a.value) << 32 | UInt64(b.value), number, Word.peers)
        currents[Int(a.value)].store(number, ordering: .sequentiallyConsistent)
        currents[Int(b.value)].store(number, ordering: .sequentiallyConsistent)
        return number
    }

    /// What `sender` sends may be heard from now on, in nanoseconds of the monotonic clock.
    ///
    /// - Parameter channel: sound or picture; both by default.
    package func release(
        _ pair: UInt32, from sender: PeerNumber, channel: Channel? = nil, at nanoseconds: UInt64
    ) {
        guard let side = side(of: sender.value, in: pair) else { return }
        for gate in gates(side, channel) {
            let released = load(pair, Word.released &+ gate)
            let shut = load(pair, Word.shut &+ gate)
            if released != 0 {
                guard shut != .max else { continue }  // It is open already.
                store(released, pair, Word.releasedBefore &+ gate)
                store(shut, pair, Word.shutBefore &+ gate)
            }
            store(.max, pair, Word.shut &+ gate)
            store(max(1, nanoseconds), pair, Word.released &+ gate)
            store(load(pair, Word.windows &+ gate) &+ 1, pair, Word.windows &+ gate)
        }
    }

    /// Nothing that `sender` sends later than this may be heard: a hold is back.
    ///
    /// - Parameter channel: sound or picture; both by default.
    package func shut(
        _ pair: UInt32, from sender: PeerNumber, channel: Channel? = nil, at nanoseconds: UInt64
    ) {
        guard let side = side(of: sender.value, in: pair) else { return }
        for gate in gates(side, channel) { shut(pair, gate: gate, at: nanoseconds, counting: .held) }
    }

    /// Nothing that either sends later than this may be heard: the pair is over.
    package func shut(_ pair: UInt32, at nanoseconds: UInt64) {
        guard isPair(pair) else { return }
        if load(pair, Word.isOver) == 0 { store(max(1, nanoseconds), pair, Word.isOver) }
        for gate in 0..<4 { shut(pair, gate: gate, at: nanoseconds, counting: .afterCut) }
    }

    /// A peer has proved its band, 1 to 255; 0 for not proved.
    ///
    /// Whatever one hears from a peer of another proved band is a leak.
    package func setBand(_ band: UInt8, of peer: PeerNumber) {
        guard Int(peer.value) < peers else { return }
        bands[Int(peer.value)].store(band, ordering: .sequentiallyConsistent)
    }

    /// When the last packet of `sender` in this pair has arrived, in nanoseconds; 0 for none.
    package func lastArrival(_ pair: UInt32, from sender: PeerNumber) -> UInt64 {
        guard let side = side(of: sender.value, in: pair) else { return 0 }
        return load(pair, Word.lastArrival &+ side)
    }

    private func shut(_ pair: UInt32, gate: Int, at nanoseconds: UInt64, counting leak: Leak) {
        guard load(pair, Word.released &+ gate) != 0, load(pair, Word.shut &+ gate) == .max else { return }
        store(nanoseconds, pair, Word.shut &+ gate)
        // What came between the server's word and this line has been judged by the old window. The media thread
        // notes an arrival before it reads the window, so one of the two sees it.
        if leak == .afterCut, gate & 1 == 0,
            load(pair, Word.lastArrival &+ gate / 2) > nanoseconds &+ Self.tolerance
        {
            lateLeaks.count(leak)
        }
    }

    private func gates(_ side: Int, _ channel: Channel?) -> Range<Int> {
        switch channel {
        case nil: side &* 2..<side &* 2 &+ 2
        case .audio: side &* 2..<side &* 2 &+ 1
        case .video: side &* 2 &+ 1..<side &* 2 &+ 2
        case .chat: 0..<0
        }
    }

    /// What the conversion between two clocks may be wrong by, in nanoseconds.
    static let tolerance: UInt64 = 20_000

    // MARK: Reading

    @inline(__always)
    func isPair(_ pair: UInt32) -> Bool { pair != 0 && Int(pair) <= capacity }

    /// - Returns: 0 or 1, or `nil` when the peer is not of the pair.
    @inline(__always)
    func side(of peer: UInt32, in pair: UInt32) -> Int? {
        guard isPair(pair) else { return nil }
        let both = load(pair, Word.peers)
        guard both != 0 else { return nil }
        if UInt32(truncatingIfNeeded: both >> 32) == peer { return 0 }
        return UInt32(truncatingIfNeeded: both) == peer ? 1 : nil
    }

    @inline(__always)
    func current(of peer: UInt32) -> UInt32 {
        Int(peer) < peers ? currents[Int(peer)].load(ordering: .sequentiallyConsistent) : 0
    }

    @inline(__always)
    func band(of peer: UInt32) -> UInt8 {
        Int(peer) < peers ? bands[Int(peer)].load(ordering: .relaxed) : 0
    }

    /// - Precondition: ``isPair(_:)``.
    @inline(__always)
    func load(_ pair: UInt32, _ word: Int) -> UInt64 {
        words[Int(pair) &* Self.stride &+ word].load(ordering: .sequentiallyConsistent)
    }

    /// - Precondition: ``isPair(_:)``.
    @inline(__always)
    func store(_ value: UInt64, _ pair: UInt32, _ word: Int) {
        words[Int(pair) &* Self.stride &+ word].store(value, ordering: .sequentiallyConsistent)
    }
}

/// Leaks that the ledger itself has found.
final class LateLeaks: Sendable {
    private let held = Atomic<UInt64>(0)
    private let afterCut = Atomic<UInt64>(0)

    func count(_ leak: Leak) {
        if leak == .held {
            held.wrappingAdd(1, ordering: .relaxed)
        } else {
            afterCut.wrappingAdd(1, ordering: .relaxed)
        }
    }

    var counts: [Leak: UInt64] {
        [.held: held.load(ordering: .relaxed), .afterCut: afterCut.load(ordering: .relaxed)]
            .filter { $0.value > 0 }
    }
}
