import MediaControl
import RelayTypes
import Signalling
import Storage
import Testing

@testable import Switchboard

@Suite("Waits, releases and workers are measured")
struct FiguresTests {
    private func count(_ durations: Durations) -> UInt64 { durations.buckets.last?.count ?? 0 }

    @Test(
        "the wait for a partner counts from join, and again from next; the first packet counts once for each")
    func waits() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (first, second, _) = try await stage.pair()
        var snapshot = await stage.switchboard.metrics()
        #expect(count(snapshot.joinToConnected) == 2 && count(snapshot.joinToMatched) == 2)
        #expect(count(snapshot.joinToFirstPacket) == 0)

        let slot = try #require(stage.media.lastPair)
        await stage.switchboard.handle(
            .started(slot, from: .first, at: stage.media.now.advanced(bySeconds: 7)))
        snapshot = await stage.switchboard.metrics()
        #expect(count(snapshot.joinToFirstPacket) == 1)
        #expect(snapshot.joinToFirstPacket.sum == 7)
        #expect(snapshot.joinToFirstPacket.buckets.first { $0.upperBound == 5 }?.count == 0)
        #expect(snapshot.joinToFirstPacket.buckets.first { $0.upperBound == 10 }?.count == 1)

        // An event of a pair that is over says nothing about the next tenant of its place.
        let stale = PairSlot(worker: slot.worker, index: slot.index, generation: slot.generation &+ 1)
        await stage.switchboard.handle(.started(stale, from: .second, at: stage.media.now))
        #expect(count(await stage.switchboard.metrics().joinToFirstPacket) == 1)

        await first.say(.next(pair: nil, block: false))
        await second.say(.leave)
        await stage.advance(seconds: 4)
        let third = try await stage.joined()
        _ = try #require(await third.link.first(\.matchedPair))
        snapshot = await stage.switchboard.metrics()
        #expect(count(snapshot.joinToMatched) == 4)
        #expect(snapshot.joinToMatched.sum == 4, "one of the four has waited, from next")
    }

    @Test("an accept that opens a gate is a release; one that leaves a reason to hold is none")
    func release() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (first, second, pair) = try await stage.pair(bands: "adult")
        await first.say(.accept(pair: pair))
        #expect(count(await stage.switchboard.metrics().releaseLatency) == 0)
        stage.media.holdAnswers()
        await second.say(.accept(pair: pair))
        stage.media.advance(milliseconds: 2)
        stage.media.answerAll()
        while count(await stage.switchboard.metrics().releaseLatency) == 0 { await Task.yield() }
        #expect(await stage.switchboard.metrics().releaseLatency.sum == 0.002)
    }

    @Test("an order that a worker does not confirm in time is counted")
    func unconfirmed() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (first, _, _) = try await stage.openPair()
        // The order that has opened the gates is confirmed.
        while count(await stage.switchboard.metrics().releaseLatency) == 0 { await Task.yield() }
        stage.media.holdAnswers()
        await first.say(.next(pair: nil, block: false))
        #expect(await stage.switchboard.metrics().ordersUnconfirmed == 0)
        await stage.advance(seconds: 3)
        #expect(await stage.switchboard.metrics().ordersUnconfirmed == 1)
    }

    @Test("a worker's busy share and packets a second are those of the last second")
    func workers() async throws {
        let stage = try await Stage(workers: 2)
        defer { stage.close() }
        await stage.switchboard.tick()
        var load = WorkerCounters()
        (load.busyNanoseconds, load.forwardedPackets) = (250_000_000, 500)
        (load.waitingOrders, load.waitingHandshakes, load.toldEvents) = (3, 2, 10)
        stage.media.set(load, ofWorker: 1)
        await stage.advance(seconds: 1)
        var list = await stage.switchboard.workers().workers
        #expect(list.map(\.worker) == [0, 1] && list.map(\.port) == [3_478, 3_479])
        #expect(list.map(\.busy) == [0, 0.25] && list.map(\.packetsPerSecond) == [0, 500])
        #expect(list[1].orders == 3 && list[1].handshakes == 2 && list[1].capacity == 64)
        let snapshot = await stage.switchboard.metrics()
        #expect(snapshot.workerBusySeconds == [0, 0.25])
        #expect(snapshot.queues[.orders] == 3 && snapshot.queues[.handshakes] == 2)
        #expect(snapshot.queues[.events] == 10)
        await stage.advance(seconds: 2)
        list = await stage.switchboard.workers().workers
        #expect(list.map(\.busy) == [0, 0])
    }

    @Test("the oldest report that waits, and records that the disk does not take")
    func records() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        #expect(await stage.measured().oldestReportSeconds == 0)
        let (first, _, _) = try await stage.openPair()
        await first.say(.report(ReportRequest(reason: "spam")))
        _ = try #require(await first.link.first(\.reportID))
        let snapshot = await stage.measured()
        #expect(snapshot.reportsWaiting == 1)
        #expect(try #require(snapshot.oldestReportSeconds) >= 0)
        #expect(try #require(snapshot.commits) > 0 && snapshot.failedCommits == 0)
        #expect(try #require(snapshot.databaseBytes) > 4_096)

        let (other, _, _) = try await stage.openPair()
        try await stage.store.limitGrowth(pages: 0)
        let long = String(repeating: "long ", count: 4_000)
        await other.say(.report(ReportRequest(reason: "threat", comment: long)))
        #expect(await other.link.first(\.errorCode) == .unavailable)
        let sick = await stage.measured()
        #expect(try #require(sick.queues[.records]) > 0)
        #expect(try #require(sick.failedCommits) > 0)
        try await stage.store.limitGrowth(pages: nil)
    }

    @Test("whoever does not answer in time is not waited for, and whoever does is")
    func patience() async {
        #expect(await within(seconds: 60) { 7 } == 7)
        let (never, hold) = AsyncStream.makeStream(of: Void.self)
        let answer = await within(seconds: 0) {
            for await _ in never {}
            return 7
        }
        #expect(answer == nil)
        hold.finish()
    }
}

extension Stage {
    /// The metrics with the database's part of them, which a busy machine may not give in time.
    fileprivate func measured() async -> MetricsSnapshot {
        while true {
            let snapshot = await switchboard.metrics()
            if snapshot.reportsWaiting != nil { return snapshot }
        }
    }
}
