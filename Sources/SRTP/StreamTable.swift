internal import CPrefetch

/// What one SSRC has used of its two index spaces.
internal struct StreamState {
    /// Most of each kind that one master key may protect: RTP has 48 bits, SRTCP 31 (RFC 3711 §9.2).
    internal static let mostRTP: UInt64 = 1 << 48
    internal static let mostRTCP: UInt64 = 1 << 31
    /// From here on the keys count as used up: what is left lasts for longer than it takes to notice.
    internal static let lateRTP: UInt64 = mostRTP - 1 << 26
    internal static let lateRTCP: UInt64 = mostRTCP - 1 << 16

    internal let ssrc: UInt32
    internal var rtp = ReplayWindow<16>()
    internal var rtcp = ReplayWindow<2>()

    internal init(_ ssrc: UInt32) { self.ssrc = ssrc }
}

/// The SSRCs of one direction, few enough to look through one after another.
///
/// Its memory grows when an SSRC is added, and at no other time. By address, not in an array: an array asks at every
/// change whether it is shared.
internal struct StreamTable: ~Copyable {
    /// Most SSRCs.
    ///
    /// A browser needs three: audio, video, retransmissions.
    internal static let capacity = 64
    /// Places made at first: as many as a browser needs, so that a leg stays small.
    private static let firstRoom = 4

    /// The first SSRCs, here and not with their states: to find one of them touches no memory but this.
    private var first = InlineArray<4, UInt32>(repeating: 0)
    private var states: UnsafeMutablePointer<StreamState>
    private var count: Int32 = 0
    private var room = Int32(Self.firstRoom)

    internal init() { states = .allocate(capacity: Self.firstRoom) }

    deinit { states.deallocate() }

    internal var isFull: Bool { count >= Self.capacity }

    @inline(__always)
    internal func position(of ssrc: UInt32) -> Int? {
        var position = 0
        let near = min(Int(count), Self.firstRoom)
        while position < near {
            if first[position] == ssrc { return position }
            position &+= 1
        }
        while position < Int(count) {
            if states[position].ssrc == ssrc { return position }
            position &+= 1
        }
        return nil
    }

    /// Asks for a stream's state to be in the cache when it is used.
    @inline(__always)
    internal func fetch(_ ssrc: UInt32) {
        guard let position = position(of: ssrc) else { return }
        cprefetch(states + position, MemoryLayout<StreamState>.size)
    }

    /// The state at a position that ``position(of:)`` or ``add(_:)`` gave.
    internal subscript(position: Int) -> StreamState {
        @inline(__always)
        unsafeAddress {
            precondition(position >= 0 && position < count, "no such stream")
            return UnsafePointer(states + position)
        }
        @inline(__always)
        unsafeMutableAddress {
            precondition(position >= 0 && position < count, "no such stream")
            return states + position
        }
    }

    /// - Precondition: `ssrc` is not in the table, and the table is not full.
    /// - Returns: the position of its state.
    internal mutating func add(_ ssrc: UInt32) -> Int {
        precondition(!isFull, "a stream table is full")
        if count == room { grow() }
        let position = Int(count)
        if position < Self.firstRoom { first[position] = ssrc }
        (states + position).initialize(to: StreamState(ssrc))
        count += 1
        return position
    }

    private mutating func grow() {
        room *= 2
        let more = UnsafeMutablePointer<StreamState>.allocate(capacity: Int(room))
        more.moveInitialize(from: states, count: Int(count))
        states.deallocate()
        states = more
    }
}
