import MediaControl
import RelayTypes
import Testing
import Wire

@testable import RelayCore

@Suite("Each hold of each channel stops every kind of packet (PROTOCOL.md section 3)")
struct GateTests {
    /// One browser of a pair, and how far its numbers have come.
    private struct Party {
        let browser: TestBrowser
        let side: Side
        var number: UInt16 = 0
        var wide: UInt16 = 1_000
        var lastVideo: UInt16 = 0

        mutating func scene() -> GatedKind.Scene {
            number += 1
            wide += 1
            let sources = browser.parameters.sources
            func last(_ ssrc: UInt32) -> UInt16 {
                browser.media.last { $0.ssrc == ssrc }?.sequenceNumber ?? 0
            }
            return GatedKind.Scene(
                audio: browser.audio, video: browser.video, retransmission: browser.retransmission,
                received: sources, number: number, wide: wide, lastVideo: lastVideo,
                receivedAudio: last(sources.audio), receivedVideo: last(sources.video),
                receivedRetransmission: last(sources.retransmission),
                receivedWide: browser.media.last?.transportWideNumber ?? 0)
        }

        /// One packet of each stream, which starts it where its gate is open.
        mutating func play(_ harness: Harness) throws {
            let scene = self.scene()
            lastVideo = scene.number
            try harness.send(.audio(scene.number, ssrc: browser.audio, wide: scene.wide), from: browser)
            wide += 1
            try harness.send(
                .video(scene.number, ssrc: browser.video, wide: wide, isKey: true), from: browser)
            wide += 1
            try harness.send(
                .retransmission(scene.number, of: lastVideo, ssrc: browser.retransmission, wide: wide),
                from: browser)
        }
    }

    /// Two browsers that have exchanged audio, video and retransmissions.
    private func running() throws -> (Harness, Party, Party, PairSlot) {
        let harness = try Harness()
        let (first, second) = (try TestBrowser(1), try TestBrowser(2))
        try harness.connect(first)
        try harness.connect(second)
        let pair = try harness.pair(first, second)
        var (one, other) = (Party(browser: first, side: .first), Party(browser: second, side: .second))
        try one.play(harness)
        try other.play(harness)
        return (harness, one, other, pair)
    }

    private static func datagram(_ kind: GatedKind, of party: inout Party) throws -> [UInt8] {
        let bytes = kind.make(party.scene())
        return kind.isRTCP ? try party.browser.protect(rtcp: bytes) : try party.browser.protect(rtp: bytes)
    }

    /// How many datagrams reach the other browser for one packet.
    private static func passed(
        _ harness: Harness, _ kind: GatedKind, from party: inout Party, to other: Party
    ) throws -> Int {
        // Another key frame may be asked for by then.
        harness.advance(milliseconds: 300)
        let (_, sent) = harness.feed(try datagram(kind, of: &party), from: party.browser.endpoint)
        return sent.filter { $0.destination == other.browser.endpoint }.count
    }

    /// The gates open, but for those that the rule names.
    private static func gates(_ rule: GatedKind.Rule, from side: Side, _ hold: Holds) -> PairGates {
        var gates = Harness.open
        switch rule {
        case .own(let channel): gates[side, channel] = hold
        case .partners(let channel): gates[side.other, channel] = hold
        case .anyOfPartners:
            gates[side.other, .audio] = hold
            gates[side.other, .video] = hold
        case .never: gates = PairGates(all: hold)
        }
        return gates
    }

    @Test("there are as many holds as a set has bits, and every set but the empty one shuts")
    func everyHold() {
        #expect(Holds.named.count == Holds.RawValue.bitWidth)
        #expect(Set(Holds.named.map(\.name)).count == Holds.named.count)
        #expect(Holds.named.allSatisfy { $0.hold.rawValue.nonzeroBitCount == 1 })
        #expect(Holds.named.reduce(0) { $0 | $1.hold.rawValue } == .max)
        for value in 0...Holds.RawValue.max {
            #expect(Gate.isOpen(Holds(rawValue: value)) == (value == 0))
            let passage = Gate.passage(through: Holds(rawValue: value)) != nil
            #expect(passage == (value == 0))
        }
    }

    @Test(
        "open lets it through, every single hold stops it, and the release lets it through again",
        arguments: GatedKind.all, Side.allCases)
    func holds(kind: GatedKind, side: Side) throws {
        let (harness, first, second, pair) = try running()
        var (sender, partner) = side == .first ? (first, second) : (second, first)
        let expected = kind.rule == .never ? 0 : 1
        #expect(try Self.passed(harness, kind, from: &sender, to: partner) == expected, "open")
        for (hold, name) in Holds.named {
            // The gates that it must obey, then every gate.
            for gates in [Self.gates(kind.rule, from: side, hold), PairGates(all: hold)] {
                try harness.order(.setGates(pair, gates))
                for browser in [sender.browser, partner.browser] {
                    try harness.send(browser.check(), from: browser.endpoint)
                }
                #expect(try Self.passed(harness, kind, from: &sender, to: partner) == 0, "\(name)")
                try harness.order(.setGates(pair, Harness.open))
                // What was spliced is over: it starts anew.
                try sender.play(harness)
                try partner.play(harness)
                #expect(
                    try Self.passed(harness, kind, from: &sender, to: partner) == expected,
                    "\(name), released")
            }
        }
        #expect(sender.browser.failures == 0 && partner.browser.failures == 0)
    }

    @Test("holds on what it is not about do not stop it", arguments: GatedKind.all)
    func othersHolds(kind: GatedKind) throws {
        let (harness, first, second, pair) = try running()
        var sender = first
        var gates = PairGates(all: .moderator)
        switch kind.rule {
        case .own(let channel): gates[.first, channel] = []
        case .partners(let channel): gates[.second, channel] = []
        case .anyOfPartners: gates[.second, .audio] = []
        case .never: return
        }
        try harness.order(.setGates(pair, gates))
        var partner = second
        try sender.play(harness)
        try partner.play(harness)
        #expect(try Self.passed(harness, kind, from: &sender, to: partner) == 1)
    }

    @Test("a part stops everything at once", arguments: GatedKind.all, Side.allCases)
    func part(kind: GatedKind, side: Side) throws {
        let (harness, first, second, pair) = try running()
        var sender = side == .first ? first : second
        _ = try harness.part(pair)
        let (outcome, sent) = harness.feed(
            try Self.datagram(kind, of: &sender), from: sender.browser.endpoint)
        #expect(outcome == .dropped(.noPair))
        #expect(sent.isEmpty)
    }

    @Test("audio may flow while video is held")
    func partial() throws {
        let (harness, one, other, pair) = try running()
        let (first, second) = (one.browser, other.browser)
        first.forgetReceived()
        second.forgetReceived()
        var gates = Harness.open
        gates[.first, .video] = .consentPartner
        try harness.order(.setGates(pair, gates))
        try harness.send(.audio(2, ssrc: first.audio, wide: 1_010), from: first)
        try harness.send(.video(2, ssrc: first.video, wide: 1_011), from: first)
        #expect(second.media.map(\.ssrc) == [second.parameters.sources.audio])
        try harness.send(.video(2, ssrc: second.video, wide: 1_010), from: second)
        #expect(first.media.map(\.ssrc) == [first.parameters.sources.video])
    }
}
