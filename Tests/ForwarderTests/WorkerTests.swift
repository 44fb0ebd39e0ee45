import CAllocationCount
import Foundation
import MediaControl
import ReferenceTools
import RelayTypes
import Testing

@testable import Forwarder

/// Lets others run, for a bounded time: what never comes must not hang the run.
struct Patience {
    struct Exhausted: Error { let text: String }

    private let end = ContinuousClock.now + .seconds(20)

    func wait(_ text: @autoclosure () -> String) async throws {
        guard ContinuousClock.now < end else { throw Exhausted(text: text()) }
        await Task.yield()
    }
}

@Suite("One worker, real sockets")
struct WorkerTests {
    private static let pair = PairSlot(worker: 0, index: 0, generation: 1)

    private func pair(
        _ scene: WorkerScene, _ profiles: (SRTPProfile, SRTPProfile), gates: PairGates = PairGates(all: [])
    ) async throws -> (WireBrowser, WireBrowser) {
        let first = try await scene.join(0, profiles.0)
        let second = try await scene.join(1, profiles.1)
        try await scene.carryOut(.pair(Self.pair, first: first.slot, second: second.slot, gates: gates))
        return (first, second)
    }

    /// Audio payloads, most of one length.
    private func payloads(_ count: Int, _ random: inout SplitMix64) -> [[UInt8]] {
        let length = Int.random(in: 1...1_200, using: &random)
        return (0..<count)
            .map { number in
                (0..<(number % 7 == 6 ? max(length - 3, 1) : length))
                    .map { _ in UInt8(truncatingIfNeeded: random.next()) }
            }
    }

    @Test(
        "runs reach the partner whole and in order, also where its trailer is longer or shorter",
        arguments: SRTPProfile.allCases, SRTPProfile.allCases)
    func runs(first: SRTPProfile, second: SRTPProfile) async throws {
        let scene = try WorkerScene()
        let (one, other) = try await pair(scene, (first, second))
        var random = SplitMix64(seed: UInt64(first.rawValue) << 8 | UInt64(second.rawValue))
        for round in 0..<10 {
            let sent = payloads([1, 2, 4, 64, 90][round % 5], &random)
            try one.sendAudio(sent)
            #expect(try await other.receiveAudio(sent.count) == sent)
        }
    }

    @Test("a run that came before a hold was acknowledged is through or never: none comes after")
    func heldRun() async throws {
        let scene = try WorkerScene(coalesce: 200)
        let (one, other) = try await pair(scene, (.aeadAES128GCM, .aeadAES128GCM))
        var random = SplitMix64(seed: 3)
        var (sent, received) = (0, 0)
        for _ in 0..<20 {
            try one.sendAudio(payloads(60, &random))
            try await scene.carryOut(.setGates(Self.pair, PairGates(all: .report)))
            // On loopback, what has left is there.
            received += try other.drainedAudio()
            try one.sendAudio(payloads(30, &random))
            sent += 90
            let patience = Patience()
            while looked(scene) < sent {
                try await patience.wait("\(looked(scene)) of \(sent) were looked at")
            }
            #expect(try other.drainedAudio() == 0)
            try await scene.carryOut(.setGates(Self.pair, PairGates(all: [])))
        }
        #expect(received == Int(scene.counters().forwardedPackets))
        #expect(scene.counters().droppedPackets[.held, default: 0] >= 600)
    }

    /// Audio packets that were forwarded or held.
    private func looked(_ scene: WorkerScene) -> Int {
        let counters = scene.counters()
        return Int(counters.forwardedPackets + counters.droppedPackets[.held, default: 0])
    }

    /// `TIDEGATE_WORKER_PACKETS` asks for more, such as a million; what allocates for a packet shows in a few already.
    private static let packets =
        ProcessInfo.processInfo.environment["TIDEGATE_WORKER_PACKETS"].flatMap(Int.init) ?? 20_000

    @Test(
        "packets are forwarded without one allocation after the first batch",
        .enabled(if: callocationcount_works()))
    func allocations() async throws {
        let scene = try WorkerScene(coalesce: 200)
        let (one, other) = try await pair(scene, (.aeadAES128GCM, .aeadAES128GCM))
        var random = SplitMix64(seed: 9)
        let sent = payloads(50, &random)
        // Twice: what the first packet tells the control plane comes after it has gone out, and before the next are taken.
        for _ in 0..<2 {
            try one.sendAudio(sent)
            #expect(try await other.receiveAudio(sent.count) == sent)
        }
        let before = callocationcount_of(scene.thread)
        #expect(before > 0, "this thread has made two legs: something counts")
        var forwarded = 0
        while forwarded < Self.packets {
            try one.sendAudio(sent)
            var arrived = 0
            let patience = Patience()
            while arrived < sent.count {
                arrived += try other.drainedAudio()
                if arrived < sent.count {
                    try await patience.wait("\(arrived) of \(sent.count) have arrived")
                }
            }
            forwarded += arrived
        }
        #expect(callocationcount_of(scene.thread) == before, "\(forwarded) packets")
        #expect(scene.counters().forwardedPackets >= UInt64(Self.packets))
    }
}
