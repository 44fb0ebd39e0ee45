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
            MetricFamily(.matches, samples: [MetricSample(.whole(7))]), .of(.waitingPeers, 2),
        ])
        #expect(
            page == """
                # HELP tidegate_matches_total Pairs made.
                # TYPE tidegate_matches_total counter
                tidegate_matches_total 7
                # HELP tidegate_waiting_peers Peers that wait for a partner.
                # TYPE tidegate_waiting_peers gauge
                tidegate_waiting_peers 2

                """)
    }

    @Test("the page ends with a line feed, and an empty family is left out")
    func emptyFamily() {
        #expect(PrometheusText.render([]).isEmpty)
        #expect(PrometheusText.render([MetricFamily("a", .gauge, help: "b", samples: [])]).isEmpty)
        #expect(PrometheusText.render([.real(.ready, 0.5)]).hasSuffix("tidegate_ready 0.5\n"))
    }

    @Test(
        "hostile label values come back as they were",
        arguments: ["", "a\"b", "back\\slash", "line\nfeed", "\\n", "å,}"])
    func labelEscaping(value: String) throws {
        let page = PrometheusText.render([.of(.decisions, by: "reason", [value: 3])])
        let samples = try ScrapedSample.all(in: page)
        #expect(samples == [ScrapedSample("tidegate_decisions_total", ["reason": value], 3)])
    }

    @Test("a help text stays on its line")
    func helpEscaping() {
        let family = MetricFamily(
            "x", .gauge, help: "a\nb \\ \"c\"", samples: [MetricSample(.whole(1))])
        let page = PrometheusText.render([family])
        #expect(page.hasPrefix("# HELP x a\\nb \\\\ \"c\"\n# TYPE"))
    }

    @Test("known label values are shown before anything was counted, in a fixed order")
    func knownValues() throws {
        let page = PrometheusText.render([
            .of(.decisions, by: "reason", ["held": 2], known: ["replayed", "held", "aged"])
        ])
        let samples = try ScrapedSample.all(in: page)
        #expect(samples.map { $0.labels["reason"] } == ["aged", "held", "replayed"])
        #expect(samples.map(\.value) == [0, 2, 0])
    }

    @Test("a histogram has cumulative buckets up to +Inf, a sum and a count")
    func histogram() throws {
        let page = PrometheusText.render([
            .histogram(.cutLatency, buckets: [(0.001, 1), (0.01, 4), (.infinity, 5)], sum: 0.25)
        ])
        let samples = try ScrapedSample.all(in: page)
        #expect(
            samples.map { $0.name.dropFirst("tidegate_cut_latency_seconds_".count) } == [
                "bucket", "bucket", "bucket", "sum", "count",
            ])
        #expect(samples.compactMap { $0.labels["le"] } == ["0.001", "0.01", "+Inf"])
        #expect(samples.map(\.value) == [1, 4, 5, 0.25, 5])
    }

    @Test("a histogram whose last bound is not infinity gets the missing bucket")
    func openHistogram() throws {
        let page = PrometheusText.render([.histogram(.cutLatency, buckets: [(1, 2)], sum: 1)])
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
        for name in [
            "process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds",
            "process_max_fds",
        ] {
            #expect(page.contains("\n\(name) ") || page.contains("# TYPE \(name) "))
        }
    }
}

@Suite("The list of metrics")
struct MetricNameTests {
    @Test("every name is spelt as Prometheus wants it, and every help is a sentence")
    func names() {
        for name in MetricName.allCases {
            #expect(name.rawValue.allSatisfy { $0 == "_" || ("a"..."z").contains($0) }, "\(name)")
            #expect(name.rawValue.hasPrefix("tidegate_") || name.rawValue.hasPrefix("process_"), "\(name)")
            #expect((name.kind == .counter) == name.rawValue.hasSuffix("_total"), "\(name)")
            #expect(name.help.hasSuffix("."), "\(name)")
        }
        #expect(Set(MetricName.allCases.map(\.help)).count == MetricName.allCases.count)
    }
}
