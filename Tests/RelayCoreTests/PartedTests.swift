import MediaControl
import RelayCore
import RelayTypes
import Testing

@Suite("A leg tells what came when its pair had ended")
struct PartedTests {
    private func since(_ browser: TestBrowser, _ harness: Harness) throws -> SinceParted? {
        for case .legSnapshot(_, let leg) in try harness.order(.inspectLeg(browser.slot)) {
            return leg.sinceParted
        }
        Issue.record("no snapshot")
        return nil
    }

    @Test("authenticated media and feedback count, from the moment of the cut; what is forged does not")
    func counted() throws {
        let harness = try Harness()
        let (first, second) = (try TestBrowser(1), try TestBrowser(2))
        for browser in [first, second] { try harness.connect(browser) }
        #expect(try harness.send(.audio(1, ssrc: first.audio), from: first) == .dropped(.noPair))
        #expect(try since(first, harness) == nil, "there was no pair yet")
        let pair = try harness.pair(first, second)
        try harness.send(.audio(2, ssrc: first.audio), from: first)
        harness.advance(milliseconds: 40)
        _ = try harness.part(pair)
        let cutAt = harness.now
        harness.advance(milliseconds: 10)
        let genuine = try first.protect(.audio(3, ssrc: first.audio))
        #expect(try harness.send(genuine, from: first.endpoint) == .dropped(.noPair))
        #expect(try harness.send(.video(1, ssrc: first.video), from: first) == .dropped(.noPair))
        let feedback = RTCP.sourceDescription(of: first.audio)
        #expect(try harness.send(rtcp: feedback, from: first) == .dropped(.noPair))
        var forged = try first.protect(.audio(4, ssrc: first.audio))
        forged[forged.count - 1] ^= 1
        #expect(try harness.send(forged, from: first.endpoint) == .dropped(.srtpUnauthenticated))
        #expect(try harness.send(genuine, from: first.endpoint) == .dropped(.srtpReplayed))
        #expect(try since(first, harness) == SinceParted(at: cutAt, droppedPackets: 3))
        #expect(try since(second, harness) == SinceParted(at: cutAt, droppedPackets: 0))
    }

    @Test("the count stands still in the next pair, and begins anew at its end")
    func nextPair() throws {
        let harness = try Harness()
        let browsers = try (1...3).map { try TestBrowser($0) }
        for browser in browsers { try harness.connect(browser) }
        let first = browsers[0]
        _ = try harness.part(try harness.pair(first, browsers[1]))
        let cutAt = harness.now
        #expect(try harness.send(.audio(1, ssrc: first.audio), from: first) == .dropped(.noPair))
        harness.advance(milliseconds: 100)
        let pair = try harness.pair(first, browsers[2], generation: 2, gates: PairGates(all: .report))
        #expect(try harness.send(.audio(2, ssrc: first.audio), from: first) == .dropped(.held))
        #expect(try since(first, harness) == SinceParted(at: cutAt, droppedPackets: 1))
        harness.advance(milliseconds: 100)
        _ = try harness.part(pair)
        #expect(try since(first, harness) == SinceParted(at: harness.now, droppedPackets: 0))
        #expect(try since(browsers[1], harness) == SinceParted(at: cutAt, droppedPackets: 0))
    }

    @Test("closing one leg counts for the other")
    func closing() throws {
        let harness = try Harness()
        let (first, second) = (try TestBrowser(1), try TestBrowser(2))
        for browser in [first, second] { try harness.connect(browser) }
        _ = try harness.pair(first, second)
        try harness.order(.closeLeg(second.slot))
        #expect(try harness.send(.audio(1, ssrc: first.audio), from: first) == .dropped(.noPair))
        #expect(try since(first, harness) == SinceParted(at: harness.now, droppedPackets: 1))
    }
}
