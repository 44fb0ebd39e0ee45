import Testing
import Wire

@Suite("RTCP writer: whole blocks or none")
struct RTCPWriterTests {
    typealias Step = @Sendable (inout RTCPWriter, inout MutableRawSpan) -> Bool

    /// Every call that starts a block, with the bytes that it takes.
    static let beginnings: [(name: String, length: Int, step: Step)] = [
        (
            "SR", 28,
            { $0.beginSenderReport(SenderInfo(source: 1, ntpTimestamp: 2, rtpTimestamp: 3), into: &$1) }
        ),
        ("RR", 8, { $0.beginReceiverReport(sender: 1, into: &$1) }),
        (
            "SDES", 12,
            { $0.appendCanonicalName([UInt8](arrayLiteral: 0x61).span.bytes, source: 1, into: &$1) }
        ),
        ("BYE", 8, { $0.appendGoodbye(source: 1, into: &$1) }),
        ("PLI", 12, { $0.appendPictureLoss(sender: 1, media: 2, into: &$1) }),
        ("FIR", 20, { $0.beginFullIntraRequest(sender: 1, .init(source: 2, sequenceNumber: 3), into: &$1) }),
        ("NACK", 16, { $0.beginNegativeAcknowledgement(sender: 1, media: 2, .init(packetID: 3), into: &$1) }),
        ("REMB", 20, { $0.beginREMB(sender: 1, bitrate: 2, into: &$1) }),
    ]

    @Test("a block needs exactly its length", arguments: beginnings.indices)
    func edges(index: Int) throws {
        let (name, length, step) = Self.beginnings[index]
        let exact = written(capacity: length) { buffer in
            var writer = RTCPWriter()
            return step(&writer, &buffer) ? writer.length : 0
        }
        #expect(exact.count == length, "\(name)")
        #expect(try BlockFacts.all(in: exact).map(\.length) == [length], "\(name)")
        let short = written(capacity: length - 1) { buffer in
            var writer = RTCPWriter()
            #expect(!step(&writer, &buffer))
            #expect(writer.length == 0)
            return length - 1
        }
        #expect(short == [UInt8](repeating: 0xee, count: length - 1), "\(name)")
    }

    @Test("blocks pile up, and one that does not fit leaves the others as they were")
    func pile() throws {
        let all = Self.beginnings.reduce(0) { $0 + $1.length }
        for capacity in 0...all {
            let result = written(capacity: capacity) { buffer in
                var writer = RTCPWriter()
                for beginning in Self.beginnings { _ = beginning.step(&writer, &buffer) }
                return writer.length
            }
            if !result.isEmpty { #expect((try? BlockFacts.all(in: result)) != nil, "\(capacity) bytes") }
            if capacity == all { #expect(result.count == all) }
        }
    }

    @Test("a report takes 31 blocks and no 32nd")
    func reports() throws {
        let result = written { buffer in
            var writer = RTCPWriter()
            writer.beginReceiverReport(sender: 1, into: &buffer)
            for number in 0..<31 {
                let fits = writer.appendReport(RTCPReportBlock(source: UInt32(number)), into: &buffer)
                #expect(fits)
            }
            let fits = writer.appendReport(RTCPReportBlock(source: 99), into: &buffer)
            #expect(!fits)
            return writer.length
        }
        let last = try firstBlock(of: result) { block throws(WireError) in
            try ReceiverReportView(block).report(at: 30)?.source
        }
        #expect(last == 30)
        #expect(result.count == 8 + 31 * 24)
    }

    @Test("an item needs exactly its length", arguments: [31, 32])
    func itemEdge(capacity: Int) throws {
        let result = written(capacity: capacity) { buffer in
            var writer = RTCPWriter()
            writer.beginReceiverReport(sender: 1, into: &buffer)
            let fits = writer.appendReport(RTCPReportBlock(source: 2), into: &buffer)
            #expect(fits == (capacity == 32))
            return writer.length
        }
        #expect(try BlockFacts.all(in: result).map(\.count) == [capacity == 32 ? 1 : 0])
    }

    @Test("items go to blocks of their own kind only")
    func otherKind() {
        _ = written { buffer in
            var writer = RTCPWriter()
            #expect(!writer.appendReport(RTCPReportBlock(source: 1), into: &buffer))
            #expect(!writer.appendREMBSource(1, into: &buffer))
            writer.appendPictureLoss(sender: 1, media: 2, into: &buffer)
            #expect(!writer.appendReport(RTCPReportBlock(source: 1), into: &buffer))
            #expect(!writer.appendREMBSource(1, into: &buffer))
            #expect(!writer.appendNegativeAcknowledgement(.init(packetID: 1), into: &buffer))
            #expect(!writer.appendFullIntraRequest(.init(source: 1, sequenceNumber: 1), into: &buffer))
            #expect(writer.length == 12)
            return 0
        }
    }

    @Test("a REMB takes 255 sources and no 256th")
    func rembSources() {
        _ = written { buffer in
            var writer = RTCPWriter()
            writer.beginREMB(sender: 1, bitrate: 1, into: &buffer)
            for number in 0..<255 {
                let fits = writer.appendREMBSource(UInt32(number), into: &buffer)
                #expect(fits)
            }
            let fits = writer.appendREMBSource(255, into: &buffer)
            #expect(!fits)
            return 0
        }
    }
}
