import RelayTypes

/// What is due when.
///
/// Entries are not removed: whoever takes one checks whether it still matters.
struct DeadlineQueue<Item> {
    private var heap: [(due: MonotonicInstant, item: Item)] = []

    mutating func add(_ item: Item, at due: MonotonicInstant) {
        heap.append((due, item))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].due < heap[parent].due else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    /// The earliest item that is due, or `nil`.
    mutating func take(at now: MonotonicInstant) -> Item? {
        guard let first = heap.first, first.due <= now else { return nil }
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            var smallest = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && heap[child].due < heap[smallest].due {
                smallest = child
            }
            guard smallest != parent else { break }
            heap.swapAt(parent, smallest)
            parent = smallest
        }
        return first.item
    }
}
