/// Room for one value of each peer of a thread: allocated once, filled and emptied in place.
struct SlotStore<Value: ~Copyable>: ~Copyable {
    private let values: UnsafeMutablePointer<Value>
    private let isFilled: UnsafeMutablePointer<Bool>
    private let count: Int

    init(count: Int) {
        self.count = count
        values = .allocate(capacity: max(1, count))
        isFilled = .allocate(capacity: max(1, count))
        isFilled.initialize(repeating: false, count: count)
    }

    deinit {
        for slot in 0..<count where isFilled[slot] { (values + slot).deinitialize(count: 1) }
        values.deallocate()
        isFilled.deallocate()
    }

    mutating func fill(_ slot: Int, _ value: consuming Value) {
        clear(slot)
        (values + slot).initialize(to: value)
        isFilled[slot] = true
    }

    mutating func clear(_ slot: Int) {
        guard isFilled[slot] else { return }
        isFilled[slot] = false
        (values + slot).deinitialize(count: 1)
    }

    /// Where the slot's value is, good until it is cleared; `nil` when there is none.
    @inline(__always)
    subscript(slot: Int) -> UnsafeMutablePointer<Value>? { isFilled[slot] ? values + slot : nil }
}
