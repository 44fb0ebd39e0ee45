import Foundation
import Glibc
import RelayTestKit
import RelayTypes
import Switchboard
import Testing

@testable import Forwarder

@Suite("A whole server with two workers", .serialized)
struct WorkersTests {
    /// A second connection of one person's browser, as the page makes it for a later offer.
    private func answerLaterOffer(_ visitor: Visitor) async throws -> SyntheticBrowser {
        let offer = try await visitor.signalling.expect("offer")
        #expect(offer["ice_restart"]?.bool == false)
        let browser = try SyntheticBrowser(BrowserConfiguration(senderID: visitor.id))
        let sdp = try #require(offer["sdp"]?.string)
        visitor.signalling.send("answer", ["sdp": .text(try browser.answer(sdp))])
        _ = try await visitor.signalling.expect("connected")
        return browser
    }

    private func expectFlow(_ record: Monitor<BrowserRecord>, from sender: UInt32) async {
        let before = record.value.packetCount
        #expect(
            await record.wait { record in
                record.packetCount > before + 100 && record.streams.values.contains { $0.keyFrames > 0 }
            })
        #expect(record.value.packets.last?.mark?.sender == sender)
    }

    @Test("two who landed on different workers meet: one is moved by a fresh offer, and media flows")
    func moved() async throws {
        let house = try await House.open(workers: 2, legs: 2)
        let ports = (0..<2 as Range<UInt16>).compactMap { house.media.candidates(ofWorker: $0).first?.port }
        let (ada, bob) = try await house.openCouple()
        let cyd = try await house.visitor(3)
        try await house.attest(cyd, as: "adult")
        let firstOffer = cyd.signalling.heard.first { $0.type == "offer" }?["sdp"]?.string
        #expect(firstOffer?.contains(" \(ports[1]) typ host") == true, "worker 0 is full")
        try await bob.leave()
        #expect(try await ada.signalling.expect("partner_left")["why"]?.string == "left")
        ada.next()

        let moved = try await answerLaterOffer(cyd)
        let laterOffer = cyd.signalling.heard.last { $0.type == "offer" }?["sdp"]?.string
        #expect(laterOffer?.contains(" \(ports[0]) typ host") == true)
        #expect(try await cyd.meet() == ada.meet())
        #expect(ada.offers == 1)
        for visitor in [ada, cyd] { visitor.accept() }
        for visitor in [ada, cyd] { try await visitor.allOpen() }
        await expectFlow(moved.record, from: ada.id)
        await expectFlow(ada.record, from: cyd.id)
        #expect(cyd.record.value.packetCount == 0, "nothing has come to the leg that was left")
        #expect(await house.switchboard.status().perWorker.map(\.legs) == [2, 0])

        // The worker that has become free again is filled after the first.
        let dan = try await house.visitor(4)
        let offer = dan.signalling.heard.first { $0.type == "offer" }?["sdp"]?.string
        #expect(offer?.contains(" \(ports[1]) typ host") == true)
        for visitor in [ada, cyd, dan] { try await visitor.leave() }
        moved.close()
        await house.close()
    }

    @Test(
        "a worker that stands still loses its pairs and no others; when it goes on it cuts before it forwards"
    )
    func stuck() async throws {
        let house = try await House.open(workers: 2, legs: 2)
        let (ada, bob) = try await house.openCouple()
        let cyd = try await house.visitor(3)
        let dan = try await house.visitor(4)
        #expect(try await cyd.meet() == dan.meet())
        for visitor in [cyd, dan] {
            try await house.attest(visitor, as: "adult")
            visitor.accept()
        }
        for visitor in [cyd, dan] { try await visitor.allOpen() }
        await expectFlow(cyd.record, from: dan.id)

        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        defer { for end in ends { close(end) } }
        house.media.stall(worker: 0, on: ends[0])
        let stalledAt = SystemClock.now
        for visitor in [ada, bob] {
            #expect(try await visitor.signalling.expect("partner_left")["why"]?.string == "lost")
            #expect(try await visitor.signalling.expect("error")["code"]?.string == "leg_failed")
        }
        let noticed = SystemClock.now.nanoseconds(since: stalledAt) / 1_000_000
        print("stuck worker: its people were told after \(noticed) ms")
        let readiness = await house.switchboard.isReady()
        #expect(!readiness.ready && readiness.problems.contains { $0.contains("worker 0 is stuck") })
        await expectFlow(cyd.record, from: dan.id)
        await expectFlow(dan.record, from: cyd.id)

        // Both go on sending all the while, so that packets wait for the worker when it goes on.
        let counts = [ada, bob].map { $0.record.value.packetCount }
        let strangers = house.drops(.unknownAddress)
        #expect(write(ends[1], [1], 1) == 1)
        #expect(try await poll { await house.switchboard.isReady().ready })
        #expect(try await house.waitForDrops(.unknownAddress, atLeast: strangers + 20))
        #expect([ada, bob].map { $0.record.value.packetCount } == counts)

        // It is used again, and first of all.
        let eve = try await house.visitor(5)
        #expect(await house.switchboard.status().perWorker.map(\.legs) == [1, 2])
        for visitor in [ada, bob, cyd, dan, eve] { try await visitor.leave() }
        await house.close()
    }
}
