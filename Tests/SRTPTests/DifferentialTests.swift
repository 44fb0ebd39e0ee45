import Foundation
import ReferenceTools
import SRTP
import Testing

@Suite("OpenSSL's ciphers and libsrtp2 are of one mind, packet by packet")
struct DifferentialTests {
    /// Packets put to both, for each suite: few enough for every day, and `TIDEGATE_DIFFERENTIAL_PACKETS` of them
    /// where somebody has changed a cipher.
    private static let packets =
        ProcessInfo.processInfo.environment["TIDEGATE_DIFFERENTIAL_PACKETS"].flatMap(Int.init)
        ?? Rounds.of(20_000)

    @Test("about random and hostile packets, whichever way they go", arguments: SRTPSuite.allCases)
    func random(suite: SRTPSuite) throws {
        let seed: UInt64 = 0xd1ff + UInt64(suite.rawValue)
        var random = SplitMix64(seed: seed)
        var (taken, refused) = (0, 0)
        var left = Self.packets
        var round = 0
        while left > 0 {
            // New keys now and then; in each fourth round more streams than a session takes.
            round += 1
            let streams = round % 4 == 0 ? 90 : 1 + round % 5
            var network = try DifferentialNetwork(suite, streams: streams, random: &random)
            for step in 0..<min(left, 2_500) {
                left -= 1
                if let difference = network.step(&random) {
                    Issue.record("\(difference): round \(round), step \(step), seed \(seed)")
                    return
                }
            }
            taken += network.taken
            refused += network.refused
        }
        // Neither side of the question may be empty.
        #expect(taken > Self.packets / 5)
        #expect(refused > Self.packets / 5)
    }
}
