/// What is due when, for all peers of a thread: arming, disarming and firing cost the same however many there are.
///
/// Every peer has one timer of each ``Kind``. Timers of one tick fire in the order in which they were armed, so that a
/// peer's packets leave in the same order in every run.
struct TimingWheel: ~Copyable {
    enum Kind: UInt8 {
        case ice = 0
        case handshake = 1
        case audio = 2
        case video = 3
        case feedback = 4
        case report = 5
        case missing = 6
        case burst = 7
    }

    /// One timer that fires.
    struct Due: BitwiseCopyable {
        var peer: Int
        var kind: Kind
        /// In nanoseconds of the monotonic clock.
        var time: UInt64
    }

    private struct Node: BitwiseCopyable {
        var next = none
        var previous = none
        var tick: UInt64 = 0
        var due: UInt64 = 0
    }

    private static let none = UInt32.max
    private static let kinds = 8
    /// A tick is 2^18 ns, about a quarter of a millisecond; the wheel spans 8.6 s.
    static let shift: UInt64 = 18
    private static let length: UInt64 = 32_768

    private let nodes: UnsafeMutablePointer<Node>
    private let heads: UnsafeMutablePointer<UInt32>
    private let tails: UnsafeMutablePointer<UInt32>
    private let count: Int
    private var cursor: UInt64

    init(peers: Int, now: UInt64) {
        count = peers &* Self.kinds
        nodes = .allocate(capacity: max(1, count))
        nodes.initialize(repeating: Node(), count: count)
        heads = .allocate(capacity: Int(Self.length))
        tails = .allocate(capacity: Int(Self.length))
        heads.initialize(repeating: Self.none, count: Int(Self.length))
        tails.initialize(repeating: Self.none, count: Int(Self.length))
        cursor = now >> Self.shift
    }

    deinit {
        nodes.deallocate()
        heads.deallocate()
        tails.deallocate()
    }

    /// Arms a timer, or moves it.
    mutating func arm(_ peer: Int, _ kind: Kind, at due: UInt64) {
        disarm(peer, kind)
        let index = peer &* Self.kinds &+ Int(kind.rawValue)
        // Rounded up, so that nothing fires before it is due; what lies beyond the wheel goes round again.
        let wanted = (due &+ (1 << Self.shift) &- 1) >> Self.shift
        let tick = min(max(wanted, cursor &+ 1), cursor &+ Self.length &- 1)
        let bucket = Int(tick % Self.length)
        nodes[index] = Node(next: Self.none, previous: tails[bucket], tick: tick, due: due)
        if tails[bucket] == Self.none {
            heads[bucket] = UInt32(index)
        } else {
            nodes[Int(tails[bucket])].next = UInt32(index)
        }
        tails[bucket] = UInt32(index)
    }

    mutating func disarm(_ peer: Int, _ kind: Kind) {
        unlink(peer &* Self.kinds &+ Int(kind.rawValue))
    }

    mutating func disarmAll(_ peer: Int) {
        for kind in 0..<Self.kinds { unlink(peer &* Self.kinds &+ kind) }
    }

    func isArmed(_ peer: Int, _ kind: Kind) -> Bool {
        nodes[peer &* Self.kinds &+ Int(kind.rawValue)].tick != 0
    }

    /// The next timer that is due, taken off the wheel; `nil` when there is none any more.
    mutating func next(at now: UInt64) -> Due? {
        let target = now >> Self.shift
        while cursor <= target {
            let head = heads[Int(cursor % Self.length)]
            guard head != Self.none else {
                if cursor == target { return nil }
                cursor &+= 1
                continue
            }
            let index = Int(head)
            let due = nodes[index].due
            unlink(index)
            guard let kind = Kind(rawValue: UInt8(index % Self.kinds)) else { continue }
            let peer = index / Self.kinds
            if due > now {
                arm(peer, kind, at: due)
                continue
            }
            return Due(peer: peer, kind: kind, time: due)
        }
        return nil
    }

    /// Nanoseconds until something is due, as far as the next `ticks` ticks tell; `nil` when nothing is in them.
    func pause(at now: UInt64, within ticks: UInt64) -> UInt64? {
        for tick in cursor...(cursor &+ ticks) where heads[Int(tick % Self.length)] != Self.none {
            let time = tick << Self.shift
            return time > now ? time &- now : 0
        }
        return nil
    }

    private mutating func unlink(_ index: Int) {
        let node = nodes[index]
        guard node.tick != 0 else { return }
        let bucket = Int(node.tick % Self.length)
        if node.previous == Self.none {
            heads[bucket] = node.next
        } else {
            nodes[Int(node.previous)].next = node.next
        }
        if node.next == Self.none {
            tails[bucket] = node.previous
        } else {
            nodes[Int(node.next)].previous = node.previous
        }
        nodes[index].tick = 0
    }
}
