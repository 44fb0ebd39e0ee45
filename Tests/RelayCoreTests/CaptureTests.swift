import MediaControl
import RelayCore
import RelayTypes
import Testing

@Suite("What an operator captures of a pair")
struct CaptureTests {
    private struct Record {
        let facts: CapturedPacket
        let bytes: [UInt8]
    }

    private func records(_ ring: CaptureRing) -> [Record] {
        var result: [Record] = []
        ring.drain { facts, content in
            result.append(Record(facts: facts, bytes: content.withUnsafeBytes { Array($0) }))
        }
        return result
    }

    private func request(
        _ ring: CaptureRing, sides: [Side] = Side.allCases, _ directions: CaptureDirections = .both,
        headersOnly: Bool = true
    ) -> CaptureRequest {
        CaptureRequest(ring: ring, sides: sides, directions: directions, headersOnly: headersOnly)
    }

    private struct Scene {
        let harness: Harness
        let first: TestBrowser
        let second: TestBrowser
        let pair: PairSlot
    }

    private func scene(
        gates: PairGates = Harness.open, srtp: SRTPImplementation = .openssl
    ) throws -> Scene {
        let harness = try Harness(srtp: srtp)
        let (first, second) = (try TestBrowser(1), try TestBrowser(2))
        try harness.connect(first)
        try harness.connect(second)
        return Scene(
            harness: harness, first: first, second: second,
            pair: try harness.pair(first, second, gates: gates))
    }

    @Test(
        "headers are there as they came and as they went, and nothing of what was said",
        arguments: SRTPImplementation.allCases)
    func headers(srtp: SRTPImplementation) throws {
        let scene = try scene(srtp: srtp)
        let ring = CaptureRing(capacity: 65_536)
        #expect(try scene.harness.isAccepted(.capture(scene.pair, request(ring))))
        let packet = TestPacket.audio(100, at: 4_800, ssrc: scene.first.audio, wide: 7)
        try scene.harness.send(packet, from: scene.first)
        let seen = records(ring).filter { $0.bytes.count > 1 && $0.bytes[1] & 0x7f == packet.payloadType }
        #expect(seen.map(\.facts.direction) == [.inbound, .outbound])
        #expect(seen.map(\.facts.side) == [.first, .second])
        #expect(seen.allSatisfy { $0.facts.originalLength == packet.bytes.count && $0.facts.dropped == nil })
        #expect(seen.allSatisfy { $0.facts.at == scene.harness.now })
        let header = packet.bytes.count - packet.payload.count
        #expect(seen[0].bytes == Array(packet.bytes[..<header]))
        let received = try #require(scene.second.media.last)
        #expect(seen[1].bytes == Array(received.bytes[..<header]))
        #expect(received.ssrc == scene.second.parameters.sources.audio && received.payload == packet.payload)
    }

    @Test("with the payload it is the whole packet, padding included")
    func payload() throws {
        let scene = try scene()
        let ring = CaptureRing(capacity: 65_536)
        #expect(
            try scene.harness.isAccepted(.capture(scene.pair, request(ring, .inbound, headersOnly: false))))
        let packet = TestPacket.video(9, ssrc: scene.first.video, wide: 1, isKey: true)
        let probe = TestPacket.probe(10, ssrc: scene.first.retransmission, wide: 2)
        for packet in [packet, probe] { try scene.harness.send(packet, from: scene.first) }
        #expect(records(ring).map(\.bytes) == [packet.bytes, probe.bytes])
    }

    @Test("what is held says so; what fails authentication is not there; only the side and the way asked for")
    func chosen() throws {
        let scene = try scene(gates: PairGates())
        let ring = CaptureRing(capacity: 65_536)
        #expect(try scene.harness.isAccepted(.capture(scene.pair, request(ring, sides: [.second], .inbound))))
        try scene.harness.send(.audio(1, ssrc: scene.first.audio), from: scene.first)
        try scene.harness.send(.audio(1, ssrc: scene.second.audio), from: scene.second)
        var forged = try scene.second.protect(TestPacket.audio(2, ssrc: scene.second.audio))
        forged[forged.count - 1] ^= 1
        try scene.harness.send(forged, from: scene.second.endpoint)
        let seen = records(ring)
        #expect(seen.count == 1)
        #expect(seen.first?.facts.dropped == .held && seen.first?.facts.side == .second)
    }

    @Test("reports and feedback are whole; a name, and what an application says, are not there")
    func feedback() throws {
        let scene = try scene()
        let ring = CaptureRing(capacity: 65_536)
        #expect(try scene.harness.isAccepted(.capture(scene.pair, request(ring, sides: [.first], .inbound))))
        let ssrc = (0..<4).map { UInt8(truncatingIfNeeded: scene.first.audio >> (24 - 8 * UInt32($0))) }
        let report: [UInt8] = [0x80, 201, 0, 1] + ssrc
        let name = Array("secret@cname".utf8)
        let description: [UInt8] = [0x81, 202, 0, 5] + ssrc + [1, UInt8(name.count)] + name + [0, 0]
        let application: [UInt8] = [0x80, 204, 0, 3] + ssrc + Array("TALKhush".utf8)
        try scene.harness.send(rtcp: report + description, from: scene.first)
        try scene.harness.send(rtcp: report + application, from: scene.first)
        let seen = records(ring)
        #expect(seen.map(\.bytes) == [report + description.prefix(8), report + application.prefix(8)])
        #expect(
            seen.map(\.facts.originalLength) == [
                report.count + description.count, report.count + application.count,
            ])
    }

    @Test("it ends with its order, with its pair, and with the server; a second one is refused meanwhile")
    func ends() throws {
        let scene = try scene()
        let (ring, other) = (CaptureRing(capacity: 65_536), CaptureRing(capacity: 65_536))
        #expect(try !scene.harness.isAccepted(.capture(scene.pair, request(ring, sides: []))))
        #expect(try scene.harness.isAccepted(.capture(scene.pair, request(ring))))
        #expect(try !scene.harness.isAccepted(.capture(scene.pair, request(other))))
        #expect(try !scene.harness.isAccepted(.endCapture(scene.pair, other)))
        try scene.harness.send(.audio(1, ssrc: scene.first.audio), from: scene.first)
        #expect(!ring.hasEnded)
        #expect(try scene.harness.isAccepted(.endCapture(scene.pair, ring)))
        #expect(ring.hasEnded && !records(ring).isEmpty)
        try scene.harness.send(.audio(2, ssrc: scene.first.audio), from: scene.first)
        #expect(records(ring).isEmpty && scene.second.media.count == 2)
        #expect(try !scene.harness.isAccepted(.endCapture(scene.pair, ring)))

        #expect(try scene.harness.isAccepted(.capture(scene.pair, request(other))))
        _ = try scene.harness.part(scene.pair)
        #expect(other.hasEnded)
        #expect(try !scene.harness.isAccepted(.capture(scene.pair, request(ring))), "the slot has no tenant")
        try scene.harness.send(.audio(3, ssrc: scene.first.audio), from: scene.first)

        let again = try scene.harness.pair(scene.first, scene.second, generation: 2)
        let last = CaptureRing(capacity: 65_536)
        #expect(try scene.harness.isAccepted(.capture(again, request(last))))
        #expect(try scene.harness.isAccepted(.closeLeg(scene.first.slot)))
        #expect(last.hasEnded)
    }

    @Test("a full ring holds nobody up: every packet is forwarded, and what is missing is counted")
    func full() throws {
        let scene = try scene()
        let ring = CaptureRing(capacity: 4_096)
        #expect(try scene.harness.isAccepted(.capture(scene.pair, request(ring, headersOnly: false))))
        for number in 0..<1_000 {
            try scene.harness.send(
                .audio(UInt16(number), at: UInt32(960 * number), ssrc: scene.first.audio), from: scene.first)
        }
        #expect(scene.second.media.count == 1_000)
        #expect(ring.seen(.first) >= 1_000 && ring.lost(.first) > 0 && ring.lost(.second) > 0)
        let kept = UInt64(records(ring).count)
        #expect(kept + ring.lost(.first) + ring.lost(.second) == ring.seen(.first) + ring.seen(.second))
    }
}
