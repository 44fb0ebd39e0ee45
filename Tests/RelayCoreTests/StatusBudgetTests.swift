import RelayCore
import Testing
import Wire

@Suite("Few bytes of transport-wide feedback cannot make much work")
struct StatusBudgetTests {
    private typealias Scene = RTCPTranslatorScene

    /// 28 bytes that speak of 4,000 packets: 3,996 lost and 4 received.
    private func block() -> [UInt8] {
        var bytes: [UInt8] = [0x8f, 205, 0, 6]
        for word in [Scene.ownVideo, Scene.seenVideo] {
            bytes += (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * $0)) }
        }
        bytes += [0x08, 0x00, 0x0f, 0xa0, 0, 0, 1, 0]  // Base 2,048, 4,000 statuses.
        bytes += [0x0f, 0x9c, 0x20, 0x04]  // A run of 3,996 that did not arrive, one of 4 that did.
        return bytes + [4, 4, 4, 4]
    }

    @Test("two of these are within the budget of one compound, no more", arguments: [1, 2, 3, 40])
    func budget(count: Int) {
        let compound = (0..<count).flatMap { _ in block() }
        let (bytes, result) = Scene.translate(compound)
        #expect(Int(result.malformedBlocks) == max(0, count - 2))
        #expect(bytes.count == min(count, 2) * block().count)
    }

    @Test("the next compound has a budget of its own")
    func anew() {
        for _ in 0..<3 { #expect(Scene.translate(block() + block()).1.malformedBlocks == 0) }
    }
}
