internal import RelayTypes

/// The addresses at which a browser has been seen, by authenticated binding requests and nothing else, and the one that
/// the server sends to.
///
/// Source: RFC 8445 §7.3.1, RFC 7675 §5.1: this side is ICE-lite and sends no checks; the browser's own checks, with a
/// password that only it knows, are its consent.
internal struct PathSet: BitwiseCopyable {
    internal static let capacity = 4
    /// How long the selected address must be silent before a check from another one moves the leg, in nanoseconds.
    internal static let patience: UInt64 = 3_000_000_000
    /// How long a selection stands at least against media, in nanoseconds: packets that were under way on the old
    /// path must not flip it back.
    internal static let shortestStay: UInt64 = 100_000_000

    internal struct Path: BitwiseCopyable {
        internal var endpoint: Endpoint
        internal var checkedAt: MonotonicInstant
    }

    /// What a check has changed.
    internal struct Change: BitwiseCopyable, Equatable {
        /// The address is new.
        internal var isNew = false
        /// This one had to make room for it.
        internal var evicted: Endpoint?
        /// The selected address is another one now; also the first.
        internal var hasMoved = false
    }

    internal private(set) var count = 0
    private var selectedIndex = 0
    private var selectedAt = MonotonicInstant(nanoseconds: 0)
    private var paths = InlineArray<4, Path>(
        repeating: Path(endpoint: Endpoint(ipv4: 0, port: 0), checkedAt: MonotonicInstant(nanoseconds: 0)))

    internal init() {}

    /// Where to send; `nil` before the first check.
    internal var selected: Endpoint? {
        @inline(__always) get { count == 0 ? nil : paths[selectedIndex].endpoint }
    }

    internal subscript(index: Int) -> Path { paths[index] }

    /// When the browser last showed on any path that it is there and willing.
    internal var consentedAt: MonotonicInstant? {
        var latest: MonotonicInstant?
        for index in 0..<count { latest = max(latest ?? paths[index].checkedAt, paths[index].checkedAt) }
        return latest
    }

    /// Whether the selected address has consented within the last `timeout` nanoseconds.
    @inline(__always)
    internal func mayReceive(at now: MonotonicInstant, timeout: UInt64) -> Bool {
        count > 0 && now.nanoseconds(since: paths[selectedIndex].checkedAt) < timeout
    }

    /// When the path was last checked; `nil` for an address that is none.
    internal func checkedAt(_ endpoint: Endpoint) -> MonotonicInstant? {
        index(of: endpoint).map { paths[$0].checkedAt }
    }

    /// Takes note of an authenticated binding request.
    internal mutating func check(
        from endpoint: Endpoint, isNominated: Bool, at now: MonotonicInstant
    ) -> Change {
        var change = Change()
        let index: Int
        if let known = self.index(of: endpoint) {
            index = known
        } else {
            change.isNew = true
            index = placeForNewcomer()
            if index < count { change.evicted = paths[index].endpoint } else { count += 1 }
            paths[index].endpoint = endpoint
        }
        paths[index].checkedAt = now
        if count == 1 {
            selectedIndex = 0
            selectedAt = now
            change.hasMoved = change.isNew
        } else if isNominated || now.nanoseconds(since: paths[selectedIndex].checkedAt) >= Self.patience {
            change.hasMoved = select(index, at: now)
        }
        return change
    }

    /// Takes note of an authenticated SRTP packet: a browser sends on the path that it prefers.
    ///
    /// - Returns: whether the leg has moved.
    @inline(__always)
    internal mutating func media(
        from endpoint: Endpoint, at now: MonotonicInstant, timeout: UInt64
    ) -> Bool {
        if paths[selectedIndex].endpoint.isSame(as: endpoint) { return false }
        guard let index = index(of: endpoint), now.nanoseconds(since: paths[index].checkedAt) < timeout,
            now.nanoseconds(since: selectedAt) >= Self.shortestStay
        else { return false }
        return select(index, at: now)
    }

    private mutating func select(_ index: Int, at now: MonotonicInstant) -> Bool {
        guard index != selectedIndex else { return false }
        selectedIndex = index
        selectedAt = now
        return true
    }

    private func index(of endpoint: Endpoint) -> Int? {
        var index = 0
        while index < count {
            if paths[index].endpoint.isSame(as: endpoint) { return index }
            index &+= 1
        }
        return nil
    }

    /// A free place, or that of the path that has been silent longest and is not the selected one.
    private func placeForNewcomer() -> Int {
        if count < Self.capacity { return count }
        var oldest = selectedIndex == 0 ? 1 : 0
        for index in 0..<count where index != selectedIndex {
            if paths[index].checkedAt < paths[oldest].checkedAt { oldest = index }
        }
        return oldest
    }
}

extension Endpoint {
    /// `==`, inlined: the one of another module is a call through a witness table.
    @inline(__always)
    internal func isSame(as other: Endpoint) -> Bool {
        high == other.high && low == other.low && port == other.port && socket == other.socket
            && isIPv6 == other.isIPv6
    }
}
