internal import CPrefetch

/// A fixed number of places for values that cannot be copied, allocated once.
///
/// A place is named by index and generation, so that a name which comes late cannot touch the next tenant. The
/// generation is the tenant's, given when it moves in. Elements are used in place: a subscript lends, never copies.
///
/// This is the only unsafe code behind legs and pairs. Every index is checked.
@safe
@usableFromInline package struct SlotTable<Element: ~Copyable>: ~Copyable {
    /// Places, free and taken.
    @usableFromInline package let capacity: Int
    /// Places that are taken.
    @usableFromInline package private(set) var count = 0
    @usableFromInline internal let elements: UnsafeMutablePointer<Element>
    @usableFromInline internal let generations: UnsafeMutablePointer<UInt32>
    @usableFromInline internal let taken: UnsafeMutablePointer<Bool>

    /// - Precondition: `capacity` is at least 1.
    package init(capacity: Int) {
        precondition(capacity > 0, "a slot table has at least one place")
        self.capacity = capacity
        unsafe elements = .allocate(capacity: capacity)
        unsafe generations = .allocate(capacity: capacity)
        unsafe taken = .allocate(capacity: capacity)
        unsafe generations.initialize(repeating: 0, count: capacity)
        unsafe taken.initialize(repeating: false, count: capacity)
    }

    deinit {
        for index in 0..<capacity where unsafe taken[index] {
            unsafe (elements + index).deinitialize(count: 1)
        }
        unsafe elements.deallocate()
        unsafe generations.deallocate()
        unsafe taken.deallocate()
    }

    /// Whether somebody lives at `index`.
    @inlinable @inline(__always)
    package borrowing func isTaken(_ index: Int) -> Bool {
        guard index >= 0, index < capacity else { return false }
        return unsafe taken[index]
    }

    /// The index of a tenant, or `nil` when the place is free, is another tenant's, or does not exist.
    @inlinable @inline(__always)
    package borrowing func index(of index: UInt32, generation: UInt32) -> Int? {
        let place = Int(index)
        guard isTaken(place), unsafe generations[place] == generation else { return nil }
        return place
    }

    /// The generation of the tenant at `index`.
    package borrowing func generation(at index: Int) -> UInt32 {
        precondition(isTaken(index), "no tenant in this slot")
        return unsafe generations[index]
    }

    /// Moves a tenant in.
    ///
    /// - Precondition: the place exists and is free: see ``isTaken(_:)`` and ``capacity``.
    package mutating func insert(_ element: consuming Element, at index: Int, generation: UInt32) {
        precondition(index >= 0 && index < capacity && !isTaken(index), "the slot is not free")
        unsafe (elements + index).initialize(to: element)
        unsafe generations[index] = generation
        unsafe taken[index] = true
        count += 1
    }

    /// Moves a tenant out.
    ///
    /// - Precondition: there is one.
    package mutating func remove(at index: Int) -> Element {
        precondition(isTaken(index), "no tenant in this slot")
        unsafe taken[index] = false
        count -= 1
        return unsafe (elements + index).move()
    }

    /// Asks for the first bytes of a tenant to be in the cache when it is used.
    @inline(__always)
    internal borrowing func fetch(_ index: Int, bytes: Int) {
        guard index >= 0, index < capacity else { return }
        unsafe cprefetch(elements + index, bytes)
    }

    /// Lends the tenant at `index`, in place.
    ///
    /// By address: a coroutine would copy what is bitwise copyable for every read of one field.
    ///
    /// - Precondition: there is one.
    @inlinable
    package subscript(index: Int) -> Element {
        @inline(__always)
        unsafeAddress {
            precondition(isTaken(index), "no tenant in this slot")
            return unsafe UnsafePointer(elements + index)
        }
        @inline(__always)
        unsafeMutableAddress {
            precondition(isTaken(index), "no tenant in this slot")
            return unsafe elements + index
        }
    }
}
