internal import RelayTypes

/// Moments at which somebody's patience changes, earliest first: a binary heap.
struct Alarms {
    struct Alarm {
        let due: MonotonicInstant
        let place: Place

        func isBefore(_ other: Alarm) -> Bool { (due, place) < (other.due, other.place) }
    }

    private var heap: [Alarm] = []

    var first: Alarm? { heap.first }

    mutating func insert(_ alarm: Alarm) {
        heap.append(alarm)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].isBefore(heap[parent]) else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    mutating func removeFirst() {
        guard let last = heap.popLast(), !heap.isEmpty else { return }
        heap[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && heap[child].isBefore(heap[least]) {
                least = child
            }
            guard least != parent else { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
