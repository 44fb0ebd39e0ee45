import Testing
import Wire

@Suite("Feedback messages (RFC 4585 §6, RFC 5104 §4.3.1, draft-alvestrand-rmcat-remb-03)")
struct FeedbackViewTests {
    // MARK: PLI and FIR

    @Test("a PLI is written and read")
    func pictureLoss() throws {
        let result = written { buffer in
            var writer = RTCPWriter()
            writer.appendPictureLoss(sender: 1, media: 2, into: &buffer)
            return writer.length
        }
        #expect(result == hex("81 ce 0002 00000001 00000002"))
        let sources = try firstBlock(of: result) { block throws(WireError) in
            let view = try PictureLossView(block)
            return [view.senderSource, view.mediaSource]
        }
        #expect(sources == [1, 2])
    }

    @Test("a FIR with two entries is written and read")
    func fullIntraRequest() throws {
        let result = written { buffer in
            var writer = RTCPWriter()
            writer.beginFullIntraRequest(
                sender: 1, FullIntraRequestEntry(source: 2, sequenceNumber: 0xfe), into: &buffer)
            writer.appendFullIntraRequest(FullIntraRequestEntry(source: 3, sequenceNumber: 4), into: &buffer)
            return writer.length
        }
        #expect(result == hex("84 ce 0006 00000001 00000000 00000002 fe000000 00000003 04000000"))
        let entries = try firstBlock(of: result) { block throws(WireError) in
            let view = try FullIntraRequestView(block)
            return [view.entry(at: 0), view.entry(at: 1), view.entry(at: 2), view.entry(at: -1)]
        }
        #expect(
            entries == [
                FullIntraRequestEntry(source: 2, sequenceNumber: 0xfe),
                FullIntraRequestEntry(source: 3, sequenceNumber: 4), nil, nil,
            ])
    }

    @Test(
        "too little for the kind is refused",
        arguments: [
            "81 ce 0001 00000001", "84 ce 0002 00000001 00000000", "84 ce 0003 00000001 00000000 00000002",
            "81 cd 0002 00000001 00000002", "8f cd 0003 00000001 00000002 00000001",
            "8f ce 0003 00000001 00000000 52454d42",
        ])
    func tooShort(message: String) {
        let found = try? firstBlock(of: hex(message)) { block throws(WireError) -> Bool in
            switch (block.packetType, block.format) {
            case (206, 1): _ = try PictureLossView(block)
            case (206, 4): _ = try FullIntraRequestView(block)
            case (206, 15): _ = try REMBView(block)
            case (205, 1): _ = try NegativeAcknowledgementView(block)
            default: _ = try TransportFeedbackView(block)
            }
            return true
        }
        #expect(found == nil)
    }

    // MARK: NACK

    @Test("a NACK with two entries is written and read")
    func negativeAcknowledgement() throws {
        let first = NegativeAcknowledgementEntry(packetID: 0x1234, lostPackets: 0x8001)
        let second = NegativeAcknowledgementEntry(packetID: 0xffff)
        let result = written { buffer in
            var writer = RTCPWriter()
            writer.beginNegativeAcknowledgement(sender: 1, media: 2, first, into: &buffer)
            writer.appendNegativeAcknowledgement(second, into: &buffer)
            return writer.length
        }
        #expect(result == hex("81 cd 0004 00000001 00000002 12348001 ffff0000"))
        let entries = try firstBlock(of: result) { block throws(WireError) in
            let view = try NegativeAcknowledgementView(block)
            return [view.entry(at: 0), view.entry(at: 1), view.entry(at: 2), view.entry(at: -1)]
        }
        #expect(entries == [first, second, nil, nil])
    }

    @Test(
        "253 entries are a NACK, thousands are none", arguments: [(253, true), (254, false), (4_000, false)])
    func numberOfEntries(count: Int, isAccepted: Bool) {
        var message = hex("81 cd 0000 00000001 00000002") + [UInt8](repeating: 0, count: 4 * count)
        message[2] = UInt8((count + 2) >> 8)
        message[3] = UInt8((count + 2) & 0xff)
        let entries = try? firstBlock(of: message) { block throws(WireError) in
            try NegativeAcknowledgementView(block).entryCount
        }
        #expect((entries == count) == isAccepted)
    }

    @Test(
        "what lies before a first number is cut off, around the wrap too",
        arguments: [
            (100, 0x0003, 100, 100, 0x0003),  // All of it is after.
            (100, 0x0003, 101, 101, 0x0001),  // 100 goes; 101 leads, 102 is bit 0.
            (100, 0x0003, 102, 102, 0x0000),
            (100, 0x0003, 103, nil, 0),
            (100, 0x8000, 116, 116, 0x0000),  // The last of the 17.
            (100, 0x8000, 117, nil, 0),
            (100, 0x8001, 102, 116, 0x0000),
            (65_535, 0x0007, 1, 1, 0x0001),  // 65535, 0, 1, 2.
            (65_530, 0xffff, 0, 0, 0x03ff),
            (0, 0xffff, 65_535, 0, 0xffff),
            (0x8000, 0xffff, 0, nil, 0),  // Exactly half the space behind.
            (0x7fff, 0xffff, 0, 0x7fff, 0xffff),  // Just less than half ahead.
        ] as [(UInt16, UInt16, UInt16, UInt16?, UInt16)])
    func dropping(packetID: UInt16, lost: UInt16, first: UInt16, keptID: UInt16?, keptLost: UInt16) {
        let entry = NegativeAcknowledgementEntry(packetID: packetID, lostPackets: lost)
        let expected = keptID.map { NegativeAcknowledgementEntry(packetID: $0, lostPackets: keptLost) }
        #expect(entry.dropping(before: first) == expected)
    }

    // MARK: REMB

    @Test("the example of a REMB is read and written")
    func remb() throws {
        let result = written { buffer in
            var writer = RTCPWriter()
            writer.beginREMB(sender: 1, bitrate: 300_000, into: &buffer)
            writer.appendREMBSource(2, into: &buffer)
            writer.appendREMBSource(3, into: &buffer)
            return writer.length
        }
        // 300,000 = 150,000 * 2^1; 150,000 = 0x249f0.
        #expect(result == hex("8f ce 0006 00000001 00000000 52454d42 02 0649f0 00000002 00000003"))
        let facts = try firstBlock(of: result) { block throws(WireError) in
            let view = try REMBView(block)
            return [view.bitrate, UInt64(view.source(at: 0) ?? 0), UInt64(view.source(at: 1) ?? 0)]
        }
        #expect(facts == [300_000, 2, 3])
    }

    @Test(
        "bitrates keep 18 significant bits",
        arguments: [
            (0, 0), (1, 1), (0x3_ffff, 0x3_ffff), (0x4_0000, 0x4_0000), (0x4_0001, 0x4_0000),
            (UInt64.max, 0xffff_c000_0000_0000), (1 << 63, 1 << 63),
        ] as [(UInt64, UInt64)])
    func bitrates(bitrate: UInt64, expected: UInt64) throws {
        let result = written { buffer in
            var writer = RTCPWriter()
            writer.beginREMB(sender: 1, bitrate: bitrate, into: &buffer)
            return writer.length
        }
        let read = try firstBlock(of: result) { block throws(WireError) in try REMBView(block).bitrate }
        #expect(read == expected)
    }

    @Test("a bitrate beyond 64 bits, another identifier and a list beyond the end are refused")
    func badREMB() {
        func refusal(_ message: String) -> WireError? {
            do throws(WireError) {
                _ = try firstBlock(of: hex(message)) { block throws(WireError) in try REMBView(block).bitrate
                }
                return nil
            } catch { return error }
        }
        #expect(refusal("8f ce 0004 00000001 00000000 52454d42 00 ffffff") == .badLength)
        #expect(refusal("8f ce 0004 00000001 00000000 52454d42 00 fc0001") == nil)
        #expect(refusal("8f ce 0004 00000001 00000000 52454d42 00 fc0002") == .badLength)
        #expect(refusal("8f ce 0004 00000001 00000000 52454d43 00 000001") == .wrongPacketType(206))
        #expect(refusal("8f ce 0004 00000001 00000000 52454d42 01 000001") == .truncated(needed: 24, got: 20))
    }
}
