import ReferenceTools
import Signalling
import Testing

@Suite("No text can trap the reader")
struct JSONFuzzTests {
    @Test("seeded mutations of messages", arguments: 0..<4 as Range<UInt64>)
    func mutations(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let seeds = MessageRow.all.map(\.json) + FaultRow.notJSON.map(\.json)
        let spices = [
            "\\u", "\\ud83d", "\"", "{", "}", "[", "]", ",", ":", "1e", "-", "9999999999999999999", "\\", "é",
        ]
        var read = 0
        for _ in 0..<5_000 {
            var bytes = Array((seeds.randomElement(using: &generator) ?? "").utf8)
            for _ in 0..<Int.random(in: 0...4, using: &generator) {
                let start = Int.random(in: 0...bytes.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0:
                    bytes.insert(contentsOf: (spices.randomElement(using: &generator) ?? "").utf8, at: start)
                case 1: bytes.removeSubrange(start..<min(bytes.count, start + 3))
                default:
                    if start < bytes.count { bytes[start] = UInt8.random(in: 0...255, using: &generator) }
                }
            }
            if case .success = ClientMessageReader.read(String(decoding: bytes, as: UTF8.self)) { read += 1 }
        }
        #expect(read > 100, "seed \(seed)")
        #expect(read < 5_000, "seed \(seed)")
    }
}
