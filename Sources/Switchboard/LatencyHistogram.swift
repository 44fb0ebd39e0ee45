/// Counts durations by fixed bounds, for Prometheus.
struct LatencyHistogram {
    /// Upper bounds in seconds for what a machine does; the last bucket has none.
    static let machine: [Double] = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 1]
    /// Upper bounds in seconds for what people wait for.
    static let people: [Double] = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]

    private let bounds: [Double]
    private var counts: [UInt64]
    private(set) var sum: Double = 0

    init(bounds: [Double] = Self.machine) {
        self.bounds = bounds
        counts = [UInt64](repeating: 0, count: bounds.count + 1)
    }

    mutating func record(nanoseconds: UInt64) {
        let seconds = Double(nanoseconds) / 1e9
        sum += seconds
        counts[bounds.firstIndex { seconds <= $0 } ?? bounds.count] += 1
    }

    /// For `GET /metrics`.
    var durations: Durations {
        var total: UInt64 = 0
        let buckets = zip(bounds + [.infinity], counts)
            .map { bound, count in
                total += count
                return Durations.Bucket(upperBound: bound, count: total)
            }
        return Durations(buckets: buckets, sum: sum)
    }
}

/// How long something took, each time that it was done.
package struct Durations: Sendable, Equatable {
    package struct Bucket: Sendable, Equatable {
        /// In seconds.
        package let upperBound: Double
        /// Of all buckets up to this one.
        package let count: UInt64

        package init(upperBound: Double, count: UInt64) {
            self.upperBound = upperBound
            self.count = count
        }
    }

    /// In ascending order; the last bound is infinity.
    package var buckets: [Bucket]
    /// In seconds.
    package var sum: Double

    package init(buckets: [Bucket] = [], sum: Double = 0) {
        self.buckets = buckets
        self.sum = sum
    }
}
