import MediaControl
import RelayCore
import RelayTypes
import Testing

@Suite("A key frame is asked for when a video gate opens (RFC 4585 §6.3.1)")
struct KeyFrameTests {
    private func requests(_ browser: TestBrowser) -> Int { browser.feedback.filter(RTCP.isPictureLoss).count }

    @Test("at once, then every 300 ms, until one passes; delta frames wait")
    func repeats() throws {
        let harness = try Harness()
        let (first, second) = (try TestBrowser(1), try TestBrowser(2))
        try harness.connect(first)
        try harness.connect(second)
        let pair = try harness.pair(first, second, gates: PairGates(all: .ageSelf))
        try harness.send(.video(1, ssrc: first.video), from: first)
        #expect(requests(first) == 0, "held: nobody needs one")
        try harness.order(.setGates(pair, Harness.open))
        #expect(requests(first) == 1)
        #expect(RTCP.mediaSource(try #require(first.feedback.last)) == first.video)
        #expect(requests(second) == 0, "its SSRC is not known yet")

        for step in 1...29 as ClosedRange<UInt16> {
            harness.advance(milliseconds: 20)
            try harness.fireTimers()
            try harness.send(.video(1 + step, ssrc: first.video), from: first)
        }
        #expect(requests(first) == 2, "580 ms")
        #expect(second.media.isEmpty, "no smear")
        harness.advance(milliseconds: 20)
        try harness.fireTimers()
        #expect(requests(first) == 3, "600 ms")

        try harness.send(.video(40, ssrc: first.video, isKey: true), from: first)
        #expect(second.media.count == 1)
        for _ in 0..<100 {
            harness.advance(milliseconds: 20)
            try harness.fireTimers()
        }
        #expect(requests(first) == 3, "satisfied")
        let tally = try harness.part(pair)
        #expect(tally.first.dropped[.beforeSplice] == 29)
    }

    @Test("of a sender that is silent as soon as its first packet comes")
    func lateSender() throws {
        let harness = try Harness()
        let (first, second) = (try TestBrowser(1), try TestBrowser(2))
        try harness.connect(first)
        try harness.connect(second)
        _ = try harness.pair(first, second)
        #expect(requests(first) == 0)
        harness.advance(milliseconds: 5_000)
        try harness.send(.video(1, ssrc: first.video), from: first)
        #expect(requests(first) == 1)
    }

    @Test("a gate that flaps does not make a browser drown in requests")
    func limited() throws {
        let harness = try Harness()
        let (first, second) = (try TestBrowser(1), try TestBrowser(2))
        try harness.connect(first)
        try harness.connect(second)
        let pair = try harness.pair(first, second)
        try harness.send(.video(1, ssrc: first.video), from: first)
        for _ in 0..<50 {
            try harness.order(.setGates(pair, PairGates(all: .risk)))
            try harness.order(.setGates(pair, Harness.open))
            harness.advance(milliseconds: 1)
            try harness.fireTimers()
        }
        #expect(requests(first) == 1)
        harness.advance(milliseconds: 300)
        try harness.fireTimers()
        #expect(requests(first) == 2, "the opening is not forgotten")
    }

    @Test("a shut gate asks for nothing")
    func shut() throws {
        let harness = try Harness()
        let (first, second) = (try TestBrowser(1), try TestBrowser(2))
        try harness.connect(first)
        try harness.connect(second)
        let pair = try harness.pair(first, second)
        try harness.send(.video(1, ssrc: first.video), from: first)
        #expect(requests(first) == 1)
        try harness.order(.setGates(pair, PairGates(all: .report)))
        for _ in 0..<20 {
            harness.advance(milliseconds: 100)
            try harness.fireTimers()
        }
        #expect(requests(first) == 1)
    }
}
