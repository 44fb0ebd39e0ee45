import ReferenceTools
import RelayTestKit
import Testing

@Suite("Waiting for a condition")
struct MonitorTests {
    @Test("a condition that holds already does not wait")
    func already() async {
        let monitor = Monitor(1)
        #expect(await monitor.wait(atMost: 0) { $0 == 1 })
        #expect(monitor.block(atMost: 0) { $0 == 1 })
    }

    @Test("a change wakes whoever waits for it, and nobody else")
    func change() async {
        let monitor = Monitor(0)
        async let two = monitor.wait { $0 >= 2 }
        async let never = monitor.wait(atMost: 0) { $0 == 99 }
        for _ in 0..<3 { monitor.update { $0 += 1 } }
        #expect(await two)
        #expect(await !never)
    }

    @Test("the generator gives the published sequence")
    func splitMix() {
        // The first outputs for seed 1234567, as printed by the authors' C code.
        var generator = SplitMix64(seed: 1_234_567)
        #expect(generator.next() == 6_457_827_717_110_365_317)
        #expect(generator.next() == 3_203_168_211_198_807_973)
    }

    @Test("a path loses the same datagrams again for the same seed")
    func loss() {
        var paths = (0..<2).map { _ in LossyPath(.init(outboundPercent: 30, inboundPercent: 10, seed: 7)) }
        let first = (0..<1_000).map { _ in (paths[0].losesOutbound(), paths[0].losesInbound()) }
        let second = (0..<1_000).map { _ in (paths[1].losesOutbound(), paths[1].losesInbound()) }
        #expect(first.map(\.0) == second.map(\.0))
        #expect(first.map(\.1) == second.map(\.1))
        #expect((250...350).contains(first.count { $0.0 }))
        #expect((70...130).contains(first.count { $0.1 }))
    }
}
