/// One metric with all its samples, as a scrape shows it.
package struct MetricFamily: Sendable, Equatable {
    /// What a scraper may do with the numbers.
    package enum Kind: String, Sendable {
        case counter, gauge, histogram
    }

    /// `tidegate_<noun>_<unit>`, and `_total` for counters.
    package let name: String
    /// One sentence.
    package let help: String
    package let kind: Kind
    package let samples: [MetricSample]

    package init(_ name: String, _ kind: Kind, help: String, samples: [MetricSample]) {
        self.name = name
        self.kind = kind
        self.help = help
        self.samples = samples
    }

    package init(_ name: MetricName, samples: [MetricSample]) {
        self.init(name.rawValue, name.kind, help: name.help, samples: samples)
    }
}

/// One number.
///
/// Labels come from closed enumerations, never from an identifier.
package struct MetricSample: Sendable, Equatable {
    package enum Number: Sendable, Equatable {
        case whole(UInt64)
        case real(Double)
    }

    /// What a histogram appends to the family's name; empty otherwise.
    package let suffix: String
    package let labels: [Label]
    package let number: Number

    package struct Label: Sendable, Equatable {
        package let name: String
        package let value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    package init(_ number: Number, labels: [Label] = [], suffix: String = "") {
        self.number = number
        self.labels = labels
        self.suffix = suffix
    }
}

extension MetricFamily {
    /// One number.
    package static func of(_ name: MetricName, _ value: UInt64) -> Self {
        Self(name, samples: [MetricSample(.whole(value))])
    }

    /// One number.
    package static func real(_ name: MetricName, _ value: Double) -> Self {
        Self(name, samples: [MetricSample(.real(value))])
    }

    /// One number for each value of a label, in the order of the values.
    ///
    /// - Parameter known: values that are shown even while nothing has been counted, so that a rate is defined
    ///   from the first event on.
    package static func of(
        _ name: MetricName, by label: String, _ values: [String: UInt64], known: [String] = []
    ) -> Self {
        let all = values.merging(known.map { ($0, 0) }) { counted, _ in counted }
        return Self(
            name,
            samples: all.sorted { $0.key < $1.key }
                .map { MetricSample(.whole($0.value), labels: [.init(label, $0.key)]) })
    }

    /// A histogram whose buckets are already cumulative, in ascending order.
    ///
    /// Where the last bound is not infinity, that bucket is added.
    package static func histogram(
        _ name: MetricName, buckets: [(upperBound: Double, count: UInt64)], sum: Double
    ) -> Self {
        Self(name, samples: histogram(buckets, sum, labels: []))
    }

    /// A histogram for each value of a label, in the order in which they are given.
    package static func histogram(
        _ name: MetricName, by label: String,
        _ each: [(value: String, buckets: [(upperBound: Double, count: UInt64)], sum: Double)]
    ) -> Self {
        Self(
            name,
            samples: each.flatMap { histogram($0.buckets, $0.sum, labels: [.init(label, $0.value)]) })
    }

    private static func histogram(
        _ buckets: [(upperBound: Double, count: UInt64)], _ sum: Double, labels: [MetricSample.Label]
    ) -> [MetricSample] {
        func bucket(_ bound: String, _ count: UInt64) -> MetricSample {
            MetricSample(.whole(count), labels: labels + [.init("le", bound)], suffix: "_bucket")
        }
        var samples = buckets.map { bucket(PrometheusText.number($0.upperBound), $0.count) }
        let count = buckets.last?.count ?? 0
        if buckets.last?.upperBound != .infinity { samples.append(bucket("+Inf", count)) }
        samples.append(MetricSample(.real(sum), labels: labels, suffix: "_sum"))
        samples.append(MetricSample(.whole(count), labels: labels, suffix: "_count"))
        return samples
    }
}
