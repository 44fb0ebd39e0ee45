import MediaControl
import RelayTypes
import Testing
import Wire

@testable import RelayCore

@Suite("Reports stay meaningful when partners change (RFC 3550 §6.4)")
struct SpliceReportTests {
    private func connected(_ count: UInt8) throws -> (Harness, [TestBrowser]) {
        let harness = try Harness()
        let browsers = try (1...count).map { try TestBrowser($0) }
        for browser in browsers { try harness.connect(browser) }
        return (harness, browsers)
    }

    /// The one report block that a browser was given last.
    private func report(_ browser: TestBrowser) throws -> RTCPReportBlock {
        try #require(try browser.reports.last)
    }

    @Test("a sender report has the true wall clock, and on the receiver's media clock the same instant")
    func senderReports() throws {
        let (harness, browsers) = try connected(3)
        let (listener, talkers) = (browsers[0], [browsers[1], browsers[2]])
        var wide: UInt16 = 0
        for (round, talker) in (talkers + talkers).enumerated() {
            let pair = try harness.pair(talker, listener, generation: UInt32(round))
            for isHeld in [false, true, false] {
                // A media clock that wraps between the packet and the report.
                let timestamp = 0xffff_fff0 &+ UInt32(round / 2) &* 0x1000
                let sequenceNumber = (talker.course?.sequenceNumber ?? 0) &+ 1
                wide &+= 1
                let packet = TestPacket.audio(sequenceNumber, at: timestamp, ssrc: talker.audio, wide: wide)
                talker.course = packet
                try harness.order(.setGates(pair, isHeld ? PairGates(all: .risk) : Harness.open))
                harness.advance(milliseconds: 700)
                listener.forgetReceived()
                try harness.send(packet, from: talker)
                let wallClock = 0xe000_0000_0000_0000 &+ UInt64(round) << 40 &+ UInt64(wide) << 20
                try harness.send(
                    rtcp: RTCP.senderReport(
                        of: talker.audio, rtpTimestamp: timestamp &+ 480, ntpTimestamp: wallClock),
                    from: talker)
                guard !isHeld else {
                    #expect(listener.media.isEmpty && listener.feedback.isEmpty)
                    continue
                }
                let seen = try #require(listener.media.last)
                let told = try #require(listener.feedback.last)
                #expect(told.span.bytes.uint64(at: 8) == wallClock)
                #expect(told.span.bytes.uint32(at: 16) == seen.timestamp &+ 480)
            }
            _ = try harness.part(pair)
        }
    }

    @Test("a sender report counts what the receiver was sent, by all partners, and nothing that was held")
    func counts() throws {
        let (harness, browsers) = try connected(3)
        let listener = browsers[0]
        for (round, talker) in browsers.dropFirst().enumerated() {
            let pair = try harness.pair(talker, listener, generation: UInt32(round))
            for number in 1...7 as ClosedRange<UInt16> {
                if number == 3 { try harness.order(.setGates(pair, PairGates(all: .report))) }
                if number == 5 { try harness.order(.setGates(pair, Harness.open)) }
                try harness.send(.audio(number, ssrc: talker.audio, wide: number), from: talker)
            }
            // Padding counts as a packet, not as octets.
            try harness.send(.video(1, ssrc: talker.video, wide: 8, isKey: true), from: talker)
            try harness.send(.probe(1, ssrc: talker.retransmission, wide: 9), from: talker)
            let rounds = UInt32(round) + 1
            for (source, packets, octets) in [
                (talker.audio, 5 * rounds, 20 * rounds), (talker.video, rounds, 5 * rounds),
                (talker.retransmission, rounds, 0),
            ] {
                try harness.send(rtcp: RTCP.senderReport(of: source), from: talker)
                let told = try #require(listener.feedback.last)
                #expect(told.span.bytes.uint32(at: 20) == packets)
                #expect(told.span.bytes.uint32(at: 24) == octets)
            }
            _ = try harness.part(pair)
        }
    }

    @Test("the counts of a sender report wrap")
    func countsWrap() {
        var stream = OutboundStream(ssrc: 1, clock: 48, seed: 0)
        stream.count(octets: Int(UInt32.max))
        stream.count(octets: 3)
        #expect(stream.packetCount == 2)
        #expect(stream.octetCount == 2)
    }

    @Test("LSR and DLSR give the round trip to the sender's own clock, never a former partner's")
    func roundTrip() throws {
        let (harness, browsers) = try connected(3)
        let listener = browsers[0]
        /// 16.16 seconds, as the browser's wall clock shows them; each browser's is another.
        func wallClock(_ browser: TestBrowser) -> UInt64 {
            let seconds = UInt64(browser.endpoint.port) * 1_000
            let microseconds = harness.now.nanoseconds / 1_000
            return (seconds << 32) &+ (microseconds << 32) / 1_000_000
        }
        var lastReport: (name: UInt32, at: MonotonicInstant)?
        /// What the listener's report says to the talker, as a round trip in milliseconds; `nil` for none.
        func roundTrip(_ talker: TestBrowser) throws -> UInt64? {
            let highest = listener.media.last { $0.ssrc == listener.parameters.sources.audio }
            let known = try #require(lastReport)
            let delay = ((harness.now.nanoseconds(since: known.at) / 1_000) << 16) / 1_000_000
            talker.forgetReceived()
            try harness.send(
                rtcp: RTCP.receiverReport(
                    from: listener.audio, about: listener.parameters.sources.audio,
                    highest: UInt32(try #require(highest).sequenceNumber), lastReport: known.name,
                    delay: UInt32(delay)), from: listener)
            let block = try report(talker)
            if block.lastSenderReport == 0 {
                #expect(block.delaySinceLastSenderReport == 0)
                return nil
            }
            let present = UInt32(truncatingIfNeeded: wallClock(talker) >> 16)
            let ticks = present &- block.lastSenderReport &- block.delaySinceLastSenderReport
            return (UInt64(ticks) * 1_000) >> 16
        }
        func say(_ talker: TestBrowser) throws {
            let written = wallClock(talker)
            harness.advance(milliseconds: 40)  // On its way.
            try harness.send(
                rtcp: RTCP.senderReport(of: talker.audio, ntpTimestamp: written), from: talker)
            lastReport = (UInt32(truncatingIfNeeded: written >> 16), harness.now)
        }
        var pairs: UInt32 = 0
        for talker in [browsers[1], browsers[2], browsers[1]] {
            pairs += 1
            let pair = try harness.pair(talker, listener, generation: pairs)
            try harness.send(.audio(UInt16(pairs), ssrc: talker.audio), from: talker)
            if pairs > 1 { #expect(try roundTrip(talker) == nil, "the former partner's clock") }
            for _ in 0..<3 {
                try say(talker)
                harness.advance(milliseconds: 500)
                #expect(try (39...41).contains(#require(try roundTrip(talker))))
            }
            // A hold changes nothing about the clock.
            try harness.order(.setGates(pair, PairGates(all: .policy)))
            try harness.order(.setGates(pair, Harness.open))
            try harness.send(.audio(UInt16(pairs) + 100, ssrc: talker.audio), from: talker)
            #expect(try (39...41).contains(#require(try roundTrip(talker))))
            _ = try harness.part(pair)
        }
    }

    @Test("the extended highest number is the sender's own, wherever either has wrapped")
    func extendedHighest() throws {
        let (harness, browsers) = try connected(3)
        let sender = browsers[0]
        var number: UInt16 = 65_530
        var cycles: UInt32 = 0
        for (round, receiver) in [browsers[1], browsers[2], browsers[1]].enumerated() {
            let pair = try harness.pair(sender, receiver, generation: UInt32(round))
            for _ in 0..<4 {
                try harness.send(.audio(number, ssrc: sender.audio), from: sender)
                sender.forgetReceived()
                let seen = try #require(receiver.media.last).sequenceNumber
                // It counts cycles over all of its partners.
                try harness.send(
                    rtcp: RTCP.receiverReport(
                        from: 1, about: receiver.parameters.sources.audio,
                        highest: 0x7_0000 &+ UInt32(round) << 16 | UInt32(seen)), from: receiver)
                #expect(try report(sender).highestSequenceNumber == cycles << 16 | UInt32(number))
                number &+= 1
                if number == 0 { cycles += 1 }
            }
            _ = try harness.part(pair)
        }
        #expect(cycles == 1)
    }

    @Test("while nobody receives them retransmissions are reported on, like all else")
    func heldRetransmissions() throws {
        let (harness, browsers) = try connected(1)
        let sender = browsers[0]
        try harness.send(rtcp: RTCP.senderReport(of: sender.retransmission), from: sender)
        for number in [65_534, 65_535, 1, 2] as [UInt16] {
            try harness.send(
                .retransmission(number, of: 5, ssrc: sender.retransmission, wide: number), from: sender)
        }
        try harness.send(rtcp: RTCP.senderReport(of: sender.retransmission), from: sender)
        harness.advance(milliseconds: 110)
        try harness.fireTimers()
        let block = try report(sender)
        #expect(block.source == sender.retransmission)
        #expect(block.highestSequenceNumber == 0x1_0002)
        #expect(block.cumulativeLost == 1)
        #expect(block.lastSenderReport == 0x5678_9abc)
    }

    @Test("each sender is told of its own losses, without a jump over next, holds and releases")
    func cumulativeLoss() throws {
        let (harness, browsers) = try connected(3)
        let listener = browsers[0]
        let source = listener.parameters.sources.audio
        var lostByListener: Int32 = 0
        var generation: UInt32 = 0
        /// Sends a packet, has the listener report that so many more are lost, and gives what the sender is told.
        func told(_ number: UInt16, _ talker: TestBrowser, more: Int32) throws -> Int32 {
            try harness.send(.audio(number, ssrc: talker.audio, wide: number), from: talker)
            let seen = try #require(listener.media.last)
            lostByListener += more
            talker.forgetReceived()
            try harness.send(
                rtcp: RTCP.receiverReport(
                    from: listener.audio, about: source, highest: UInt32(seen.sequenceNumber),
                    lost: lostByListener),
                from: listener)
            return try report(talker).cumulativeLost
        }
        var first: [Int32] = []
        var second: [Int32] = []
        for round in 0..<2 as Range<UInt16> {
            for (talker, isFirst) in [(browsers[1], true), (browsers[2], false)] {
                generation += 1
                let pair = try harness.pair(talker, listener, generation: generation)
                var seen = [
                    try told(round * 10 + 1, talker, more: 0), try told(round * 10 + 2, talker, more: 5),
                ]
                try harness.order(.setGates(pair, PairGates(all: .risk)))
                try harness.order(.setGates(pair, Harness.open))
                seen.append(try told(round * 10 + 3, talker, more: 0))
                seen.append(try told(round * 10 + 4, talker, more: isFirst ? 2 : -1))
                if isFirst { first += seen } else { second += seen }
                _ = try harness.part(pair)
            }
        }
        #expect(first == [0, 5, 5, 7, 7, 12, 12, 14])
        #expect(second == [0, 5, 5, 4, 4, 9, 9, 8])
    }

    @Test("what was lost between two partners' splices is nobody's")
    func lossBetween() throws {
        let (harness, browsers) = try connected(3)
        let listener = browsers[0]
        let source = listener.parameters.sources.audio
        for (round, talker) in browsers.dropFirst().enumerated() {
            let pair = try harness.pair(talker, listener, generation: UInt32(round))
            for number in 1...3 as ClosedRange<UInt16> {
                try harness.send(.audio(number, ssrc: talker.audio, wide: number), from: talker)
            }
            let seen = try #require(listener.media.last)
            if round == 1 {
                try harness.send(
                    rtcp: RTCP.receiverReport(
                        from: listener.audio, about: source, highest: UInt32(seen.sequenceNumber), lost: 400),
                    from: listener)
                #expect(try report(talker).cumulativeLost == 0)
            }
            _ = try harness.part(pair)
        }
    }
}
