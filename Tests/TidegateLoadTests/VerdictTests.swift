import Foundation
import FoundationXML
import Histogram
import LoadEngine
import Testing

@testable import tidegate_load

/// A run in which everything went well, to be spoilt by each test.
private func clean() -> Evidence {
    var measurements = Measurements()
    measurements.counters[.legsConnected] = 4
    measurements.connected.record(nanoseconds: 5_000_000)
    measurements.attempts[.forgedToken] = .init(tried: 2, refused: 2, through: 0)
    var timeline = Timeline()
    for second in 0...4 {
        var moment = Moment(at: Double(second))
        moment.sentPackets = UInt64(second) * 200
        moment.receivedPackets = UInt64(second) * 190
        moment.legsConnected = 4
        moment.serverCPU = Double(second) * 0.25
        moment.serverMemory = 50_000_000
        moment.serverReceived = Double(second) * 1_000
        moment.serverForwarded = Double(second) * 900
        moment.toolCPU = Double(second) * 0.1
        timeline.add(moment)
    }
    var tally = EngineTally()
    (tally.sentPackets, tally.receivedPackets, tally.receivedBytes) = (800, 760, 76_000)
    return Evidence(
        run: .init(
            target: "http://127.0.0.1:1", pairs: 2, seed: 1, mix: "stays=1", stay: "30", ramp: 1, duration: 3,
            packetTime: 20, videoBitrate: 0, ice: "light", threads: 1, consent: "all",
            began: "2026-01-01T00:00:00Z", lasted: 4),
        measurements: measurements, tally: tally, tallyAtSteady: EngineTally(), timeline: timeline,
        steadyFrom: 1, matches: 2, repeatedPartners: 0, bandsMixed: 0, stillWaiting: [], lastArrivals: [],
        impossible: [:], kinds: [.stays, .forgedToken], remarks: [], couldNotRun: false)
}

@Suite("The verdict: 0 clean, 1 not, 3 not to be had")
struct VerdictTests {
    @Test("a clean run is clean")
    func good() {
        let verdict = clean().verdict()
        #expect(verdict.isClean && verdict.exitStatus == 0)
        #expect(verdict.text.hasSuffix("CLEAN: 0 leaks, 0 cheats through, 0 repeated partners\n"))
    }

    @Test("one leak of any kind is 1", arguments: Leak.allCases)
    func leak(kind: Leak) {
        var evidence = clean()
        evidence.tally.leaks[kind] = 1
        #expect(evidence.verdict().exitStatus == 1)
        var chat = clean()
        chat.measurements.leakChat(kind)
        #expect(chat.verdict().exitStatus == 1)
        #expect(chat.verdict().text.contains("chat_\(kind.rawValue) 1"))
    }

    @Test("a cheat that got through, a repeated partner, a match across bands are 1 each")
    func wrong() {
        var breach = clean()
        breach.measurements.breach(.forgedToken, "taken")
        var again = clean()
        again.repeatedPartners = 1
        var bands = clean()
        bands.bandsMixed = 1
        for evidence in [breach, again, bands] {
            #expect(evidence.verdict().exitStatus == 1)
            #expect(evidence.verdict().text.contains("NOT CLEAN"))
        }
    }

    @Test("packets of unknown sources and second copies that arrive are cheats through")
    func media() {
        for kind in [Kind.unknownSource, .replay] {
            var evidence = clean()
            evidence.measurements.attempts[kind] = .init(tried: 3)
            #expect(evidence.verdict().exitStatus == 0)
            #expect(evidence.verdict().cheats.first { $0.kind == kind.rawValue }?.refused == 3)
            evidence.tally.unannouncedPackets = kind == .unknownSource ? 2 : 0
            evidence.tally.duplicatedPackets = kind == .replay ? 2 : 0
            #expect(evidence.verdict().exitStatus == 1)
        }
        var repaired = clean()
        repaired.measurements.attempts[.replay] = .init(tried: 3)
        (repaired.tally.duplicatedPackets, repaired.tally.retransmissionsSent) = (2, 2)
        #expect(repaired.verdict().exitStatus == 0, "a repaired packet that turns up after all is no cheat")
    }

    @Test("a run that could not be made is 3, unless it has found something")
    func broken() {
        var evidence = clean()
        evidence.couldNotRun = true
        #expect(evidence.verdict().exitStatus == 3)
        evidence.tally.leaks[.held] = 1
        #expect(evidence.verdict().exitStatus == 1)
    }

    @Test(
        "a cut is measured to the last packet that came, and from the server's word only where one came later"
    )
    func cuts() {
        var evidence = clean()
        func report(_ left: UInt64, told: UInt64?, durable: UInt64?) -> Measurements.Report {
            var report = Measurements.Report(pair: 1, reported: PeerNumber(1), leftAt: left)
            (report.cutToldAt, report.receivedAt) = (told, durable)
            return report
        }
        evidence.measurements.reports = [
            report(1_000_000, told: 3_000_000, durable: 9_000_000),
            report(1_000_000, told: 3_000_000, durable: nil),
            report(1_000_000, told: 2_000_000, durable: nil),
            report(1_000_000, told: nil, durable: nil),
        ]
        evidence.lastArrivals = [1_500_000, 900_000, 2_250_000, 0]
        let cuts = evidence.verdict().cuts
        #expect(cuts.reports == 4 && cuts.nothingAfter == 2)
        #expect(cuts.toLastPacket?.count == 4 && cuts.toLastPacket?.max == 1_250)
        #expect(cuts.afterAcknowledgement?.count == 1 && cuts.afterAcknowledgement?.max == 250)
        #expect(cuts.toAcknowledgement?.count == 3 && cuts.toAcknowledgement?.max == 2_000)
        #expect(cuts.toDurable?.count == 1)
    }

    @Test("rates are of the time after the ramp")
    func steady() {
        var evidence = clean()
        evidence.tallyAtSteady.sentPackets = 200
        evidence.tallyAtSteady.receivedPackets = 190
        let verdict = evidence.verdict()
        #expect(verdict.steady.sentPerSecond == 200 && verdict.steady.receivedPerSecond == 190)
        let server = verdict.server
        #expect(server?.cpuShare == 0.25 && server?.received == 3_000 && server?.forwarded == 2_700)
        #expect(server?.cpuPerPacket == 250)
    }

    @Test("a server that began anew does not count backwards")
    func restart() {
        var evidence = clean()
        var moment = Moment(at: 5)
        (moment.serverCPU, moment.serverReceived, moment.serverForwarded) = (0.1, 10, 5)
        evidence.timeline.add(moment)
        let server = evidence.verdict().server
        #expect(server?.received == 10 && server?.forwarded == 5)
        #expect(evidence.timeline.rates(\.serverReceived).allSatisfy { $0.rate >= 0 })
    }

    @Test("without the admin API the server's figures are missing, and nothing else")
    func noAdmin() {
        var evidence = clean()
        evidence.timeline = Timeline()
        evidence.timeline.add(Moment(at: 0))
        let verdict = evidence.verdict()
        #expect(verdict.server == nil && verdict.exitStatus == 0)
        #expect(verdict.text.contains("not known without --admin"))
    }

    @Test("the longest wait is of those who wait still, too")
    func waiting() {
        var evidence = clean()
        evidence.measurements.waits.record(nanoseconds: 1_000_000)
        evidence.stillWaiting = [5_000_000, 2_000_000]
        let matching = evidence.verdict().matching
        #expect(matching.longestWait == 5_000 && matching.stillWaiting == 2)
    }

    @Test("a tool that was late says so")
    func late() {
        var evidence = clean()
        var lateness = Measurements.timer()
        lateness.record(nanoseconds: 50_000_000)
        evidence.tally.lateness = lateness
        #expect(evidence.verdict().tool.wasBottleneck)
        #expect(evidence.verdict().text.contains("the tool itself was late"))
        #expect(evidence.verdict().exitStatus == 0, "late is not leaky")
    }

    @Test("the JSON is the same for the same evidence, and gives the same verdict again")
    func json() throws {
        let data = try clean().verdict().json()
        #expect(try clean().verdict().json() == data)
        let again = try JSONDecoder().decode(Verdict.self, from: data)
        #expect(try again.json() == data)
        let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        for name in [
            "version", "run", "leaks", "cuts", "set_up", "steady", "server", "matching", "cheats", "tool",
        ] {
            #expect(object[name] != nil, "\(name)")
        }
    }

    @Test("the text is at most 80 columns wide")
    func width() {
        var evidence = clean()
        evidence.run.mix = Mix(argument: "hostile")?.text ?? ""
        evidence.measurements.surprise("error bad_message: " + String(repeating: "a word and ", count: 20))
        evidence.remarks = [String(repeating: "something to know, ", count: 12)]
        evidence.impossible[.expiredToken] = "the server's development issuer makes no expired tokens"
        evidence.kinds = Set(Kind.allCases)
        for line in evidence.verdict().text.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
    }
}

@Suite("The verdict as a page")
struct PageTests {
    private func page() -> String {
        var evidence = clean()
        var delay = Measurements.timer()
        for value in 1...1_000 { delay.record(nanoseconds: UInt64(value) * 10_000) }
        evidence.tally.oneWayDelay = delay
        evidence.run.target = "http://<script>&\"'"
        evidence.measurements.surprise("<img> & \u{1}")
        return evidence.verdict().html
    }

    @Test("is well formed")
    func wellFormed() {
        let parser = XMLParser(data: Data(page().utf8))
        #expect(parser.parse(), "\(String(describing: parser.parserError)) in line \(parser.lineNumber)")
    }

    @Test("needs nothing from elsewhere, and runs nothing")
    func selfContained() {
        let page = page().lowercased()
        for word in ["<script", "src=", "href=", "url(", "@import", "<link", "<iframe", "<img"] {
            #expect(!page.contains(word), "\(word)")
        }
    }

    @Test("has a chart for what was measured, and is readable in light and dark")
    func charts() {
        let page = page()
        #expect(page.components(separatedBy: "<svg").count > 5)
        #expect(page.contains("prefers-color-scheme:dark") && page.contains("color-scheme"))
        #expect(page.contains("One-way delay"))
        #expect(!page.contains("Cut after a report, in ms</figcaption>"), "nobody reported")
        #expect(!page.contains("NaN") && !page.contains("inf"))
    }

    @Test("an axis ends at a round number not below the highest value")
    func axis() {
        for value in [0.001, 0.9, 1, 1.1, 3, 9.99, 10, 77, 1_234, 99_999.5] {
            let most = Chart.niceMost(value)
            #expect(most >= value && most <= value * 2.5, "\(value) gives \(most)")
        }
        #expect(Chart.niceMost(0) == 1)
    }
}

@Suite("What the server says of itself")
struct FiguresTests {
    @Test("counters with labels are summed, comments and nonsense are passed over")
    func prometheus() throws {
        let figures = try #require(
            ServerFigures(
                prometheus: """
                    # HELP tidegate_dropped_packets_total x
                    tidegate_dropped_packets_total{reason="held"} 3
                    tidegate_dropped_packets_total{reason="replayed"} 4
                    tidegate_forwarded_packets_total 100
                    process_cpu_seconds_total 1.5
                    nonsense
                    tidegate_legs x
                    """))
        #expect(figures.droppedPackets == 7 && figures.forwardedPackets == 100 && figures.cpuSeconds == 1.5)
        #expect(figures.legs == 0)
        #expect(ServerFigures(prometheus: "process_cpu_seconds_total 1") == nil, "another program")
    }

    @Test(
        "numbers as people read them",
        arguments: [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] as [(UInt64, String)])
    func grouped(value: UInt64, text: String) {
        #expect(Figures.grouped(value) == text)
    }

    @Test("limits of the machine are sentences that say how to raise them")
    func limits() throws {
        let machine = MachineLimits(descriptors: 1_024, ports: 1_000)
        try machine.require(people: 200, usesFullICE: false)
        let files = #expect(throws: LoadFailure.self) { try machine.require(people: 600, usesFullICE: false) }
        #expect(files?.sentence.contains("ulimit -n 1264") == true && files?.exitStatus == 3)
        let ports = #expect(throws: LoadFailure.self) {
            try MachineLimits(descriptors: 100_000, ports: 1_000).require(people: 1_000, usesFullICE: false)
        }
        #expect(ports?.sentence.contains("ip_local_port_range") == true)
    }
}
