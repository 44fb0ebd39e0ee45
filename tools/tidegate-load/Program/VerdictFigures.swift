internal import Histogram

/// A distribution of times, in microseconds.
struct Distribution: Sendable, Equatable, Codable {
    var count: UInt64
    var p50: UInt64
    var p99: UInt64
    var p999: UInt64
    var max: UInt64
    /// Percentile and value, for the chart.
    var curve: [Point]

    struct Point: Sendable, Equatable, Codable {
        var percentile: Double
        var microseconds: UInt64
    }

    private static let percentiles: [Double] = [
        0, 10, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 99.95, 99.99, 100,
    ]

    /// - Returns: `nil` where nothing was measured.
    init?(_ histogram: Histogram<UInt64>?) {
        guard let histogram, histogram.totalCount > 0 else { return nil }
        count = histogram.totalCount
        p50 = histogram.valueAtPercentile(50)
        p99 = histogram.valueAtPercentile(99)
        p999 = histogram.valueAtPercentile(99.9)
        max = histogram.maxRecorded
        curve = Self.percentiles.map {
            Point(percentile: $0, microseconds: histogram.valueAtPercentile($0))
        }
    }

    /// "p50 1.2 ms, p99 …".
    var text: String {
        let values = [("p50", p50), ("p99", p99), ("p99.9", p999), ("max", max)]
        return values.map { "\($0) \(Figures.time(Double($1)))" }.joined(separator: ", ")
    }
}

/// The kinds of a verdict's numbers, as they are in the JSON.
extension Verdict {
    /// How the run was made.
    struct Run: Sendable, Equatable, Codable {
        var target: String
        var pairs: Int
        var seed: UInt64
        var mix: String
        var stay: String
        var ramp: Double
        var duration: Double
        var packetTime: Int
        var videoBitrate: Int
        var ice: String
        var threads: Int
        var consent: String
        /// When it began, RFC 3339.
        var began: String
        /// How long it lasted, in seconds.
        var lasted: Double
        /// Why it ended early; absent when it did not.
        var stopped: String?

        private enum CodingKeys: String, CodingKey {
            case target, pairs, seed, mix, stay, ramp, duration, ice, threads, consent, began, lasted, stopped
            case packetTime = "packet_time"
            case videoBitrate = "video_bitrate"
        }
    }

    struct Cuts: Sendable, Equatable, Codable {
        var reports: UInt64
        /// Reports after whose leaving not one more packet came.
        var nothingAfter: UInt64
        /// From the report's leaving to the last packet of the reported.
        var toLastPacket: Distribution?
        /// From the server's word that the pair is cut to the last packet of the reported: only where one came later.
        var afterAcknowledgement: Distribution?
        /// From the report's leaving to the server's word that the pair is cut.
        var toAcknowledgement: Distribution?
        /// From the report's leaving to `report_received`.
        var toDurable: Distribution?

        private enum CodingKeys: String, CodingKey {
            case reports
            case nothingAfter = "nothing_after"
            case toLastPacket = "to_last_packet"
            case afterAcknowledgement = "after_acknowledgement"
            case toAcknowledgement = "to_acknowledgement"
            case toDurable = "to_durable"
        }
    }

    struct SetUp: Sendable, Equatable, Codable {
        var legs: UInt64
        var failed: UInt64
        /// The most in one second.
        var legsPerSecond: Double
        var connected: Distribution?
        var matched: Distribution?
        var firstSound: Distribution?
        var firstPicture: Distribution?
        var nextToPicture: Distribution?
        var releaseToPicture: Distribution?

        private enum CodingKeys: String, CodingKey {
            case legs, failed, connected, matched
            case legsPerSecond = "legs_per_second"
            case firstSound = "first_sound"
            case firstPicture = "first_picture"
            case nextToPicture = "next_to_picture"
            case releaseToPicture = "release_to_picture"
        }
    }

    struct Steady: Sendable, Equatable, Codable {
        /// Seconds that were measured, after the ramp.
        var seconds: Double
        var sentPerSecond: Double
        var receivedPerSecond: Double
        var receivedBitsPerSecond: Double
        var sent: UInt64
        var received: UInt64
        var lost: UInt64
        var duplicated: UInt64
        var reordered: UInt64
        var oneWayDelay: Distribution?
        var jitter: Distribution?

        private enum CodingKeys: String, CodingKey {
            case seconds, sent, received, lost, duplicated, reordered, jitter
            case sentPerSecond = "sent_per_second"
            case receivedPerSecond = "received_per_second"
            case receivedBitsPerSecond = "received_bits_per_second"
            case oneWayDelay = "one_way_delay"
        }
    }

    struct Server: Sendable, Equatable, Codable {
        /// Of one core.
        var cpuShare: Double
        var forwarded: UInt64
        var received: UInt64
        /// Microseconds of CPU time for each packet that came.
        var cpuPerPacket: Double?
        var memoryAtSteady: Double
        var memoryAtEnd: Double
        var memoryMost: Double

        private enum CodingKeys: String, CodingKey {
            case forwarded, received
            case cpuShare = "cpu_share"
            case cpuPerPacket = "cpu_us_per_packet"
            case memoryAtSteady = "memory_bytes_at_steady"
            case memoryAtEnd = "memory_bytes_at_end"
            case memoryMost = "memory_bytes_most"
        }
    }

    struct Matching: Sendable, Equatable, Codable {
        var matches: UInt64
        var waits: Distribution?
        var stillWaiting: UInt64
        /// In microseconds, of those who were never matched as well.
        var longestWait: UInt64
        var repeatedPartners: UInt64
        var bandsMixed: UInt64

        private enum CodingKeys: String, CodingKey {
            case matches, waits
            case stillWaiting = "still_waiting"
            case longestWait = "longest_wait"
            case repeatedPartners = "repeated_partners"
            case bandsMixed = "bands_mixed"
        }
    }

    struct Cheat: Sendable, Equatable, Codable {
        var kind: String
        var tried: UInt64
        var refused: UInt64
        var through: UInt64
        /// Why it could not be tried.
        var impossible: String?
    }

    struct Tool: Sendable, Equatable, Codable {
        /// How late packets left.
        var lateness: Distribution?
        /// Of one core.
        var cpuShare: Double
        /// Whether the tool itself was too slow for the figures to mean anything.
        var wasBottleneck: Bool

        private enum CodingKeys: String, CodingKey {
            case lateness
            case cpuShare = "cpu_share"
            case wasBottleneck = "was_bottleneck"
        }
    }
}
