import MediaControl
import RelayCore
import RelayTypes
import Testing
import Wire

/// One kind of packet, what it is about, and which gate it must obey.
struct GatedKind: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let channel: Channel
    /// Feedback obeys the gate of what it is about: the partner's.
    let isFeedback: Bool
    /// `number` for what is sent; `received` is the last number of the partner's stream, for feedback about it.
    let make:
        @Sendable (_ sender: Streams, _ partner: Streams, _ number: UInt16, _ received: UInt16) -> [UInt8]

    /// RFC 5761 §4.
    static func isRTCP(_ bytes: [UInt8]) -> Bool { bytes[1] & 0xe0 == 0xc0 }

    /// SSRCs of one browser: its own, and the server's towards the other.
    struct Streams: Sendable {
        let audio, video, retransmission: UInt32
        let outbound: OutboundSources
    }

    static let all: [GatedKind] = [
        GatedKind(testDescription: "audio", channel: .audio, isFeedback: false) { sender, _, number, _ in
            TestPacket.audio(number, ssrc: sender.audio, wide: number + 1_000).bytes
        },
        GatedKind(testDescription: "key frame", channel: .video, isFeedback: false) { sender, _, number, _ in
            TestPacket.video(number, ssrc: sender.video, wide: number + 1_000, isKey: true).bytes
        },
        GatedKind(testDescription: "delta frame", channel: .video, isFeedback: false) {
            sender, _, number, _ in
            TestPacket.video(number, ssrc: sender.video, wide: number + 1_000).bytes
        },
        GatedKind(testDescription: "retransmission", channel: .video, isFeedback: false) {
            sender, _, number, _ in
            TestPacket.retransmission(
                number, of: number - 1, ssrc: sender.retransmission, wide: number + 1_000
            )
            .bytes
        },
        GatedKind(testDescription: "sender report, audio", channel: .audio, isFeedback: false) {
            sender, _, _, _ in
            RTCP.senderReport(of: sender.audio)
        },
        GatedKind(testDescription: "sender report, video", channel: .video, isFeedback: false) {
            sender, _, _, _ in
            RTCP.senderReport(of: sender.video)
        },
        GatedKind(testDescription: "report on audio", channel: .audio, isFeedback: true) {
            sender, partner, _, last in
            RTCP.receiverReport(from: sender.audio, about: partner.outbound.audio, highest: UInt32(last))
        },
        GatedKind(testDescription: "report on video", channel: .video, isFeedback: true) {
            sender, partner, _, last in
            RTCP.receiverReport(from: sender.audio, about: partner.outbound.video, highest: UInt32(last))
        },
        GatedKind(testDescription: "picture loss", channel: .video, isFeedback: true) {
            sender, partner, _, _ in
            RTCP.pictureLoss(from: sender.audio, about: partner.outbound.video)
        },
        GatedKind(testDescription: "full intra request", channel: .video, isFeedback: true) {
            sender, partner, _, _ in
            RTCP.fullIntraRequest(from: sender.audio, about: partner.outbound.video)
        },
        GatedKind(testDescription: "NACK", channel: .video, isFeedback: true) { sender, partner, _, last in
            RTCP.negativeAcknowledgement(from: sender.audio, about: partner.outbound.video, last)
        },
    ]
}

@Suite("Each hold of each channel stops every kind of packet (PROTOCOL.md section 3)")
struct GateTests {
    private static func streams(_ browser: TestBrowser, towards other: TestBrowser) -> GatedKind.Streams {
        GatedKind.Streams(
            audio: browser.audio, video: browser.video, retransmission: browser.retransmission,
            outbound: other.parameters.sources)
    }

    private static func last(_ channel: Channel, receivedBy browser: TestBrowser) -> UInt16 {
        let sources = browser.parameters.sources
        let ssrc = channel == .audio ? sources.audio : sources.video
        return browser.media.last { $0.ssrc == ssrc }?.sequenceNumber ?? 0
    }

    /// Two browsers that have exchanged audio and video.
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

    @Test("open lets it through, and every single hold stops it", arguments: GatedKind.all)
    func holds(kind: GatedKind) throws {
        let (harness, first, second, pair) = try running()
        let (sender, partner) = (Self.streams(first, towards: second), Self.streams(second, towards: first))
        var number: UInt16 = 2
        var received = Self.last(kind.channel, receivedBy: first)
        second.forgetReceived()
        func pass() throws -> Int {
            let bytes = kind.make(sender, partner, number, received)
            number += 1
            if GatedKind.isRTCP(bytes) {
                try harness.send(rtcp: bytes, from: first)
            } else {
                try harness.send(try first.protect(rtp: bytes), from: first.endpoint)
            }
            defer { second.forgetReceived() }
            return second.media.count + second.feedback.count
        }
        #expect(try pass() == 1, "open")

        let side: Side = kind.isFeedback ? .second : .first
        for (hold, name) in Holds.named {
            var gates = Harness.open
            gates[side, kind.channel] = hold
            try harness.order(.setGates(pair, gates))
            second.forgetReceived()
            #expect(try pass() == 0, "\(name)")
            // Every other gate shut, and this one too: still nothing.
            try harness.order(.setGates(pair, PairGates(all: hold)))
            second.forgetReceived()
            #expect(try pass() == 0, "\(name) everywhere")
        }
        // A hold on chat is nobody's business here.
        var chat = Harness.open
        chat[.first, .chat] = .moderator
        chat[.second, .chat] = .moderator
        try harness.order(.setGates(pair, chat))
        // What was spliced is over: a key frame and an audio packet of each side start anew.
        for browser in [first, second] {
            try harness.send(.audio(100, ssrc: browser.audio, wide: 200), from: browser)
            try harness.send(.video(100, ssrc: browser.video, wide: 201, isKey: true), from: browser)
        }
        received = Self.last(kind.channel, receivedBy: first)
        second.forgetReceived()
        number = kind.testDescription == "retransmission" ? 101 : 300
        #expect(try pass() == 1, "open again")
        #expect(second.failures == 0 && first.failures == 0)
    }

    @Test("a part stops everything at once", arguments: GatedKind.all)
    func part(kind: GatedKind) throws {
        let (harness, first, second, pair) = try running()
        _ = try harness.part(pair)
        let bytes = kind.make(
            Self.streams(first, towards: second), Self.streams(second, towards: first), 2,
            Self.last(kind.channel, receivedBy: first))
        let datagram =
            GatedKind.isRTCP(bytes) ? try first.protect(rtcp: bytes) : try first.protect(rtp: bytes)
        let (outcome, sent) = harness.feed(datagram, from: first.endpoint)
        #expect(outcome == .dropped(.noPair))
        #expect(sent.isEmpty)
    }

    @Test("audio may flow while video is held")
    func partial() throws {
        let (harness, first, second, pair) = try running()
        first.forgetReceived()
        second.forgetReceived()
        var gates = Harness.open
        gates[.first, .video] = .consentPartner
        try harness.order(.setGates(pair, gates))
        try harness.send(.audio(2, ssrc: first.audio, wide: 3), from: first)
        try harness.send(.video(2, ssrc: first.video, wide: 4), from: first)
        #expect(second.media.map(\.ssrc) == [second.parameters.sources.audio])
        try harness.send(.video(2, ssrc: second.video, wide: 3), from: second)
        #expect(first.media.map(\.ssrc) == [first.parameters.sources.video])
    }
}
