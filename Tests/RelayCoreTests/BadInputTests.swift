import MediaControl
import RelayTypes
import Testing
import Wire

@testable import RelayCore

/// A hostile packet, and what it counts as.
struct BadPacket: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let reason: DropReason
    /// Whether SRTP lets a browser protect it; otherwise it is sent as it is.
    var isProtected = true
    let make: @Sendable (_ sender: TestBrowser.Sources, _ partner: OutboundSources) -> [UInt8]

    var isRTCP: Bool {
        make(TestBrowser.Sources(), OutboundSources(audio: 4, video: 5, retransmission: 6))[1] & 0xe0 == 0xc0
    }

    private static func rtp(_ sender: TestBrowser.Sources, first: UInt8, _ rest: [UInt8]) -> [UInt8] {
        [first, 111, 0, 9, 0, 0, 0, 1] + RTCP.word(sender.audio) + rest
    }

    /// A feedback message: header, sender, media source, and the rest, padded to 32 bits.
    private static func message(
        _ format: UInt8, _ type: UInt8, _ sender: UInt32, _ media: UInt32, _ rest: [UInt8],
        words: Int? = nil
    ) -> [UInt8] {
        let length = UInt16(truncatingIfNeeded: words ?? (2 + rest.count / 4))
        return [0x80 | format, type, UInt8(length >> 8), UInt8(length & 0xff)] + RTCP.word(sender)
            + RTCP.word(media) + rest
    }

    static let all: [BadPacket] = [
        // MARK: RTP
        BadPacket(testDescription: "padding longer than the packet", reason: .rtpMalformed) { sender, _ in
            rtp(sender, first: 0xa0, [1, 2, 3, 255])
        },
        BadPacket(testDescription: "padding one octet longer than the payload", reason: .rtpMalformed) {
            sender, _ in rtp(sender, first: 0xa0, [1, 2, 3, 5])
        },
        BadPacket(testDescription: "padding of length 0", reason: .rtpMalformed) { sender, _ in
            rtp(sender, first: 0xa0, [1, 2, 3, 0])
        },
        BadPacket(testDescription: "padding in a packet that is a header", reason: .rtpMalformed) {
            sender, _ in
            rtp(sender, first: 0xa0, [])
        },
        BadPacket(
            testDescription: "extension longer than the packet", reason: .rtpMalformed, isProtected: false
        ) { sender, _ in
            rtp(sender, first: 0x90, [0xbe, 0xde, 0xff, 0xff] + [UInt8](repeating: 0, count: 40))
        },
        BadPacket(
            testDescription: "extension that ends in the SRTP tag", reason: .rtpMalformed, isProtected: false
        ) { sender, _ in
            rtp(sender, first: 0x90, [0xbe, 0xde, 0, 3] + [UInt8](repeating: 0, count: 16))
        },
        BadPacket(
            testDescription: "extension without its length", reason: .rtpMalformed, isProtected: false
        ) { sender, _ in rtp(sender, first: 0x90, [0xbe, 0xde]) },
        BadPacket(
            testDescription: "CSRC count beyond the end", reason: .rtpMalformed, isProtected: false
        ) { sender, _ in rtp(sender, first: 0x8f, [UInt8](repeating: 0, count: 32)) },
        BadPacket(testDescription: "no whole header", reason: .rtpMalformed, isProtected: false) {
            sender, _ in
            Array(rtp(sender, first: 0x80, []).prefix(11))
        },
        // MARK: RTCP, lengths
        BadPacket(testDescription: "compound longer than the packet", reason: .rtcpMalformed) { sender, _ in
            [0x80, 201, 0, 2] + RTCP.word(sender.audio)
        },
        BadPacket(testDescription: "compound of 65,536 words", reason: .rtcpMalformed) { sender, _ in
            [0x80, 201, 0xff, 0xff] + RTCP.word(sender.audio)
        },
        BadPacket(testDescription: "second block with a wrong length", reason: .rtcpMalformed) {
            sender, partner in
            [0x80, 201, 0, 1] + RTCP.word(sender.audio)
                + message(1, 206, sender.audio, partner.video, [], words: 3)
        },
        BadPacket(testDescription: "trailing bytes that are no block", reason: .rtcpMalformed) {
            sender, partner in
            message(1, 206, sender.audio, partner.video, []) + [0x81, 206, 0]
        },
        BadPacket(testDescription: "blocks of length 0", reason: .rtcpMalformed) { _, _ in
            (0..<350).flatMap { _ in [0x81, 206, 0, 0] as [UInt8] }
        },
        BadPacket(testDescription: "padding of an RTCP block of length 0", reason: .rtcpMalformed) {
            sender, partner in
            var bytes = message(1, 206, sender.audio, partner.video, [0, 0, 0, 0])
            bytes[0] |= 0x20
            return bytes
        },
        BadPacket(testDescription: "padding longer than the RTCP block", reason: .rtcpMalformed) {
            sender, partner in
            var bytes = message(1, 206, sender.audio, partner.video, [0, 0, 0, 255])
            bytes[0] |= 0x20
            return bytes
        },
        BadPacket(testDescription: "version 1 in the second block", reason: .rtcpMalformed) {
            sender, partner in
            [0x80, 201, 0, 1] + RTCP.word(sender.audio) + [0x41]
                + message(1, 206, sender.audio, partner.video, []).dropFirst()
        },
        // MARK: RTCP, kinds
        BadPacket(testDescription: "31 report blocks announced, none there", reason: .rtcpMalformed) {
            sender, _ in
            [0x9f, 201, 0, 1] + RTCP.word(sender.audio)
        },
        BadPacket(testDescription: "sender report cut short", reason: .rtcpMalformed) { sender, _ in
            [0x80, 200, 0, 5] + RTCP.word(sender.audio) + [UInt8](repeating: 1, count: 16)
        },
        BadPacket(
            testDescription: "transport-wide feedback that claims 65,535 packets", reason: .rtcpMalformed
        ) {
            sender, partner in
            message(
                15, 205, sender.audio, partner.video, [0, 0, 0xff, 0xff, 0, 0, 1, 0, 0x3f, 0xff, 0x3f, 0xff])
        },
        BadPacket(
            testDescription: "transport-wide feedback that claims 32,768 packets", reason: .rtcpMalformed
        ) {
            sender, partner in
            // Well-formed: four runs of 8,191 lost packets, and one of 4.
            message(
                15, 205, sender.audio, partner.video,
                [0, 0, 0x80, 0, 0, 0, 1, 0] + [0x1f, 0xff, 0x1f, 0xff, 0x1f, 0xff, 0x1f, 0xff, 0, 4, 0, 0])
        },
        BadPacket(testDescription: "transport-wide feedback without its deltas", reason: .rtcpMalformed) {
            sender, partner in
            message(15, 205, sender.audio, partner.video, [0, 0, 0, 9, 0, 0, 1, 0, 0x20, 9, 0, 0])
        },
        BadPacket(testDescription: "transport-wide feedback about nothing", reason: .rtcpMalformed) {
            sender, partner in
            message(15, 205, sender.audio, partner.video, [0, 0, 0, 0, 0, 0, 1, 0])
        },
        BadPacket(testDescription: "transport-wide feedback with runs of 0", reason: .rtcpMalformed) {
            sender, partner in
            message(
                15, 205, sender.audio, partner.video,
                [0, 0, 0, 9, 0, 0, 1, 0] + [UInt8](repeating: 0, count: 1_200))
        },
        BadPacket(testDescription: "NACK with 350 entries", reason: .rtcpMalformed) { sender, partner in
            message(
                1, 205, sender.audio, partner.audio,
                (0..<350).flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff), 0xff, 0xff] })
        },
        BadPacket(testDescription: "NACK that announces 16,000 entries", reason: .rtcpMalformed) {
            sender, partner in
            message(1, 205, sender.audio, partner.audio, [0, 1, 0, 0], words: 16_002)
        },
        BadPacket(testDescription: "NACK without an entry", reason: .rtcpMalformed) { sender, partner in
            message(1, 205, sender.audio, partner.audio, [])
        },
        BadPacket(testDescription: "REMB of 255 SSRCs that nobody has", reason: .feedbackUnmapped) {
            sender, _ in
            message(
                15, 206, sender.audio, 0,
                [0x52, 0x45, 0x4d, 0x42, 255, 4, 0, 1] + (0..<255).flatMap { RTCP.word(0x7000_0000 + $0) })
        },
        BadPacket(testDescription: "REMB that announces 255 SSRCs", reason: .rtcpMalformed) {
            sender, partner in
            message(
                15, 206, sender.audio, 0, [0x52, 0x45, 0x4d, 0x42, 255, 4, 0, 1] + RTCP.word(partner.video))
        },
        BadPacket(testDescription: "REMB of more than 64 bits", reason: .rtcpMalformed) { sender, partner in
            message(
                15, 206, sender.audio, 0,
                [0x52, 0x45, 0x4d, 0x42, 1, 0xff, 0xff, 0xff] + RTCP.word(partner.video))
        },
        BadPacket(testDescription: "FIR without an entry", reason: .rtcpMalformed) { sender, _ in
            message(4, 206, sender.audio, 0, [])
        },
        BadPacket(testDescription: "source description without a terminator", reason: .feedbackUnmapped) {
            sender, _ in
            [0x81, 202, 0, 3] + RTCP.word(sender.audio) + [1, 255, 65, 65, 65, 65, 65, 65]
        },
        BadPacket(testDescription: "goodbye of 31 sources that are not there", reason: .feedbackUnmapped) {
            sender, _ in [0x9f, 203, 0, 1] + RTCP.word(sender.audio)
        },
    ]
}

@Suite("Bad input is dropped and counted, and nothing of it reaches the partner")
struct BadInputTests {
    private func running() throws -> (Harness, TestBrowser, TestBrowser, PairSlot) {
        let harness = try Harness()
        let (first, second) = (try TestBrowser(1), try TestBrowser(2))
        try harness.connect(first)
        try harness.connect(second)
        let pair = try harness.pair(first, second)
        for browser in [first, second] {
            try harness.send(.audio(1, ssrc: browser.audio, wide: 1), from: browser)
            try harness.send(.video(1, ssrc: browser.video, wide: 2, isKey: true), from: browser)
        }
        return (harness, first, second, pair)
    }

    @Test("authenticated or not, running, held and without a partner", arguments: BadPacket.all)
    func dropped(bad: BadPacket) throws {
        let (harness, first, second, pair) = try running()
        let plain = bad.make(first.sources, first.parameters.sources)
        for state in 0..<3 {
            var bytes = plain
            if bad.isRTCP {
                bytes = try first.protect(rtcp: plain)
            } else if bad.isProtected {
                bytes[3] += UInt8(state)
                bytes = try first.protect(rtp: bytes)
            }
            let before = harness.dropped(bad.reason)
            let (outcome, sent) = harness.feed(bytes, from: first.endpoint)
            #expect(sent.isEmpty)
            // Where nobody listens RTCP is not looked at.
            let expected: DropReason = !bad.isRTCP || state == 0 ? bad.reason : state == 1 ? .held : .noPair
            #expect(outcome == .dropped(expected))
            if expected == bad.reason { #expect(harness.dropped(bad.reason) == before + 1) }
            // The next good packet is as welcome as ever.
            if state == 0 {
                try harness.send(.audio(30, ssrc: first.audio, wide: 30), from: first)
                #expect(second.media.count == 3)
                try harness.order(.setGates(pair, PairGates(all: .risk)))
            } else if state == 1 {
                #expect(try harness.part(pair).first.dropped[bad.reason] ?? 0 >= 1)
            }
        }
        #expect(second.failures == 0)
    }

    @Test("of all 256 second bytes six are media, 32 are RTCP, and the others are refused")
    func payloadTypes() throws {
        let (harness, first, second, _) = try running()
        for type in 0...UInt8.max {
            second.forgetReceived()
            let role = StreamRole(payloadType: type & 0x7f, format: MediaFormat())
            let isRTCP = type & 0xe0 == 0xc0
            let ssrc =
                switch role {
                case .audio: first.audio
                case .video: first.video
                case .retransmission: first.retransmission
                case nil: first.audio
                }
            var packet = TestPacket.retransmission(
                2 + UInt16(type), of: 1, ssrc: ssrc, wide: 3 + UInt16(type))
            packet.payloadType = type
            let bytes = packet.bytes
            let datagram = isRTCP ? try? first.protect(rtcp: bytes) : try first.protect(rtp: bytes)
            let (outcome, sent) = harness.feed(try #require(datagram), from: first.endpoint)
            if case .forward = outcome {
                #expect(role != nil && !isRTCP, "\(type)")
            } else {
                #expect(role == nil || isRTCP, "\(type)")
                #expect(sent.isEmpty, "\(type)")
                #expect(outcome == .dropped(isRTCP ? .rtcpMalformed : .unexpectedStream), "\(type)")
            }
        }
    }

    @Test("one datagram of 65 transport-wide messages has at most ten of them looked at")
    func boundedWork() throws {
        let block: [UInt8] =
            [0x8f, 205, 0, 5] + RTCP.word(1) + RTCP.word(RTCPTranslatorScene.seenVideo)
            + [0x08, 0, 0, 1, 0, 0, 1, 0, 0x20, 1, 4, 0]
        let compound = (0..<60).flatMap { _ in block }
        let (bytes, result) = RTCPTranslatorScene.translate(compound)
        #expect(result.malformedBlocks >= 50)
        #expect(bytes.count <= 10 * block.count)
        #expect(!bytes.isEmpty)
    }

    @Test(
        "a REMB that names one stream 255 times, and a FIR of 180 entries, cost the partner one message each")
    func repetition() throws {
        let (harness, first, second, _) = try running()
        try harness.send(
            rtcp: RTCP.bitrateLimit(
                from: second.audio, about: Array(repeating: second.parameters.sources.video, count: 255)),
            from: second)
        #expect(first.feedback.count == 1)
        let entry = RTCP.word(second.parameters.sources.video) + [1, 0, 0, 0]
        let request =
            [0x84, 206, 1, 0x6a] + RTCP.word(second.audio) + RTCP.word(0)
            + (0..<180).flatMap { _ in entry }
        try harness.send(rtcp: request, from: second)
        #expect(first.feedback.count == 2)
        #expect(RTCP.isPictureLoss(first.feedback[1]))
    }
}
