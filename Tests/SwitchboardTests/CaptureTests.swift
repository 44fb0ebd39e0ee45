import Foundation
import MediaControl
import ReferenceTools
import RelayTypes
import Signalling
import Storage
import Switchboard
import Testing

@Suite("A capture is in the audit log before it begins, and bounded")
struct CaptureTests {
    private let who = Operator("Ada") ?? .unnamed

    private func order(
        _ pair: PairID, peer: PeerID? = nil, seconds: Int = 10, headersOnly: Bool = true
    ) -> CaptureOrder {
        CaptureOrder(pair: pair, peer: peer, directions: .both, seconds: seconds, headersOnly: headersOnly)
    }

    private func captures(_ stage: Stage) -> [CaptureRequest] {
        stage.media.orders.compactMap { if case .capture(_, let request) = $0 { request } else { nil } }
    }

    private func ends(_ stage: Stage) -> Int {
        stage.media.count { if case .endCapture = $0 { true } else { false } }
    }

    /// What a worker would copy.
    private func write(
        _ length: Int, of side: Side, into ring: CaptureRing, _ position: inout UInt64, dropped: Bool = false
    ) {
        let packet = [UInt8](repeating: 0x80, count: length)
        let facts = CapturedPacket(
            at: MonotonicInstant(nanoseconds: 1_000_000_000 + position), side: side,
            direction: side == .first ? .inbound : .outbound, dropped: dropped ? .held : nil,
            originalLength: length + 100)
        _ = ring.write(packet.span.bytes, length: length, facts, at: &position)
        ring.publish(through: position)
    }

    private func all(_ capture: PairCapture) async throws -> PcapngReader {
        var bytes: [UInt8] = []
        while let piece = await capture.next() { bytes += piece }
        return try PcapngReader(bytes)
    }

    private func refusal(_ stage: Stage, _ order: CaptureOrder) async -> CaptureRefusal? {
        do throws(CaptureRefusal) {
            _ = try await stage.switchboard.capture(order, by: who)
            return nil
        } catch {
            return error
        }
    }

    @Test("who, which pair, how long and whether with payload are noted; then the packets come as pcapng")
    func course() async throws {
        let wall = Date(timeIntervalSince1970: Date().timeIntervalSince1970.rounded())
        let stage = try await Stage { $0.wallClock = { wall } }
        defer { stage.close() }
        let (first, second, pair) = try await stage.openPair()
        let capture = try await stage.switchboard.capture(order(pair), by: who)
        let entry = try #require(try await stage.switchboard.auditPage(after: 0, limit: 1_000).entries.last)
        #expect(entry.what == "pair.capture" && entry.who == "Ada" && entry.subject == pair.text)
        let request = try #require(captures(stage).first)
        #expect(request.headersOnly && request.sides == Side.allCases && request.directions == .both)

        var position: UInt64 = 0
        write(20, of: .first, into: request.ring, &position)
        write(12, of: .second, into: request.ring, &position)
        write(16, of: .first, into: request.ring, &position, dropped: true)
        request.ring.end()
        let file = try await all(capture)
        #expect(
            file.interfaces.map(\.linkType) == [101, 101] && file.interfaces.map(\.resolution) == [9, 9])
        #expect(file.interfaces.map(\.name) == [first, second].map { "leg of \($0.welcome.peer)" })
        #expect(file.interfaces.map(\.received) == [2, 1] && file.interfaces.map(\.dropped) == [0, 0])
        #expect(file.packets.map(\.payload.count) == [20, 12, 16])
        #expect(file.packets.map(\.payloadLength) == [120, 112, 116])
        #expect(
            file.packets.map(\.direction) == [1, 2, 1]
                && file.packets.map(\.comment) == ["", "", "dropped: held"])
        // Documentation addresses (RFC 5737), whatever the real ones are.
        #expect(file.packets.map(\.source) == ["198.51.100.1", "192.0.2.1", "198.51.100.1"])
        #expect(file.packets[1].destination == "203.0.113.1" && file.packets[0].destinationPort == 3_478)
        let second0 = file.packets[0].time / 1_000_000_000
        #expect(abs(Int(second0) - Int(wall.timeIntervalSince1970)) <= 10)
        #expect(ends(stage) == 1)
        #expect(await refusal(stage, order(pair)) == nil, "it is free again")
    }

    @Test("whole addresses where the operator shows them")
    func addresses() async throws {
        let stage = try await Stage { $0.showsAddresses = true }
        defer { stage.close() }
        let (_, _, pair) = try await stage.openPair()
        let capture = try await stage.switchboard.capture(order(pair), by: who)
        let ring = try #require(captures(stage).first?.ring)
        var position: UInt64 = 0
        write(20, of: .first, into: ring, &position)
        ring.end()
        let file = try await all(capture)
        #expect(
            file.packets.map(\.source) == ["192.0.2.1"] && file.packets.map(\.destination) == ["127.0.0.1"])
    }

    @Test("what is not in the log is not captured, and is not in it later either")
    func fullDisk() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (_, _, pair) = try await stage.openPair()
        try await stage.store.limitGrowth(pages: 0)
        // Until the last free page is used up, an entry still fits.
        var refused = false
        for _ in 0..<2_000 where !refused {
            switch await refusal(stage, order(pair)) {
            case .notAudited: refused = true
            default:
                captures(stage).last?.ring.end()
                await stage.advance(seconds: 20)
            }
        }
        #expect(refused)
        let begun = captures(stage).count
        let audited = try await stage.switchboard.auditPage(after: 0, limit: 1_000).entries
            .count { $0.what == "pair.capture" }
        #expect(audited == begun)
        try await stage.store.limitGrowth(pages: nil)
        await stage.advance(seconds: 5)
        #expect(captures(stage).count == begun)
        #expect(
            try await stage.switchboard.auditPage(after: 0, limit: 1_000).entries
                .count { $0.what == "pair.capture" } == begun)
    }

    @Test("too long, with payload, of a stranger, of no media, twice on one worker: refused, and not noted")
    func refusals() async throws {
        let stage = try await Stage { $0.capture.seconds = 30 }
        defer { stage.close() }
        let (first, _, pair) = try await stage.openPair()
        let before = try await stage.switchboard.auditPage(after: 0, limit: 1_000).entries.count
        #expect(await refusal(stage, order(PairID("nobody"))) == .unknownPair)
        #expect(await refusal(stage, order(pair, seconds: 31)) == .tooLong(most: 30))
        #expect(await refusal(stage, order(pair, headersOnly: false)) == .payloadForbidden)
        #expect(await refusal(stage, order(pair, peer: PeerID("somebody"))) == .notOfThePair)
        #expect(captures(stage).isEmpty)
        #expect(try await stage.switchboard.auditPage(after: 0, limit: 1_000).entries.count == before)

        let capture = try await stage.switchboard.capture(
            order(pair, peer: first.welcome.peer), by: who)
        #expect(captures(stage).first?.sides == [.first])
        #expect(await refusal(stage, order(pair)) == .busy)
        await capture.close()
        await capture.close()
        #expect(ends(stage) == 1)
        #expect(await refusal(stage, order(pair)) == nil)

        let text = try await Stage()
        defer { text.close() }
        let (_, _, silent) = try await text.pair(media: .text)
        #expect(await refusal(text, order(silent)) == .noMedia)
    }

    @Test("it ends at its time, and at its size; what is beyond is counted")
    func bounds() async throws {
        let stage = try await Stage { $0.capture.bytes = 4_096 }
        defer { stage.close() }
        let (_, _, pair) = try await stage.openPair()
        let capture = try await stage.switchboard.capture(order(pair), by: who)
        let ring = try #require(captures(stage).first?.ring)
        var bytes = try #require(await capture.next())
        var position: UInt64 = 0
        for _ in 0..<100 { write(200, of: .first, into: ring, &position) }
        while let piece = await capture.next() { bytes += piece }
        #expect(bytes.count <= 4_096)
        let file = try PcapngReader(bytes)
        #expect(file.packets.count > 3)
        #expect(file.interfaces[0].received == 100)
        #expect(file.interfaces[0].dropped == UInt64(100 - file.packets.count))

        let timed = try await stage.switchboard.capture(order(pair, seconds: 2), by: who)
        _ = await timed.next()
        stage.media.advance(seconds: 3)
        _ = await timed.next()
        #expect(await timed.next() == nil)
        #expect(ends(stage) == 2)
    }

    @Test("a capture that nobody reads ends by itself")
    func abandoned() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (_, _, pair) = try await stage.openPair()
        let capture = try await stage.switchboard.capture(order(pair, seconds: 2), by: who)
        await stage.advance(seconds: 3)
        #expect(ends(stage) == 0)
        await stage.advance(seconds: 5)
        #expect(ends(stage) == 1)
        #expect(await refusal(stage, order(pair)) == nil)
        await capture.close()
        // An old one that comes to its end late does not free the place of the next.
        #expect(await refusal(stage, order(pair)) == .busy)
    }
}
