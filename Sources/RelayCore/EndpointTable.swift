internal import CPrefetch
package import RelayTypes

/// Source address to leg: open addressing with linear probing in memory that is allocated once.
///
/// Only an authenticated binding request puts an address in, so a stranger cannot fill it. The hash is seeded, so that
/// nobody can choose addresses that collide. At most half of the cells are ever used: a search ends after about two.
@safe
package struct EndpointTable: ~Copyable {
    private struct Cell: BitwiseCopyable {
        var endpoint: Endpoint
        var leg: UInt32
    }

    /// Marks an empty cell; no leg has this index.
    private static let free = UInt32.max

    /// Addresses that fit in.
    package let capacity: Int
    /// Addresses in it.
    package private(set) var count = 0
    private let mask: Int
    private let seed: UInt64
    private let cells: UnsafeMutablePointer<Cell>

    /// - Parameter seed: a secret of this process.
    /// - Precondition: `capacity` is at least 1.
    package init(capacity: Int, seed: UInt64) {
        precondition(capacity > 0, "an endpoint table has room for one address at least")
        var size = 8
        while size < capacity * 2 { size *= 2 }
        self.capacity = capacity
        self.seed = seed
        mask = size - 1
        unsafe cells = .allocate(capacity: size)
        let empty = Cell(endpoint: Endpoint(ipv4: 0, port: 0), leg: Self.free)
        unsafe cells.initialize(repeating: empty, count: size)
    }

    deinit { unsafe cells.deallocate() }

    /// The leg that an address belongs to.
    ///
    /// - Complexity: constant on average, no allocation.
    @inline(__always)
    package borrowing func leg(at endpoint: Endpoint) -> Int? {
        let place = find(endpoint)
        let leg = unsafe cells[place].leg
        return leg == Self.free ? nil : Int(leg)
    }

    /// Asks for the place of an address to be in the cache when it is looked up.
    @inline(__always)
    internal borrowing func fetch(_ endpoint: Endpoint) {
        unsafe cprefetch(cells + place(of: endpoint), MemoryLayout<Cell>.size)
    }

    /// Gives an address to a leg, whoever had it before.
    ///
    /// - Returns: `false` when the table is full.
    @discardableResult
    package mutating func insert(_ endpoint: Endpoint, leg: Int) -> Bool {
        let place = find(endpoint)
        if unsafe cells[place].leg == Self.free {
            guard count < capacity else { return false }
            count += 1
        }
        unsafe cells[place] = Cell(endpoint: endpoint, leg: UInt32(truncatingIfNeeded: leg))
        return true
    }

    /// Forgets an address.
    ///
    /// Cells behind it move up, so that no gravestone slows later searches.
    package mutating func remove(_ endpoint: Endpoint) {
        var hole = find(endpoint)
        guard unsafe cells[hole].leg != Self.free else { return }
        count -= 1
        var next = (hole &+ 1) & mask
        while unsafe cells[next].leg != Self.free {
            let home = unsafe place(of: cells[next].endpoint)
            // Moves up unless its home lies behind the hole, on the way to where it is.
            if (next &- home) & mask >= (next &- hole) & mask {
                unsafe cells[hole] = cells[next]
                hole = next
            }
            next = (next &+ 1) & mask
        }
        unsafe cells[hole].leg = Self.free
    }

    /// The cell of `endpoint`, or the free one where it would go.
    ///
    /// Ends because half of the cells are free.
    @inline(__always)
    private borrowing func find(_ endpoint: Endpoint) -> Int {
        var place = place(of: endpoint)
        while unsafe cells[place].leg != Self.free, unsafe !cells[place].endpoint.isSame(as: endpoint) {
            place = (place &+ 1) & mask
        }
        return place
    }

    /// Where a search for `endpoint` starts: multiply and fold, as in Wang Yi's wyhash.
    @inline(__always)
    private borrowing func place(of endpoint: Endpoint) -> Int {
        let rest = UInt64(endpoint.port) << 16 | UInt64(endpoint.socket) << 1 | (endpoint.isIPv6 ? 1 : 0)
        let first = Self.fold(endpoint.high ^ seed, endpoint.low ^ 0xa076_1d64_78bd_642f)
        let second = Self.fold(first ^ rest, seed ^ 0xe703_7ed1_a0b4_28db)
        return Int(truncatingIfNeeded: second) & mask
    }

    @inline(__always)
    private static func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }
}
