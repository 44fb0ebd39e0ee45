import Foundation
import RelayTypes
import Signalling
import Synchronization
import Testing

@testable import Storage
@testable import Switchboard

@Suite("A disk that stands still takes no thread from those who cut", .timeLimit(.minutes(10)))
struct StuckDiskTests {
    /// Keeps every thread that comes to it until it is opened.
    private final class Barrier: Sendable {
        private struct State {
            var isOpen = false
            var arrived = 0
        }

        private let state = Mutex(State())
        private let gate = DispatchSemaphore(value: 0)

        var arrived: Int { state.withLock { $0.arrived } }

        func pass() {
            let isOpen = state.withLock { state in
                state.arrived += 1
                return state.isOpen
            }
            if !isOpen { gate.wait() }
        }

        func open() {
            let waiting = state.withLock { state in
                state.isOpen = true
                return state.arrived
            }
            for _ in 0..<waiting { gate.signal() }
        }
    }

    /// Lets some reads and the next write of a store wait in the barrier, on whichever threads the store gives them.
    ///
    /// - Returns: once they do.
    private func block(_ store: SQLiteStore, at barrier: Barrier) async -> [Task<Void, Never>] {
        let before = barrier.arrived
        // First: a read waits for the writes that came before it.
        let reading = (0..<3).map { _ in Task { _ = try? await store.read { _ in barrier.pass() } } }
        while barrier.arrived < before + reading.count { await Task.yield() }
        let writing = Task {
            _ = try? await store.write(named: "") { _ in
                barrier.pass()
                return 0
            }
        }
        while barrier.arrived < before + reading.count + 1 { await Task.yield() }
        return reading + [writing]
    }

    @Test("more reports than processors, and not one write returns: every pair is cut, and everybody told")
    func cuts() async throws {
        let processors = ProcessInfo.processInfo.activeProcessorCount
        let stage = try await Stage(legs: max(64, 2 * (processors + 4)))
        defer { stage.close() }
        let barrier = Barrier()
        // A blocked thread for each processor and more, so that a pool of as many would have none left.
        var stores = [stage.store]
        for number in 0..<processors {
            stores.append(try await SQLiteStore.open(path: stage.databasePath + "-\(number)"))
        }
        var pairs: [(Person, Person, PairID)] = []
        for _ in 0..<(processors + 4) { pairs.append(try await stage.openPair()) }
        var blocked: [Task<Void, Never>] = []
        for store in stores { blocked += await block(store, at: barrier) }

        for (first, second, pair) in pairs {
            await first.say(.report(ReportRequest(reason: "threat", pair: pair)))
            #expect(first.link.sofar(\.partnerLeft) == [.cut])
            #expect(second.link.sofar(\.cutReason) == [.policy])
        }
        #expect(stage.media.parted == pairs.count)
        for (first, _, _) in pairs {
            #expect(first.link.sofar(\.reportID).isEmpty, "not before it is durable")
        }

        barrier.open()
        for (first, _, _) in pairs {
            let report = try #require(await first.link.first(\.reportID))
            #expect(try await stage.store.report(report)?.live == true)
        }
        for task in blocked { await task.value }
    }
}
