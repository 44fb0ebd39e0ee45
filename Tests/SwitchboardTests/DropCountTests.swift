import Foundation
import MediaControl
import RelayTypes
import Signalling
import Storage
import Testing

@testable import Switchboard

@Suite("The proof of a cut tells what the reported went on sending")
struct DropCountTests {
    /// A report that has been written, and its cut.
    private struct Reported {
        let report: ReportID
        let reported: Person
        let cutAt: MonotonicInstant
        /// Of the reported.
        let leg: LegSlot
        /// How many legs had been asked for before.
        let before: Int
    }

    private func reported(_ stage: Stage) async throws -> Reported {
        let (first, second, pair) = try await stage.openPair()
        let leg = try #require(await stage.switchboard.leg(of: second.welcome.peer))
        let (cutAt, before) = (stage.media.now, stage.inspected.count)
        await first.say(.report(ReportRequest(reason: "threat", pair: pair)))
        return Reported(
            report: try #require(await first.link.first(\.reportID)), reported: second, cutAt: cutAt,
            leg: leg,
            before: before)
    }

    /// The proof once it is complete.
    private func proof(of report: ReportID, _ stage: Stage) async throws -> CutProof {
        while true {
            let proof = try #require(try await stage.store.report(report)?.proof)
            if proof.packetsDroppedSince != nil { return proof }
            await Task.yield()
        }
    }

    @Test("counted on the leg of the reported, two seconds after the cut, and shown")
    func counted() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let one = try await reported(stage)
        stage.media.setSinceParted(SinceParted(at: one.cutAt, droppedPackets: 104))
        stage.media.advance(milliseconds: 1_990)
        await stage.switchboard.tick()
        #expect(stage.inspected.count == one.before, "not before its time")
        #expect(try await stage.store.report(one.report)?.proof?.packetsDroppedSince == nil)
        let asked = Date()
        stage.media.advance(milliseconds: 10)
        await stage.switchboard.tick()
        let proof = try await proof(of: one.report, stage)
        let until = try #require(proof.countedUntil)
        #expect(proof.packetsDroppedSince == 104 && until >= asked.addingTimeInterval(-0.001))
        #expect(stage.inspected.dropFirst(one.before) == [one.leg])
        let view = try await stage.switchboard.report(one.report)
        #expect(view.proof?.packetsDroppedSince == 104)
        #expect(view.proof?.countedUntil == stage.switchboard.timestamp(until))
    }

    @Test("of a leg that is closed before, what came until then")
    func closed() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let one = try await reported(stage)
        stage.media.setSinceParted(SinceParted(at: one.cutAt, droppedPackets: 7))
        await one.reported.close()
        #expect(try await proof(of: one.report, stage).packetsDroppedSince == 7)
        let orders = stage.media.orders
        let asked = try #require(orders.lastIndex(of: .inspectLeg(one.leg)))
        let closed = try #require(orders.lastIndex(of: .closeLeg(one.leg)))
        #expect(asked < closed)
        await stage.advance(seconds: 3)
        #expect(stage.inspected.dropFirst(one.before) == [one.leg], "once")
    }

    @Test("of a leg that has been in another pair since, nothing is claimed")
    func anotherPair() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let one = try await reported(stage)
        stage.media.setSinceParted(
            SinceParted(at: one.cutAt.advanced(byMilliseconds: 500), droppedPackets: 9))
        await stage.advance(seconds: 2)
        // The leg's answer comes before that of a later question.
        _ = await stage.switchboard.perform(.closeLeg(LegSlot(worker: 0, index: 63, generation: 9)))
        #expect(stage.inspected.dropFirst(one.before) == [one.leg])
        #expect(try await stage.store.report(one.report)?.proof?.packetsDroppedSince == nil)
    }

    @Test("on a full disk it is written behind its report, when there is room")
    func fullDisk() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (first, _, pair) = try await stage.openPair()
        try await stage.fillDisk()
        let cutAt = stage.media.now
        let long = String(repeating: "long ", count: 4_000)
        await first.say(.report(ReportRequest(reason: "threat", comment: long, pair: pair)))
        #expect(await first.link.first(\.errorCode) == .unavailable)
        stage.media.setSinceParted(SinceParted(at: cutAt, droppedPackets: 11))
        await stage.advance(seconds: 2)
        while await stage.switchboard.records.waiting < 2 { await Task.yield() }
        try await stage.store.limitGrowth(pages: nil)
        let report = try #require(await first.link.first(\.reportID))
        #expect(try await proof(of: report, stage).packetsDroppedSince == 11)
    }

    @Test("of both, where a report from outside is about the pair")
    func outside() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (_, _, pair) = try await stage.openPair()
        let (cutAt, before) = (stage.media.now, stage.inspected.count)
        let receipt = try await stage.switchboard.take(
            OutsideReport(
                source: ReportSource(name: "classifier", kind: .classifier), pair: pair, peer: nil,
                reason: "nudity"))
        #expect(receipt.cut && receipt.reports.count == 2)
        stage.media.setSinceParted(SinceParted(at: cutAt, droppedPackets: 3))
        await stage.advance(seconds: 2)
        for report in receipt.reports {
            #expect(try await proof(of: report, stage).packetsDroppedSince == 3)
        }
        #expect(Set(stage.inspected.dropFirst(before)).count == 2)
    }

    @Test("a text pair has no packets, and nobody is asked")
    func text() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (first, _, pair) = try await stage.textPair()
        await first.say(.report(ReportRequest(reason: "spam", pair: pair)))
        let report = try #require(await first.link.first(\.reportID))
        await stage.advance(seconds: 3)
        #expect(stage.inspected == [])
        let proof = try #require(try await stage.store.report(report)?.proof)
        #expect(proof.packetsDroppedSince == nil && proof.countedUntil == nil)
    }
}

extension Stage {
    /// Legs that were asked for, in that order.
    fileprivate var inspected: [LegSlot] {
        media.orders.compactMap { if case .inspectLeg(let slot) = $0 { slot } else { nil } }
    }
}

extension Switchboard {
    fileprivate func leg(of peer: PeerID) -> LegSlot? { peers[peer]?.leg?.slot }
}
