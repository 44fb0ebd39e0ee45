import MediaControl
import RelayTypes
import Testing
import Wire

@testable import RelayCore

@Suite("Every number wraps, on either side of a splice and across it")
struct WrapTests {
    /// Two browsers; the numbers that the second one receives are about to wrap, all of them.
    private func wound(_ count: UInt8 = 2) throws -> (Harness, [TestBrowser]) {
        let harness = try Harness()
        let browsers = try (1...count).map { try TestBrowser($0) }
        for browser in browsers { try harness.connect(browser) }
        let leg = Int(browsers[1].slot.index)
        for number in [32_767, 65_531] as [UInt16] {
            let (now, time) = (harness.now, 0xffff_ff00 as UInt32)
            harness.core.legs[leg].outbound.audio.note(sequenceNumber: number, timestamp: time, at: now)
            harness.core.legs[leg].outbound.video.note(sequenceNumber: number, timestamp: time, at: now)
            harness.core.legs[leg].outbound.retransmission
                .note(
                    sequenceNumber: number, timestamp: time, at: now)
        }
        harness.core.legs[leg].outbound.transportWide = OutboundCounter(highest: 65_531)
        return (harness, browsers)
    }

    @Test(
        "sequence number, timestamp, transport-wide and original number continue by 1 across both wraps",
        arguments: [65_526, 65_530, 65_534, 65_535, 0] as [UInt16])
    func forward(start: UInt16) throws {
        let (harness, browsers) = try wound()
        let (sender, receiver) = (browsers[0], browsers[1])
        _ = try harness.pair(sender, receiver)
        harness.advance(milliseconds: 10)
        for step in 0..<12 as Range<UInt16> {
            let number = start &+ step
            let time = 0xffff_f000 &+ UInt32(step) &* 0x400
            try harness.send(
                .video(number, at: time, ssrc: sender.video, wide: start &+ step &* 3, isKey: step == 0),
                from: sender)
            try harness.send(
                .retransmission(
                    number, of: number, at: time, ssrc: sender.retransmission, wide: start &+ step &* 3 &+ 1),
                from: sender)
            try harness.send(
                .audio(number, at: time, ssrc: sender.audio, wide: start &+ step &* 3 &+ 2), from: sender)
        }
        #expect(receiver.failures == 0)
        let sources = receiver.parameters.sources
        #expect(receiver.media.compactMap(\.transportWideNumber) == (0..<36).map { 65_532 &+ $0 })
        var offsets: [UInt32: UInt32] = [:]
        for ssrc in [sources.audio, sources.video, sources.retransmission] {
            let seen = receiver.media.filter { $0.ssrc == ssrc }
            #expect(seen.map(\.sequenceNumber) == (0..<12).map { 65_532 &+ $0 })
            let first = try #require(seen.first).timestamp
            #expect(seen.map { $0.timestamp &- first } == (0..<12).map { $0 &* 0x400 })
            offsets[ssrc] = first
        }
        // 10 ms later than what went before: 480 ticks of audio, 900 of video, across the wrap.
        #expect(offsets[sources.audio] == 0xffff_ff00 &+ 480)
        #expect(offsets[sources.video] == 0xffff_ff00 &+ 900)
        #expect(offsets[sources.retransmission] == offsets[sources.video])
        let repeated = receiver.media.filter { $0.ssrc == sources.retransmission }
        #expect(repeated.map(\.original) == (0..<12).map { 65_532 &+ $0 })
    }

    @Test("probes of padding take their numbers in the row of retransmissions, across holds and partners")
    func probes() throws {
        let (harness, browsers) = try wound(3)
        let receiver = browsers[1]
        for (round, sender) in [browsers[0], browsers[2]].enumerated() {
            let pair = try harness.pair(sender, receiver, generation: UInt32(round))
            var (wide, number): (UInt16, UInt16) = (65_533, 65_533)
            func probe() throws {
                try harness.send(.probe(number, ssrc: sender.retransmission, wide: wide), from: sender)
                (wide, number) = (wide &+ 1, number &+ 1)
            }
            for block in 0..<3 as Range<UInt16> {
                if block > 0 {
                    try harness.order(.setGates(pair, PairGates(all: .ageSelf)))
                    try probe()
                    try harness.order(.setGates(pair, Harness.open))
                }
                try harness.send(.video(block, ssrc: sender.video, wide: wide, isKey: true), from: sender)
                wide &+= 1
                for _ in 0..<4 { try probe() }
            }
            _ = try harness.part(pair)
        }
        let probes = receiver.media.filter { $0.ssrc == receiver.parameters.sources.retransmission }
        #expect(probes.map(\.sequenceNumber) == (0..<24).map { 65_532 &+ $0 })
        #expect(probes.allSatisfy { $0.padding == 224 && $0.payload.isEmpty })
        #expect(receiver.media.compactMap(\.transportWideNumber) == (0..<30).map { 65_532 &+ $0 })
        #expect(receiver.failures == 0)
    }

    @Test("a NACK names the sender's numbers, across both wraps, and not one from before the splice")
    func negativeAcknowledgements() throws {
        let (harness, browsers) = try wound(3)
        let receiver = browsers[1]
        let former = try harness.pair(browsers[2], receiver)
        // 65,532 and 65,533 are the former partner's.
        for number in 0..<2 as Range<UInt16> {
            try harness.send(.audio(number, ssrc: browsers[2].audio), from: browsers[2])
        }
        _ = try harness.part(former)
        let sender = browsers[0]
        _ = try harness.pair(sender, receiver, generation: 2)
        // 65,534 is the sender's 65,530.
        for step in 0..<20 as Range<UInt16> {
            try harness.send(.audio(65_530 &+ step, ssrc: sender.audio), from: sender)
        }
        sender.forgetReceived()
        try harness.send(
            rtcp: RTCP.negativeAcknowledgement(
                from: 1, about: receiver.parameters.sources.audio, 65_532, lost: 0b1100_0000_0100_0011),
            from: receiver)
        // 65,532, 65,533, 65,534, 3, 11 and 12: the last four are 65,530, 65,535, 7 and 8.
        let asked = try #require(sender.feedback.last)
        #expect(RTCP.mediaSource(asked) == sender.audio)
        #expect(asked.count == 16)
        let entry = (asked.span.bytes.uint16(at: 12), asked.span.bytes.uint16(at: 14))
        #expect(entry.0 == 65_530)
        #expect(entry.1 == 1 << 4 | 1 << 12 | 1 << 13)
    }

    @Test("transport-wide feedback goes on at the wrap, and loses what was a former partner's")
    func transportWide() throws {
        let (harness, browsers) = try wound(3)
        let receiver = browsers[1]
        let sender = browsers[0]
        let media = receiver.parameters.sources.audio
        let former = try harness.pair(browsers[2], receiver)
        for number in 0..<3 as Range<UInt16> {
            try harness.send(
                .audio(number, ssrc: browsers[2].audio, wide: number &+ 65_534), from: browsers[2])
        }
        _ = try harness.part(former)
        _ = try harness.pair(sender, receiver, generation: 2)
        for step in 0..<40 as Range<UInt16> {
            try harness.send(.audio(step, ssrc: sender.audio, wide: 65_500 &+ step), from: sender)
        }
        #expect(receiver.media.compactMap(\.transportWideNumber) == (0..<43).map { 65_532 &+ $0 })
        // 65,532 to 65,534 are the former partner's, 65,535 is 65,500.
        let straddling = [65_532, 65_534, 65_535, 0, 2] as [UInt16]
        try harness.send(rtcp: RTCP.transportWide(from: 1, about: media, straddling), from: receiver)
        let told = try #require(try sender.arrivals.last)
        #expect(told.times.map(\.number) == [65_500, 65_501, 65_502, 65_503])
        #expect(told.times.map { $0.ticks != nil } == [true, true, false, true])
        #expect(told.media == sender.audio)
        // The next one begins where that one ended, and goes over the sender's wrap.
        let next = (3..<39).filter { $0 != 36 }.map { UInt16($0) }
        try harness.send(rtcp: RTCP.transportWide(from: 1, about: media, next, count: 1), from: receiver)
        let after = try #require(try sender.arrivals.last)
        #expect(after.times.map(\.number) == (0..<36).map { 65_504 &+ $0 })
        #expect(after.times.filter { $0.ticks == nil }.map(\.number) == [1])
        #expect(after.count == told.count &+ 1)
        // Wholly the former partner's: nothing is left.
        let count = sender.feedback.count
        try harness.send(rtcp: RTCP.transportWide(from: 1, about: media, [65_532, 65_533]), from: receiver)
        #expect(sender.feedback.count == count)
    }

    @Test("messages about arrivals are counted in one row, whoever tells")
    func feedbackCount() throws {
        let (harness, browsers) = try wound(3)
        let sender = browsers[0]
        var wide: UInt16 = 65_500
        var number: UInt16 = 0
        func play(_ count: Int) throws {
            for _ in 0..<count {
                number &+= 1
                wide &+= 1
                harness.advance(milliseconds: 10)
                try harness.send(.audio(number, ssrc: sender.audio, wide: wide), from: sender)
                try harness.fireTimers()
            }
        }
        for (round, receiver) in [browsers[1], browsers[2], browsers[1]].enumerated() {
            try play(40)
            let pair = try harness.pair(sender, receiver, generation: UInt32(round))
            for message in 0..<3 as Range<UInt8> {
                let start = receiver.media.count
                try play(5)
                let seen = receiver.media[start...].compactMap(\.transportWideNumber)
                try harness.send(
                    rtcp: RTCP.transportWide(
                        from: 1, about: receiver.parameters.sources.audio, seen,
                        count: UInt8(round) &* 77 &+ 254 &+ message), from: receiver)
            }
            _ = try harness.part(pair)
        }
        let counts = try sender.arrivals.map(\.count)
        #expect(counts.count > 15)
        #expect(counts == (0..<UInt8(counts.count)).map { $0 })
        var counter = FeedbackCounter()
        let taken = [counter.takePartners(250), counter.takePartners(253), counter.takePartners(2)]
        #expect(taken == [0, 3, 8], "what was lost on the way here stays visible")
        let own = counter.takeOwn()
        let next = counter.takePartners(200)
        #expect((own, next) == (9, 10))
    }
}
