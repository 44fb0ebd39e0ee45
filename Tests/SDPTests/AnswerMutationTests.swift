import ReferenceTools
import RelayTypes
import SDP
import Testing

@Suite("No answer can trap the reader")
struct AnswerMutationTests {
    @Test("seeded mutations of real answers", arguments: 0..<4 as Range<UInt64>)
    func mutations(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var accepted = 0
        let rounds = Rounds.of(600)
        for _ in 0..<rounds {
            var bytes = Array((Bool.random(using: &generator) ? Answers.chromium : Answers.firefox).utf8)
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                mutate(&bytes, &generator)
            }
            let text = String(decoding: bytes, as: UTF8.self)
            if (try? AnswerReader.read(text, format: MediaFormat())) != nil { accepted += 1 }
        }
        #expect(accepted > 0, "seed \(seed): some mutations touch only what is ignored")
        #expect(accepted < rounds, "seed \(seed): some are seen")
    }

    private func mutate(_ bytes: inout [UInt8], _ generator: inout SplitMix64) {
        guard !bytes.isEmpty else { return }
        let start = Int.random(in: 0..<bytes.count, using: &generator)
        let end = min(bytes.count, start + Int.random(in: 1...40, using: &generator))
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: bytes[start] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes.removeSubrange(start..<end)
        case 2: bytes.insert(contentsOf: bytes[start..<end], at: start)
        case 3: bytes.insert(contentsOf: [0x0d, 0x0a, 0x0a].shuffled(using: &generator), at: start)
        default: bytes.insert(contentsOf: Array("99999999999999999999:= /".utf8), at: start)
        }
    }
}
