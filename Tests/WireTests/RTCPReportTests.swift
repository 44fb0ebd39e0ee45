import Testing
import Wire

@Suite("Sender and receiver reports (RFC 3550 §6.4)")
struct RTCPReportTests {
    let senderReport = hex(
        """
        81 c8 000c 11111111
        e1e2e3e4 f1f2f3f4 0a0b0c0d 00000010 00000400
        22222222 40fffffe 00010002 00000003 00000004 00000005
        """)
    let receiverReport = hex("81 c9 0007 11111111 22222222 ff7fffff ffff0000 00000003 00000004 00000005")

    @Test("every field of a sender report is where the standard draws it")
    func senderReportFields() throws {
        let sender = try firstBlock(of: senderReport) { block throws(WireError) in
            try SenderReportView(block).sender
        }
        let expected = SenderInfo(
            source: 0x1111_1111, ntpTimestamp: 0xe1e2_e3e4_f1f2_f3f4, rtpTimestamp: 0x0a0b_0c0d,
            packetCount: 16,
            octetCount: 1_024)
        #expect(sender == expected)
        let report = try firstBlock(of: senderReport) { block throws(WireError) in
            try SenderReportView(block).report(at: 0)
        }
        let expectedReport = RTCPReportBlock(
            source: 0x2222_2222, fractionLost: 0x40, cumulativeLost: -2, highestSequenceNumber: 0x1_0002,
            jitter: 3,
            lastSenderReport: 4, delaySinceLastSenderReport: 5)
        #expect(report == expectedReport)
    }

    @Test("a receiver report's losses are 24 bits with a sign")
    func receiverReportFields() throws {
        let report = try firstBlock(of: receiverReport) { block throws(WireError) in
            let view = try ReceiverReportView(block)
            return view.senderSource == 0x1111_1111 ? view.report(at: 0) : nil
        }
        #expect(report??.cumulativeLost == 0x7f_ffff)
        #expect(report??.fractionLost == 0xff)
        #expect(report??.highestSequenceNumber == 0xffff_0000)
    }

    @Test("there are as many reports as the count says, and no others", arguments: [-1, 1, 31, Int.max])
    func outside(index: Int) throws {
        let sent = try firstBlock(of: senderReport) { block throws(WireError) in
            try SenderReportView(block).report(at: index) == nil
        }
        let received = try firstBlock(of: receiverReport) { block throws(WireError) in
            try ReceiverReportView(block).report(at: index) == nil
        }
        #expect(sent == true)
        #expect(received == true)
    }

    @Test("a count beyond the length is refused, at both edges")
    func countBeyondLength() {
        var sender = senderReport
        sender[0] = 0x82
        #expect(throws: WireError.truncated(needed: 76, got: 52)) {
            _ = try firstBlock(of: sender) { block throws(WireError) in
                try SenderReportView(block).reportCount
            }
        }
        var receiver = receiverReport
        receiver[0] = 0x9f
        #expect(throws: WireError.truncated(needed: 8 + 31 * 24, got: 32)) {
            _ = try firstBlock(of: receiver) { block throws(WireError) in
                try ReceiverReportView(block).reportCount
            }
        }
        #expect(throws: WireError.truncated(needed: 28, got: 24)) {
            _ = try firstBlock(of: hex("80c80005") + [UInt8](repeating: 0, count: 20)) {
                block throws(WireError) in
                try SenderReportView(block).reportCount
            }
        }
        #expect(throws: WireError.truncated(needed: 8, got: 4)) {
            _ = try firstBlock(of: hex("80c90000")) { block throws(WireError) in
                try ReceiverReportView(block).reportCount
            }
        }
    }

    @Test("a profile's extension after the reports is ignored")
    func profileExtension() throws {
        let longer = hex("80 c9 0002 11111111 99999999")
        let count = try firstBlock(of: longer) { block throws(WireError) in
            try ReceiverReportView(block).reportCount
        }
        #expect(count == 0)
    }

    @Test("a view refuses another kind of block")
    func otherKind() {
        #expect(throws: WireError.wrongPacketType(201)) {
            _ = try firstBlock(of: receiverReport) { block throws(WireError) in
                try SenderReportView(block).sender
            }
        }
    }

    @Test("what is written is what was read")
    func roundTrip() throws {
        let report = RTCPReportBlock(
            source: 0x2222_2222, fractionLost: 0x40, cumulativeLost: -2, highestSequenceNumber: 0x1_0002,
            jitter: 3,
            lastSenderReport: 4, delaySinceLastSenderReport: 5)
        let info = SenderInfo(
            source: 0x1111_1111, ntpTimestamp: 0xe1e2_e3e4_f1f2_f3f4, rtpTimestamp: 0x0a0b_0c0d,
            packetCount: 16,
            octetCount: 1_024)
        let result = written { buffer in
            var writer = RTCPWriter()
            writer.beginSenderReport(info, into: &buffer)
            writer.appendReport(report, into: &buffer)
            return writer.length
        }
        #expect(result == senderReport)
    }
}
