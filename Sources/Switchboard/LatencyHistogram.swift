/// Counts durations by fixed bounds, for Prometheus.
struct LatencyHistogram {
    /// Upper bounds in seconds; the last bucket has none.
    static let bounds: [Double] = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 1]

    private var counts = [UInt64](repeating: 0, count: bounds.count + 1)
    private(set) var sum: Double = 0

    mutating func record(nanoseconds: UInt64) {
        let seconds = Double(nanoseconds) / 1e9
        sum += seconds
        counts[Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count] += 1
    }

    /// Cumulative, the last bound being infinity.
    var buckets: [(upperBound: Double, count: UInt64)] {
        var total: UInt64 = 0
        return zip(Self.bounds + [.infinity], counts)
            .map { bound, count in
                total += count
                return (bound, total)
            }
    }
}
