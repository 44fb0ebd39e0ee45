/// Hands out the places of one worker's table.
///
/// The generation grows at each reuse, so that an order for an earlier tenant is stale.
struct SlotAllocator {
    private var generations: [UInt32] = []
    private var free: [UInt32] = []
    private let capacity: Int
    private(set) var taken = 0

    init(capacity: Int) { self.capacity = capacity }

    var isFull: Bool { taken >= capacity }

    mutating func take() -> (index: UInt32, generation: UInt32)? {
        guard !isFull else { return nil }
        taken += 1
        if let index = free.popLast() {
            generations[Int(index)] &+= 1
            return (index, generations[Int(index)])
        }
        generations.append(1)
        return (UInt32(generations.count - 1), 1)
    }

    mutating func give(back index: UInt32) {
        taken -= 1
        free.append(index)
    }
}
