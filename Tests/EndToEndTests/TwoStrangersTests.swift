import Foundation
import RelayTestKit
import RelayTypes
import Storage
import Switchboard
import Testing

@Suite("Two strangers and a whole server", .serialized)
struct TwoStrangersTests {
    @Test(
        "meet, stay dark to each other until both have proved their age and agreed, then see and hear each other"
    )
    func heldUntilProven() async throws {
        let house = try await House.open()
        let (ada, bob) = try await house.couple()
        #expect(
            try await house.waitForDrops(.held, atLeast: 200))
        try await house.attest(ada, as: "adult")
        ada.accept()
        try await house.attest(bob, as: "adult")
        // One of the two has not agreed yet: all that both have sent so far is held.
        let held = house.drops(.held)
        #expect(try await house.waitForDrops(.held, atLeast: held + 100))
        #expect(ada.record.value.packetCount == 0)
        #expect(bob.record.value.packetCount == 0)

        let agreed = SystemClock.now
        bob.accept()
        for (visitor, partner) in [(ada, bob), (bob, ada)] {
            try await visitor.allOpen()
            #expect(
                await visitor.record.wait { record in
                    record.streams.values.contains { $0.keyFrames > 0 } && record.packetCount > 100
                })
            let record = visitor.record.value
            #expect(record.packets.allSatisfy { $0.mark?.sender == partner.id })
            #expect(record.packets.allSatisfy { ($0.mark?.sentAt ?? 0) + 1_000_000 >= agreed.nanoseconds })
            #expect(record.packets.first { $0.payloadType == 96 }?.startsKeyFrame == true)
        }
        try await ada.leave()
        #expect(try await bob.signalling.expect("partner_left")["why"]?.string == "left")
        try await bob.leave()
        await house.close()
    }

    @Test("are parted at a report before it is written, and it is written before it is said to be")
    func report() async throws {
        let house = try await House.open()
        let (ada, bob) = try await house.openCouple()
        ada.report("threat")
        #expect(try await ada.signalling.expect("partner_left")["why"]?.string == "cut")
        #expect(try await bob.signalling.expect("cut")["why"]?.string == "policy")
        let received = try await ada.signalling.expect("report_received")
        let id = ReportID(try #require(received["report"]?.string))

        // Another reader of the same file, as after a crash.
        let store = try await SQLiteStore.open(path: house.databasePath)
        let report = try #require(try await store.report(id))
        #expect(report.reason == "threat")
        #expect(report.reporter == ada.peer)
        #expect(report.reported == bob.peer)
        #expect(report.live)
        await store.close()

        // Both go on sending; neither hears any more of the other.
        let unpaired = house.drops(.noPair)
        #expect(try await house.waitForDrops(.noPair, atLeast: unpaired + 50))
        let last = [ada, bob].map { $0.record.value.packets.last?.mark }
        #expect(try await house.waitForDrops(.noPair, atLeast: unpaired + 250))
        #expect([ada, bob].map { $0.record.value.packets.last?.mark } == last)

        // What the reported went on sending meanwhile completes the proof.
        let later = try await SQLiteStore.open(path: house.databasePath)
        var proof: CutProof?
        #expect(
            try await poll {
                proof = try await later.report(id)?.proof
                return proof?.packetsDroppedSince != nil
            })
        let complete = try #require(proof)
        #expect(try #require(complete.packetsDroppedSince) > 0)
        #expect(try #require(complete.countedUntil) > complete.inForceAt)
        await later.close()
        try await ada.leave()
        try await bob.leave()
        await house.close()
    }

    @Test("go on to the next without a new offer, and the partner is told")
    func next() async throws {
        let house = try await House.open()
        let (ada, bob) = try await house.openCouple()
        let cyd = try await house.visitor(3)
        try await house.attest(cyd, as: "adult")
        ada.next()
        #expect(try await bob.signalling.expect("partner_left")["why"]?.string == "next")
        #expect(try await ada.meet() == cyd.meet())
        ada.accept()
        cyd.accept()
        let accepted = SystemClock.now
        for (visitor, partner) in [(ada, cyd), (cyd, ada)] {
            try await visitor.allOpen()
            #expect(
                await visitor.record.wait { record in
                    record.packets.contains { $0.mark?.sender == partner.id && $0.startsKeyFrame }
                })
            let frame = visitor.record.value.packets.first {
                $0.mark?.sender == partner.id && $0.startsKeyFrame
            }
            let milliseconds = (frame?.arrival.nanoseconds(since: accepted) ?? 0) / 1_000_000
            print("next: visitor \(visitor.id) has the first picture \(milliseconds) ms after both accepted")
        }
        #expect(ada.offers == 1)
        #expect(cyd.offers == 1)
        #expect(Set(ada.record.value.packets.filter { $0.payloadType == 96 }.map(\.ssrc)).count == 1)
        for visitor in [ada, bob, cyd] { try await visitor.leave() }
        await house.close()
    }

    @Test("of different bands are parted, nothing has flowed, and neither is told why")
    func differentBands() async throws {
        let house = try await House.open()
        let (ada, bob) = try await house.couple()
        for visitor in [ada, bob] { visitor.accept() }
        try await house.attest(ada, as: "adult")
        try await house.attest(bob, as: "teen")
        for visitor in [ada, bob] {
            #expect(try await visitor.signalling.expect("partner_left")["why"]?.string == "left")
        }
        #expect(house.forwardedPackets == 0)
        #expect(ada.record.value.packetCount == 0)
        #expect(bob.record.value.packetCount == 0)
        try await ada.leave()
        try await bob.leave()
        await house.close()
    }

    @Test("lose a WebSocket and find everything as it was: pair, leg, media")
    func resume() async throws {
        let house = try await House.open()
        let (ada, bob) = try await house.openCouple()
        let (peer, pair) = (ada.peer, ada.pair)
        #expect(try await ada.loseAndResume())
        #expect(ada.peer == peer)
        #expect(try await ada.meet() == pair)
        try await ada.allOpen()
        #expect(ada.offers == 0)
        for visitor in [ada, bob] {
            let count = visitor.record.value.packetCount
            #expect(await visitor.record.wait { $0.packetCount > count + 50 })
            #expect(visitor.record.value.phase == .connected)
        }
        #expect(!bob.signalling.heard.contains { $0.type == "partner_left" })
        try await ada.leave()
        try await bob.leave()
        await house.close()
    }

    @Test("that an operator holds send not one more packet, and go on when released")
    func operatorHold() async throws {
        let house = try await House.open()
        let (ada, bob) = try await house.openCouple()
        _ = try await house.switchboard.order(
            OperatorOrder(action: .hold, pair: ada.pair, reason: "looking"))
        let inForce = SystemClock.now
        let held = house.drops(.held)
        #expect(try await house.waitForDrops(.held, atLeast: held + 200))
        for visitor in [ada, bob] {
            #expect(
                visitor.record.value.packets.allSatisfy { ($0.mark?.sentAt ?? .max) <= inForce.nanoseconds })
        }
        let released = SystemClock.now
        _ = try await house.switchboard.order(
            OperatorOrder(action: .release, pair: ada.pair, reason: "fine"))
        for visitor in [ada, bob] {
            #expect(
                await visitor.record.wait { record in
                    record.packets.contains { $0.startsKeyFrame && $0.arrival > released }
                })
        }
        try await ada.leave()
        try await bob.leave()
        await house.close()
    }

    @Test("are parted when one's media is lost (RFC 7675)")
    func lostMedia() async throws {
        let house = try await House.open(consentTimeout: 2)
        let (ada, bob) = try await house.openCouple()
        ada.browser.vanish()
        #expect(try await bob.signalling.expect("partner_left")["why"]?.string == "lost")
        #expect(try await ada.signalling.expect("error")["code"]?.string == "leg_failed")
        try await ada.leave()
        try await bob.leave()
        await house.close()
    }

    @Test("do not meet through a certificate that the answer does not name")
    func wrongFingerprint() async throws {
        let house = try await House.open()
        var configuration = BrowserConfiguration(senderID: 1)
        configuration.faults = .wrongFingerprint
        let ada = try await Visitor.arrive(port: house.port, configuration)
        ada.signalling.send("join")
        try await ada.answerOffer()
        #expect(try await ada.signalling.expect("error")["code"]?.string == "leg_failed")
        try await ada.leave()
        await house.close()
    }

    @Test("follow a change of address, with a full agent on the other side, through 1 % of loss")
    func roughRoad() async throws {
        let house = try await House.open()
        let ada = try await house.visitor(1) {
            $0.loss = .init(outboundPercent: 1, inboundPercent: 1, seed: 77)
        }
        let bob = try await house.visitor(2) { $0.engine = .libnice }
        #expect(try await ada.meet() == bob.meet())
        for visitor in [ada, bob] {
            try await house.attest(visitor, as: "adult")
            visitor.accept()
        }
        #expect(await ada.record.wait { $0.packetCount > 100 })
        ada.browser.perform(.changeAddress)
        let (atAda, atBob) = (ada.record.value.packetCount, bob.record.value.packetCount)
        #expect(await ada.record.wait { $0.packetCount > atAda + 100 })
        #expect(await bob.record.wait { $0.packetCount > atBob + 100 })
        #expect(await ada.record.wait { $0.recovered > 0 })
        try await ada.leave()
        try await bob.leave()
        await house.close()
    }
}
