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

    @Test(
        "a flood of the partner's own requests reaches a browser as one PLI each 300 ms, until a key frame passes",
        arguments: [false, true])
    func flood(isFull: Bool) throws {
        let harness = try Harness()
        let (first, second) = (try TestBrowser(1), try TestBrowser(2))
        try harness.connect(first)
        try harness.connect(second)
        let pair = try harness.pair(first, second)
        try harness.send(.video(1, ssrc: first.video, isKey: true), from: first)
        #expect(requests(first) == 0)
        let media = second.parameters.sources.video
        let request =
            isFull
            ? RTCP.fullIntraRequest(from: 1, about: media) : RTCP.pictureLoss(from: 1, about: media)
        var times: [UInt64] = []
        let start = harness.now
        for _ in 0..<1_000 {
            let before = requests(first)
            try harness.send(rtcp: request, from: second)
            try harness.fireTimers()
            #expect(requests(first) - before <= 1)
            if requests(first) > before { times.append(harness.now.nanoseconds(since: start) / 1_000_000) }
            harness.advance(milliseconds: 1)
        }
        #expect(times.first == 0)
        #expect(times.count == 4)
        for (earlier, later) in zip(times, times.dropFirst()) {
            #expect((300...311).contains(later - earlier), "\(times)")
        }
        #expect(first.feedback.allSatisfy(RTCP.isPictureLoss))
        #expect(first.feedback.allSatisfy { RTCP.mediaSource($0) == first.video })
        // Delta frames of a running splice pass all the time; the key frame ends it.
        try harness.send(.video(2, ssrc: first.video), from: first)
        try harness.send(.video(3, ssrc: first.video, isKey: true), from: first)
        #expect(second.media.count == 3)
        for _ in 0..<100 {
            harness.advance(milliseconds: 20)
            try harness.fireTimers()
        }
        #expect(requests(first) == 4)
        #expect(try harness.part(pair).second.dropped == [.keyFrameLimited: 996])
    }

    @Test("a request that came too soon is not forgotten when no other follows")
    func deferred() throws {
        let harness = try Harness()
        let (first, second) = (try TestBrowser(1), try TestBrowser(2))
        try harness.connect(first)
        try harness.connect(second)
        _ = try harness.pair(first, second)
        try harness.send(.video(1, ssrc: first.video, isKey: true), from: first)
        let request = RTCP.pictureLoss(from: 1, about: second.parameters.sources.video)
        try harness.send(rtcp: request, from: second)
        harness.advance(milliseconds: 100)
        try harness.send(rtcp: request, from: second)
        #expect(requests(first) == 1)
        harness.advance(milliseconds: 210)
        try harness.fireTimers()
        #expect(requests(first) == 2)
    }

    @Test("a sender whose numbers jump needs a key frame, as a new one would")
    func jump() throws {
        let harness = try Harness()
        let (first, second) = (try TestBrowser(1), try TestBrowser(2))
        try harness.connect(first)
        try harness.connect(second)
        _ = try harness.pair(first, second)
        try harness.send(.video(1, ssrc: first.video, isKey: true), from: first)
        try harness.send(.video(1_026, ssrc: first.video), from: first)
        #expect(second.media.count == 1)
        #expect(requests(first) == 1)
        try harness.send(.video(1_027, ssrc: first.video, isKey: true), from: first)
        #expect(second.media.count == 2)
        #expect(second.media[1].sequenceNumber == second.media[0].sequenceNumber &+ 1)
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
