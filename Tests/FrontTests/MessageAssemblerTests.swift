import NIOCore
import NIOWebSocket
import ReferenceTools
import RelayTestKit
import Testing

@testable import Front

@Suite("Frames become messages, and nothing else does (RFC 6455 §5)")
struct MessageAssemblerTests {
    private static func frame(
        _ opcode: WebSocketOpcode, final: Bool = true, masked: Bool = true, _ bytes: [UInt8] = []
    ) -> WebSocketFrame {
        WebSocketFrame(
            fin: final, opcode: opcode, maskKey: masked ? WebSocketMaskingKey([1, 2, 3, 4]) : nil,
            data: ByteBuffer(bytes: bytes))
    }

    private static func isFault(_ verdict: MessageAssembler.Verdict, _ code: UInt16) -> Bool {
        if case .fault(code, _) = verdict { true } else { false }
    }

    // NIO's decoder unmasks lazily: a frame built by hand has to carry what the mask makes of the text.
    private static func masked(_ text: [UInt8]) -> [UInt8] {
        text.enumerated().map { $1 ^ UInt8($0 % 4 + 1) }
    }

    @Test("a text in one frame, and in many, is the same text")
    func fragments() {
        var assembler = MessageAssembler(limit: 100)
        let text = Array("grüße 👋".utf8)
        #expect(assembler.receive(Self.frame(.text, Self.masked(text))) == .text("grüße 👋"))
        #expect(assembler.receive(Self.frame(.text, final: false)) == .incomplete)
        for byte in text {
            #expect(
                assembler.receive(Self.frame(.continuation, final: false, Self.masked([byte]))) == .incomplete
            )
        }
        #expect(assembler.receive(Self.frame(.continuation)) == .text("grüße 👋"))
    }

    @Test("control frames may come between fragments")
    func interleaved() {
        var assembler = MessageAssembler(limit: 100)
        #expect(assembler.receive(Self.frame(.text, final: false, Self.masked([0x61]))) == .incomplete)
        #expect(assembler.receive(Self.frame(.ping, Self.masked([7]))) == .ping(ByteBuffer(bytes: [7])))
        #expect(assembler.receive(Self.frame(.pong)) == .pong)
        #expect(assembler.receive(Self.frame(.continuation, Self.masked([0x62]))) == .text("ab"))
    }

    @Test("the limit counts all fragments, and the last byte within it is taken")
    func limit() {
        var assembler = MessageAssembler(limit: 8)
        let four = Self.masked([0x61, 0x61, 0x61, 0x61])
        #expect(assembler.receive(Self.frame(.text, final: false, four)) == .incomplete)
        #expect(assembler.receive(Self.frame(.continuation, four)) == .text("aaaaaaaa"))
        #expect(assembler.receive(Self.frame(.text, final: false, four)) == .incomplete)
        #expect(assembler.receive(Self.frame(.continuation, final: false, four)) == .incomplete)
        #expect(Self.isFault(assembler.receive(Self.frame(.continuation, Self.masked([0x61]))), 1009))
    }

    @Test("what the protocol does not allow gets its close code")
    func faults() {
        var assembler = MessageAssembler(limit: 8)
        #expect(Self.isFault(assembler.receive(Self.frame(.binary)), 1003))
        #expect(Self.isFault(assembler.receive(Self.frame(.text, masked: false)), 1002))
        #expect(Self.isFault(assembler.receive(Self.frame(.continuation)), 1002))
        #expect(Self.isFault(assembler.receive(Self.frame(.text, Self.masked([0xc3]))), 1007))
        #expect(Self.isFault(assembler.receive(Self.frame(.text, Self.masked([0xed, 0xa0, 0x80]))), 1007))
        #expect(assembler.receive(Self.frame(.text, final: false)) == .incomplete)
        #expect(Self.isFault(assembler.receive(Self.frame(.text)), 1002))
        for opcode in 0x3...0x7 {
            guard let opcode = WebSocketOpcode(encodedWebSocketOpcode: UInt8(opcode)) else { continue }
            #expect(Self.isFault(assembler.receive(Self.frame(opcode)), 1002))
        }
        var reserved = Self.frame(.text)
        reserved.rsv2 = true
        #expect(Self.isFault(assembler.receive(reserved), 1002))
    }

    @Test(
        "a close has no code, a possible code, or is a fault",
        arguments: [
            ([], nil), ([3, 232], 1000), ([3, 233], 1001), ([3, 240], 1008), ([15, 160], 4000),
            ([19, 135], 4999),
        ] as [([UInt8], UInt16?)])
    func close(payload: [UInt8], code: UInt16?) {
        var assembler = MessageAssembler(limit: 8)
        #expect(assembler.receive(Self.frame(.connectionClose, Self.masked(payload))) == .close(code))
    }

    @Test(
        "impossible close codes are faults",
        arguments: [0, 999, 1004, 1005, 1006, 1015, 2999, 5000] as [UInt16])
    func impossible(code: UInt16) {
        var assembler = MessageAssembler(limit: 8)
        let payload = [UInt8(code >> 8), UInt8(truncatingIfNeeded: code)]
        #expect(Self.isFault(assembler.receive(Self.frame(.connectionClose, Self.masked(payload))), 1002))
        #expect(Self.isFault(assembler.receive(Self.frame(.connectionClose, Self.masked([3]))), 1002))
    }

    @Test(
        "no sequence of frames traps it or makes it hold more than the limit",
        arguments: 0..<64 as Range<UInt64>)
    func anything(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var assembler = MessageAssembler(limit: 64)
        for _ in 0..<500 {
            guard
                let opcode = WebSocketOpcode(encodedWebSocketOpcode: UInt8.random(in: 0...15, using: &random))
            else { continue }
            let count = Int.random(in: 0...80, using: &random)
            var frame = Self.frame(
                opcode, final: .random(using: &random), masked: Int.random(in: 0...9, using: &random) > 0,
                (0..<count).map { _ in .random(in: 0...255, using: &random) })
            frame.rsv1 = Int.random(in: 0...19, using: &random) == 0
            if case .text(let text) = assembler.receive(frame) {
                #expect(text.utf8.count <= 64, "seed \(seed)")
            }
        }
    }
}
