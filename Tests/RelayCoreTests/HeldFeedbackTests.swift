import MediaControl
import RelayCore
import RelayTypes
import Testing
import Wire

@Suite("A sender stays alive while nobody receives it (PROTOCOL.md section 3)")
struct HeldFeedbackTests {
    private static let tick: UInt64 = 110

    private func alone(bitrate: UInt64 = 300_000) throws -> (Harness, TestBrowser) {
        let harness = try Harness(heldBitrate: bitrate)
        let browser = try TestBrowser(1)
        try harness.connect(browser)
        return (harness, browser)
    }

    private func running(gates: PairGates = Harness.open) throws
        -> (Harness, TestBrowser, TestBrowser, PairSlot)
    {
        let harness = try Harness()
        let (first, second) = (try TestBrowser(1), try TestBrowser(2))
        try harness.connect(first)
        try harness.connect(second)
        return (harness, first, second, try harness.pair(first, second, gates: gates))
    }

    private func ticks(_ now: MonotonicInstant) -> Int64 {
        // 24 bits of 64 ms, signed.
        let wrapped = UInt32(truncatingIfNeeded: now.nanoseconds / 250_000)
        return Int64(Int32(bitPattern: wrapped))
    }

    /// What the partner's browser says about packets that it received, 1 ms apart.
    private func feedback(of browser: TestBrowser, _ numbers: [UInt16], count: UInt8 = 0) -> [UInt8] {
        let arrivals = numbers.enumerated()
            .map { TransportArrival(sequenceNumber: $1, microseconds: 5_000_000 + UInt64($0) * 1_000) }
        return Slot()
            .run { span in
                var writer = RTCPWriter()
                writer.appendTransportFeedback(
                    sender: 1, media: browser.parameters.sources.video, feedbackCount: count,
                    arrivals: arrivals.span, into: &span)
                return writer.length
            }
    }

    // MARK: Fully held

    @Test("after 100 ms it hears what has arrived and when, in the server's name")
    func arrivals() throws {
        let (harness, browser) = try alone()
        var times: [UInt16: Int64] = [:]
        for wide in [65_534, 65_535, 1, 3, 2] as [UInt16] {
            harness.advance(milliseconds: 7)
            times[wide] = ticks(harness.now)
            try harness.send(.video(wide &+ 100, ssrc: browser.video, wide: wide), from: browser)
        }
        #expect(browser.feedback.isEmpty)
        harness.advance(milliseconds: 60)
        try harness.fireTimers()
        #expect(browser.feedback.isEmpty, "not before its time")
        harness.advance(milliseconds: 20)
        try harness.fireTimers()
        let told = try #require(try browser.arrivals.first)
        #expect(try browser.arrivals.count == 1)
        #expect(told.sender == browser.parameters.sources.video)
        #expect(told.media == browser.video)
        #expect(told.count == 0)
        #expect(told.times.map(\.number) == [65_534, 65_535, 0, 1, 2, 3])
        #expect(told.times.map(\.ticks) == [65_534, 65_535, 0, 1, 2, 3].map { times[$0] })
    }

    @Test("messages come every 100 ms while packets do, each from where the last one ended; then none")
    func interval() throws {
        let (harness, browser) = try alone()
        var wide: UInt16 = 65_000
        for step in 0..<500 as Range<UInt16> {
            // Every tenth is lost, also where one message ends and the next begins.
            if step % 10 != 9 {
                try harness.send(.audio(step, ssrc: browser.audio, wide: wide), from: browser)
            }
            wide &+= 1
            harness.advance(milliseconds: 10)
            try harness.fireTimers()
        }
        let messages = try browser.arrivals
        #expect((40...50).contains(messages.count), "\(messages.count) in 5 s")
        #expect(messages.map(\.count) == (0..<UInt8(messages.count)).map { $0 })
        let all = messages.flatMap(\.times)
        #expect(all.map(\.number) == (0..<UInt16(all.count)).map { 65_000 &+ $0 })
        for status in all { #expect((status.ticks == nil) == ((status.number &- 65_000) % 10 == 9)) }
        #expect(all.count >= 480)
        harness.advance(milliseconds: Self.tick)
        try harness.fireTimers()
        browser.forgetReceived()
        harness.advance(milliseconds: 3_000)
        try harness.fireTimers()
        #expect(browser.feedback.isEmpty)
    }

    @Test("one that comes late, after it was told lost, is told")
    func late() throws {
        let (harness, browser) = try alone()
        for wide in [1, 2, 4] as [UInt16] {
            try harness.send(.audio(wide, ssrc: browser.audio, wide: wide), from: browser)
        }
        harness.advance(milliseconds: Self.tick)
        try harness.fireTimers()
        for wide in [3, 5] as [UInt16] {
            try harness.send(.audio(wide, ssrc: browser.audio, wide: wide), from: browser)
        }
        harness.advance(milliseconds: Self.tick)
        try harness.fireTimers()
        let messages = try browser.arrivals
        #expect(messages.first?.times.map { $0.ticks != nil } == [true, true, false, true])
        let later = messages.dropFirst().flatMap(\.times)
        #expect(later.map(\.number) == [3, 5])
        #expect(later.allSatisfy { $0.ticks != nil })
    }

    @Test("once a second it gets a receiver report and a REMB of what was configured")
    func reports() throws {
        let (harness, browser) = try alone(bitrate: 123_000)
        try harness.send(.video(65_530, ssrc: browser.video, wide: 0), from: browser)
        try harness.send(rtcp: RTCP.senderReport(of: browser.video), from: browser)
        for step in 1..<220 as Range<UInt16> {
            harness.advance(milliseconds: 10)
            // A quarter is lost; 90 ticks a millisecond: no jitter.
            if step % 4 != 0 {
                try harness.send(
                    .video(65_530 &+ step, at: UInt32(step) * 900, ssrc: browser.video, wide: step),
                    from: browser)
            }
            try harness.fireTimers()
        }
        let reports = try browser.reports
        #expect((2...3).contains(reports.count))
        #expect(try browser.limits == reports.map { _ in 123_000 })
        let last = try #require(reports.last)
        #expect(last.source == browser.video)
        #expect((60...68).contains(last.fractionLost), "\(last.fractionLost) of 256")
        #expect(last.highestSequenceNumber > 0x1_0000, "wrapped once")
        #expect(last.jitter == 0)
        #expect(last.lastSenderReport == 0x5678_9abc)
        #expect(last.delaySinceLastSenderReport > 65_536)
        for packet in browser.feedback { #expect(try OwnFeedback.read(packet).count == 1) }
    }

    @Test("an address without consent hears nothing")
    func consent() throws {
        let (harness, browser) = try alone()
        harness.advance(milliseconds: 29_950)
        try harness.send(.audio(1, ssrc: browser.audio, wide: 1), from: browser)
        harness.advance(milliseconds: Self.tick)
        try harness.fireTimers()
        #expect(browser.feedback.isEmpty)
    }

    @Test("10,000 packets between two timers are told in one message, of the newest")
    func flood() throws {
        let (harness, browser) = try alone()
        for number in 0..<10_000 as Range<UInt16> {
            try harness.send(.audio(number, ssrc: browser.audio, wide: number), from: browser)
        }
        harness.advance(milliseconds: Self.tick)
        try harness.fireTimers()
        let messages = try browser.arrivals
        #expect((1...2).contains(messages.count))
        #expect(messages.flatMap(\.times).map(\.number) == (9_488..<10_000).map { $0 })
    }

    // MARK: Hand-over

    @Test("while everything is forwarded the server says nothing")
    func forwarded() throws {
        let (harness, first, second, _) = try running()
        try harness.send(.video(1, ssrc: first.video, wide: 1, isKey: true), from: first)
        first.forgetReceived()
        for number in 2..<300 as Range<UInt16> {
            harness.advance(milliseconds: 10)
            try harness.send(.video(number, ssrc: first.video, wide: number), from: first)
            try harness.fireTimers()
        }
        #expect(first.feedback.isEmpty)
        #expect(second.media.count == 299)
    }

    @Test("when the gate opens the cap is lifted, three times; when it shuts the server takes back in 100 ms")
    func handOver() throws {
        let (harness, first, second, pair) = try running(gates: PairGates(all: .moderator))
        try harness.send(.video(1, ssrc: first.video, wide: 1), from: first)
        harness.advance(milliseconds: Self.tick)
        try harness.fireTimers()
        #expect(try first.limits == [300_000])
        #expect(try first.arrivals.count == 1)
        first.forgetReceived()

        try harness.order(.setGates(pair, Harness.open))
        #expect(try first.limits.count == 1)
        for number in 2..<100 as Range<UInt16> {
            harness.advance(milliseconds: 10)
            try harness.send(
                .video(number, ssrc: first.video, wide: number, isKey: number == 2), from: first)
            try harness.fireTimers()
        }
        #expect(harness.core.deadline > harness.now.advanced(bySeconds: 5), "no timer runs on")
        #expect(try first.limits.count == 3)
        #expect(try first.limits.allSatisfy { $0 > 999_000_000 })
        #expect(try first.arrivals.isEmpty)
        let seen = second.media.compactMap(\.transportWideNumber)
        try harness.send(rtcp: feedback(of: second, Array(seen.suffix(3))), from: second)
        #expect(try first.arrivals.last?.times.map(\.number) == [97, 98, 99])
        first.forgetReceived()

        try harness.order(.setGates(pair, PairGates(all: .consentPartner)))
        try harness.send(.video(101, ssrc: first.video, wide: 101), from: first)
        try harness.send(rtcp: feedback(of: second, Array(seen.suffix(1))), from: second)
        harness.advance(milliseconds: Self.tick)
        try harness.fireTimers()
        #expect(try first.limits == [300_000])
        // 100 was lost on the boundary of tellers: the server tells that, too.
        let taken = try first.arrivals.flatMap(\.times)
        #expect(taken.map(\.number) == [100, 101])
        #expect(taken.map { $0.ticks == nil } == [true, false])
    }

    @Test("the cap stays while only audio passes, and goes when the partner can take the video")
    func partialCap() throws {
        var gates = Harness.open
        gates[.first, .video] = .consentPartner
        let (harness, first, _, pair) = try running(gates: gates)
        for number in 1..<230 as Range<UInt16> {
            try harness.send(.audio(number, ssrc: first.audio, wide: number &* 2), from: first)
            try harness.send(.video(number, ssrc: first.video, wide: number &* 2 &+ 1), from: first)
            harness.advance(milliseconds: 10)
            try harness.fireTimers()
        }
        #expect(try first.limits == [300_000, 300_000, 300_000])
        #expect(try first.reports.allSatisfy { $0.source == first.video })
        try harness.order(.setGates(pair, Harness.open))
        #expect(try first.limits.last ?? 0 > 999_000_000)
    }

    // MARK: Partly held

    @Test("audio passes without gaps beside held video; the partner's feedback comes back with both in it")
    func partial() throws {
        var gates = Harness.open
        gates[.first, .video] = .consentPartner
        let (harness, first, second, _) = try running(gates: gates)
        func play(_ numbers: Range<UInt16>) throws {
            for number in numbers {
                try harness.send(.audio(number, ssrc: first.audio, wide: number &* 3), from: first)
                try harness.send(.video(number, ssrc: first.video, wide: number &* 3 &+ 1), from: first)
                // number * 3 + 2 never arrives.
                harness.advance(milliseconds: 1)
            }
        }
        try play(1..<11)
        let seen = second.media.compactMap(\.transportWideNumber)
        // One held and one lost between every two: a gap of one.
        #expect(zip(seen, seen.dropFirst()).allSatisfy { $1 == $0 &+ 2 })
        try harness.send(rtcp: feedback(of: second, seen.filter { $0 != seen[4] }), from: second)
        let told = try #require(try first.arrivals.last)
        #expect(told.media == first.video || told.media == first.audio)
        #expect(told.times.map(\.number) == (3...30).map { $0 })
        for status in told.times {
            let isLost = status.number % 3 == 2 || status.number == 15
            #expect((status.ticks == nil) == isLost, "\(status.number)")
        }
        harness.advance(milliseconds: Self.tick)
        try harness.fireTimers()
        #expect(try first.arrivals.count == 1, "the partner tells")

        // The next message goes on where that one ended.
        try play(11..<14)
        let next = second.media.compactMap(\.transportWideNumber).suffix(3)
        try harness.send(rtcp: feedback(of: second, Array(next), count: 1), from: second)
        #expect(try first.arrivals.last?.times.map(\.number) == (31...39).map { $0 })
        #expect(try first.arrivals.last?.count == 1)

        // The partner falls silent: the server tells what it holds, and nothing about what went on.
        first.forgetReceived()
        harness.advance(milliseconds: 600)
        try play(14..<16)
        harness.advance(milliseconds: Self.tick)
        try harness.fireTimers()
        let own = try first.arrivals.flatMap(\.times)
        #expect(own.map(\.number) == [40, 43, 46])
        #expect(own.allSatisfy { $0.ticks != nil })
    }

    @Test("a sender whose numbers start anew goes on being forwarded, each number once")
    func restart() throws {
        let (harness, first, second, _) = try running()
        for (number, wide) in [(1, 40_000), (2, 40_001), (3, 30_000), (4, 30_001)] as [(UInt16, UInt16)] {
            try harness.send(.audio(number, ssrc: first.audio, wide: wide), from: first)
        }
        let seen = second.media.compactMap(\.transportWideNumber)
        #expect(seen.count == 4)
        #expect(zip(seen, seen.dropFirst()).allSatisfy { $1 == $0 &+ 1 })
    }

    @Test("nothing of the partner is in what the server says")
    func anonymous() throws {
        let (harness, first, second, _) = try running(gates: PairGates(all: .moderator))
        try harness.send(.video(1, ssrc: second.video, wide: 1), from: second)
        for number in 1..<30 as Range<UInt16> {
            try harness.send(.video(number, ssrc: first.video, wide: number), from: first)
            harness.advance(milliseconds: 50)
            try harness.fireTimers()
        }
        #expect(!first.feedback.isEmpty)
        #expect(second.media.isEmpty)
        let sources = second.parameters.sources
        let foreign = [
            second.audio, second.video, second.retransmission, sources.audio, sources.video,
            sources.retransmission,
        ]
        for packet in first.feedback {
            for source in foreign { #expect(!RTCPTranslatorScene.contains(source, in: packet)) }
        }
    }
}
