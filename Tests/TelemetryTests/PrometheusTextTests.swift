import Telemetry
import Testing

/// One line of a scrape, taken apart again.
private struct ScrapedSample: Equatable {
    var name: String
    var labels: [String: String]
    var value: Double?

    /// A small reader of the text format, written from its description and not from the writer.
    init?(line: Substring) {
        var rest = line
        name = String(rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == ":" })
        guard let first = name.first, !first.isNumber else { return nil }
        rest.removeFirst(name.count)
        labels = [:]
        if rest.first == "{" {
            rest.removeFirst()
            while rest.first != "}" {
                let label = String(rest.prefix { $0 != "=" })
                rest.removeFirst(label.count)
                guard rest.hasPrefix("=\"") else { return nil }
                rest.removeFirst(2)
                var value = ""
                while let character = rest.first, character != "\"" {
                    rest.removeFirst()
                    guard character == "\\" else {
                        value.append(character)
                        continue
                    }
                    switch rest.popFirst() {
                    case "n": value.append("\n")
                    case "\\": value.append("\\")
                    case "\"": value.append("\"")
                    default: return nil
                    }
                }
                guard rest.popFirst() == "\"" else { return nil }
                labels[label] = value
                if rest.first == "," { rest.removeFirst() }
                if rest.isEmpty { return nil }
            }
            rest.removeFirst()
        }
        guard rest.popFirst() == " " else { return nil }
        switch rest {
        case "+Inf": value = .infinity
        case "-Inf": value = -.infinity
        case "NaN": value = nil
        default:
            guard let number = Double(rest) else { return nil }
            value = number
        }
    }

    static func all(in page: String) throws -> [ScrapedSample] {
        try page.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { try #require(Self(line: $0)) }
    }
}

@Suite("A scrape is Prometheus text, version 0.0.4")
struct PrometheusTextTests {
    @Test("a family is a help line, a type line and its samples")
    func shape() {
        let page = PrometheusText.render([
            .counter("tidegate_matches_total", 7, help: "Pairs made."),
            .gauge("tidegate_peers", 2, help: "Peers now."),
        ])
        #expect(
            page == """
                # HELP tidegate_matches_total Pairs made.
                # TYPE tidegate_matches_total counter
                tidegate_matches_total 7
                # HELP tidegate_peers Peers now.
                # TYPE tidegate_peers gauge
                tidegate_peers 2

                """)
    }

    @Test("the page ends with a line feed, and an empty family is left out")
    func emptyFamily() {
        #expect(PrometheusText.render([]).isEmpty)
        #expect(PrometheusText.render([MetricFamily("a", .gauge, help: "b", samples: [])]).isEmpty)
        #expect(PrometheusText.render([.gauge("a", 0.5, help: "b")]).hasSuffix("a 0.5\n"))
    }

    @Test(
        "hostile label values come back as they were",
        arguments: ["", "a\"b", "back\\slash", "line\nfeed", "\\n", "å,}"])
    func labelEscaping(value: String) throws {
        let page = PrometheusText.render([.counter("x_total", by: "reason", [value: 3], help: "h")])
        let samples = try ScrapedSample.all(in: page)
        #expect(samples == [ScrapedSample("x_total", ["reason": value], 3)])
    }

    @Test("a help text stays on its line")
    func helpEscaping() {
        let page = PrometheusText.render([.gauge("x", 1, help: "a\nb \\ \"c\"")])
        #expect(page.hasPrefix("# HELP x a\\nb \\\\ \"c\"\n# TYPE"))
    }

    @Test("known label values are shown before anything was counted, in a fixed order")
    func knownValues() throws {
        let page = PrometheusText.render([
            .counter("x_total", by: "reason", ["held": 2], known: ["replayed", "held", "aged"], help: "h")
        ])
        let samples = try ScrapedSample.all(in: page)
        #expect(samples.map { $0.labels["reason"] } == ["aged", "held", "replayed"])
        #expect(samples.map(\.value) == [0, 2, 0])
    }

    @Test("a histogram has cumulative buckets up to +Inf, a sum and a count")
    func histogram() throws {
        let page = PrometheusText.render([
            .histogram("x_seconds", buckets: [(0.001, 1), (0.01, 4), (.infinity, 5)], sum: 0.25, help: "h")
        ])
        let samples = try ScrapedSample.all(in: page)
        #expect(
            samples.map(\.name) == [
                "x_seconds_bucket", "x_seconds_bucket", "x_seconds_bucket", "x_seconds_sum",
                "x_seconds_count",
            ])
        #expect(samples.compactMap { $0.labels["le"] } == ["0.001", "0.01", "+Inf"])
        #expect(samples.map(\.value) == [1, 4, 5, 0.25, 5])
    }

    @Test("a histogram whose last bound is not infinity gets the missing bucket")
    func openHistogram() throws {
        let page = PrometheusText.render([.histogram("x", buckets: [(1, 2)], sum: 1, help: "h")])
        #expect(try ScrapedSample.all(in: page).compactMap { $0.labels["le"] } == ["1", "+Inf"])
    }

    @Test(
        "numbers are spelt as the format wants",
        arguments: [
            (0, "0"), (1, "1"), (-3, "-3"), (0.5, "0.5"), (.infinity, "+Inf"), (-.infinity, "-Inf"),
            (.nan, "NaN"),
        ] as [(Double, String)])
    func numbers(value: Double, text: String) {
        #expect(PrometheusText.number(value) == text)
    }
}

extension ScrapedSample {
    fileprivate init(_ name: String, _ labels: [String: String], _ value: Double) {
        self.name = name
        self.labels = labels
        self.value = value
    }
}

@Suite("The process tells what it takes")
struct ProcessUsageTests {
    @Test("CPU time, memory and descriptors are there and positive")
    func now() throws {
        let usage = ProcessUsage.now()
        #expect(usage.cpuSeconds > 0)
        #expect(try #require(usage.residentBytes) > 1_000_000)
        #expect(try #require(usage.openDescriptors) >= 3)
        let page = PrometheusText.render(usage.families)
        for name in ["process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds"] {
            #expect(page.contains("\n\(name) ") || page.contains("# TYPE \(name) "))
        }
    }
}
