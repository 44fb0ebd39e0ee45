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
    /// A number that only grows.
    package static func counter(_ name: String, _ value: UInt64, help: String) -> Self {
        Self(name, .counter, help: help, samples: [MetricSample(.whole(value))])
    }

    /// Numbers that only grow, one for each value of a label.
    ///
    /// - Parameter known: values that are shown even while nothing has been counted, so that a rate is defined
    ///   from the first event on.
    package static func counter(
        _ name: String, by label: String, _ values: [String: UInt64], known: [String] = [], help: String
    ) -> Self {
        let all = values.merging(known.map { ($0, 0) }) { counted, _ in counted }
        return Self(
            name, .counter, help: help,
            samples: all.sorted { $0.key < $1.key }
                .map { entry in
                    MetricSample(.whole(entry.value), labels: [.init(label, entry.key)])
                })
    }

    /// A number that goes up and down.
    package static func gauge(_ name: String, _ value: Double, help: String) -> Self {
        Self(name, .gauge, help: help, samples: [MetricSample(.real(value))])
    }

    /// A histogram whose buckets are already cumulative, in ascending order; the last bound is infinity.
    package static func histogram(
        _ name: String, buckets: [(upperBound: Double, count: UInt64)], sum: Double, help: String
    ) -> Self {
        var samples = buckets.map { bucket in
            MetricSample(
                .whole(bucket.count),
                labels: [.init("le", PrometheusText.number(bucket.upperBound))], suffix: "_bucket")
        }
        let count = buckets.last?.count ?? 0
        if buckets.last?.upperBound != .infinity {
            samples.append(MetricSample(.whole(count), labels: [.init("le", "+Inf")], suffix: "_bucket"))
        }
        samples.append(MetricSample(.real(sum), suffix: "_sum"))
        samples.append(MetricSample(.whole(count), suffix: "_count"))
        return Self(name, .histogram, help: help, samples: samples)
    }
}
