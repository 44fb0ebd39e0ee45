import CAllocationCount
import MediaControl
import RelayTypes
import Testing

@testable import Forwarder

@Suite("A worker that captures")
struct CaptureAllocationTests {
    @Test(
        "copies packets without one allocation, into a ring that is read and into one that is full",
        .enabled(if: callocationcount_works()), arguments: [true, false])
    func allocations(isRead: Bool) async throws {
        let scene = try WorkerScene(coalesce: 200)
        let (one, other) = (try await scene.join(0, .aeadAES128GCM), try await scene.join(1, .aeadAES128GCM))
        let pair = PairSlot(worker: 0, index: 0, generation: 1)
        try await scene.carryOut(.pair(pair, first: one.slot, second: other.slot, gates: PairGates(all: [])))
        let sent = (0..<50).map { [UInt8](repeating: UInt8($0), count: 200) }
        let ring = CaptureRing(capacity: isRead ? 1 << 20 : 4_096)
        try await scene.carryOut(
            .capture(
                pair, CaptureRequest(ring: ring, sides: Side.allCases, directions: .both, headersOnly: false))
        )
        // Twice: what the first packet tells the control plane comes after it has gone out, and before the next are taken.
        for _ in 0..<2 {
            try one.sendAudio(sent)
            #expect(try await other.receiveAudio(sent.count) == sent)
        }
        let before = callocationcount_of(scene.thread)
        #expect(before > 0, "this thread has made two legs: something counts")
        var (forwarded, captured) = (0, 0)
        while forwarded < 10_000 {
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
            if isRead { ring.drain { _, _ in captured += 1 } }
        }
        #expect(callocationcount_of(scene.thread) == before, "\(forwarded) packets")
        #expect(isRead ? captured >= 2 * forwarded : ring.lost(.first) > 0)
        try await scene.carryOut(.endCapture(pair, ring))
        #expect(ring.hasEnded)
    }
}
