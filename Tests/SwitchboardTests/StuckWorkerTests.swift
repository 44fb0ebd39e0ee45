import MediaControl
import RelayTypes
import Signalling
import Storage
import Switchboard
import Testing

@Suite("A worker that is stuck")
struct StuckWorkerTests {
    @Test("is noticed within 2 s: its pairs end with lost, the others go on, and readyz says so")
    func noticed() async throws {
        let stage = try await Stage(workers: 3, legs: 2)
        defer { stage.close() }
        let (first, second, _) = try await stage.openPair()
        let (third, fourth, pair) = try await stage.openPair()
        await stage.advance(steps: 4, ofMilliseconds: 250)
        stage.media.stall(worker: 0)
        await stage.advance(steps: 5, ofMilliseconds: 250)
        #expect(first.link.all.isEmpty)
        #expect(await stage.switchboard.isReady().ready)
        await stage.advance(steps: 3, ofMilliseconds: 250)
        for person in [first, second] {
            #expect(person.link.sofar(\.partnerLeft) == [.lost])
            #expect(person.link.sofar(\.errorCode) == [.legFailed])
        }
        #expect(third.link.all.isEmpty && fourth.link.all.isEmpty)
        #expect(await stage.switchboard.pair(pair) != nil)
        let readiness = await stage.switchboard.isReady()
        #expect(!readiness.ready)
        #expect(readiness.problems.contains { $0.hasPrefix("media worker 0 is stuck") })
        let metrics = await stage.switchboard.metrics()
        #expect(metrics.workers.map(\.isStuck) == [true, false, false])
        #expect(metrics.workersStuck == 1)
        #expect(metrics.legsEnded == ["worker_stuck": 2])
    }

    @Test("gets no new legs, and is used again when it goes on")
    func back() async throws {
        let stage = try await Stage(workers: 2, legs: 2)
        defer { stage.close() }
        stage.media.stall(worker: 0)
        await stage.advance(steps: 8, ofMilliseconds: 250)
        _ = try await stage.joined()
        #expect(stage.media.lastLeg?.worker == 1)
        stage.media.goOn(worker: 0)
        await stage.advance(steps: 1, ofMilliseconds: 250)
        #expect(await stage.switchboard.isReady().ready)
        let person = try await stage.person()
        await person.say(.join(JoinRequest()))
        #expect(stage.media.lastLeg?.worker == 0)
    }

    @Test("a machine that stood still as a whole is no stuck worker")
    func standstill() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (first, _, _) = try await stage.openPair()
        await stage.advance(steps: 4, ofMilliseconds: 250)
        stage.media.stall(worker: 0)
        await stage.advance(seconds: 3_600)
        #expect(first.link.sofar(\.partnerLeft).isEmpty)
    }

    @Test(
        "an operator's order that it does not confirm is answered all the same",
        arguments: OperatorOrder.Action.allCases)
    func unconfirmed(action: OperatorOrder.Action) async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (_, _, pair) = try await stage.openPair()
        stage.media.stall(worker: 0)
        let before = stage.media.orders.count
        let answer = Task {
            try await stage.switchboard.order(OperatorOrder(action: action, pair: pair, reason: "test"))
        }
        while stage.media.orders.count == before { await Task.yield() }
        await stage.advance(seconds: 2)
        let outcome = await answer.result
        #expect(throws: AdminError.workerSilent) { _ = try outcome.get() }
    }

    @Test("a report of a pair that it carries is kept, without the time of a cut that was not confirmed")
    func report() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (first, second, pair) = try await stage.openPair()
        stage.media.stall(worker: 0)
        async let said: Void = first.say(.report(ReportRequest(reason: "threat", pair: pair)))
        while stage.media.parted == 0 { await Task.yield() }
        #expect(second.link.all.isEmpty, "a cut is told when it is in force")
        await stage.advance(seconds: 2)
        await said
        #expect(second.link.sofar(\.cutReason) == [.policy])
        let id = try #require(await first.link.first(\.reportID))
        let record = try #require(try await stage.store.report(id))
        #expect(record.live && record.cutInForceMicroseconds == nil)
    }

    @Test(
        "somebody who is being moved away from it arrives; somebody who is moved to it goes on where they are"
    )
    func moving() async throws {
        for stuck in [0, 1] as [UInt16] {
            let stage = try await Stage(workers: 2, legs: 2)
            defer { stage.close() }
            let (near, third, _) = try await stage.pair()
            let far = try await stage.joined()
            await third.close()
            far.link.forget()
            await near.say(.next(pair: nil, block: false))
            await stage.advance(seconds: 3)
            let slot = try #require(stage.media.lastLeg)
            #expect(slot.worker == 0)
            await far.say(.answer(sdp: Person.answer))
            stage.media.stall(worker: stuck)
            await stage.advance(steps: 8, ofMilliseconds: 250)
            if stuck == 1 {
                await stage.switchboard.handle(.connected(slot))
                #expect(far.link.sofar(\.matchedPair).count == 1)
            } else {
                #expect(far.link.sofar(\.errorCode).isEmpty)
                #expect(await stage.switchboard.status().waiting == 1)
                let new = try await stage.joined()
                #expect(await far.link.first(\.matchedPair) == new.link.first(\.matchedPair))
            }
        }
    }
}
