import ReferenceTools
import Testing
import Wire

/// Looks at bytes with everything that the module has.
///
/// The sum keeps the reads from being optimised away.
func lookAtEverything(_ bytes: [UInt8]) -> UInt64 {
    let span = bytes.span.bytes
    var sum: UInt64 = 0
    if let kind = try? PacketKind(span) { sum &+= kind == .rtp ? 1 : 2 }
    for padding in [RTPPadding.lessThanPayload, .upToPayload, .encrypted] {
        guard let header = try? RTPHeaderView(span, padding: padding) else { continue }
        sum &+= UInt64(header.ssrc) &+ UInt64(header.timestamp) &+ UInt64(header.sequenceNumber)
        sum &+= UInt64(header.payload.byteCount) &+ (header.marker ? 1 : 0)
        for index in -1...16 { sum &+= UInt64(header.contributingSource(at: index) ?? 0) }
        for id in 0...17 as ClosedRange<UInt8> {
            guard let element = header.extensionElement(id: id) else { continue }
            for offset in element.offset..<(element.offset + element.length) {
                sum &+= UInt64(span.byte(at: offset))
            }
        }
        if VP8Descriptor.isKeyFrameStart(header.payload) { sum &+= 1 }
    }
    if let descriptor = try? VP8Descriptor(span) { sum &+= UInt64(descriptor.length) }
    if var compound = try? RTCPCompound(span) {
        while let block = compound.next() { sum &+= look(at: block) }
    }
    return sum
}

private func look(at block: RTCPBlockView) -> UInt64 {
    var sum = UInt64(block.count) &+ UInt64(block.format) &+ UInt64(block.offset)
    if let view = try? SenderReportView(block) {
        sum &+= view.sender.ntpTimestamp
        for index in -1...32 { sum &+= UInt64(view.report(at: index)?.jitter ?? 0) }
    }
    if let view = try? ReceiverReportView(block) {
        for index in -1...32 { sum &+= UInt64(view.report(at: index)?.highestSequenceNumber ?? 0) }
    }
    if let view = try? SourceDescriptionView(block) {
        for index in -1...32 {
            guard let chunk = view.chunk(at: index), let name = chunk.canonicalName else { continue }
            for offset in name { sum &+= UInt64(block.bytes.byte(at: offset)) }
            sum &+= UInt64(view.canonicalName(of: chunk.source)?.count ?? 0)
        }
    }
    if let view = try? GoodbyeView(block) {
        for index in -1...32 { sum &+= UInt64(view.source(at: index) ?? 0) }
    }
    if let view = try? PictureLossView(block) {
        sum &+= UInt64(view.mediaSource) &+ UInt64(view.senderSource)
    }
    if let view = try? FullIntraRequestView(block) {
        for index in -1...view.entryCount { sum &+= UInt64(view.entry(at: index)?.source ?? 0) }
    }
    if let view = try? NegativeAcknowledgementView(block) {
        for index in -1...view.entryCount {
            guard let entry = view.entry(at: index) else { continue }
            sum &+= UInt64(entry.dropping(before: entry.packetID &+ 5)?.lostPackets ?? 0)
        }
    }
    if let view = try? REMBView(block) {
        sum &+= view.bitrate
        for index in -1...view.sourceCount { sum &+= UInt64(view.source(at: index) ?? 0) }
    }
    if let view = try? TransportFeedbackView(block) {
        var count = 0
        var cursor = view.statuses
        while let status = cursor.next() {
            sum &+= UInt64(UInt16(bitPattern: status.delta ?? 0))
            count += 1
        }
        #expect(count == view.statusCount)
    }
    return sum
}

@Suite("Bytes from the network never trap")
struct HostileBytesTests {
    /// Good packets to start from, one of each kind.
    static let seeds: [[UInt8]] = [
        hex("80 e0 1234 89abcdef 01020304 90 80 01 00 112233"),
        hex("b1 60 0001 00000002 00000003 00000004 bede0002 10aa0000 21bbbb00 aabbcc02"),
        hex("90 60 0001 00000002 00000003 10000002 0101aa 000202bbbb"),
        hex(
            """
            81c8000c 11111111 e1e2e3e4 f1f2f3f4 0a0b0c0d 00000010 00000400
            22222222 40fffffe 00010002 00000003 00000004 00000005
            81ca0002 00000001 01016100 81cb0001 00000001
            """),
        hex("81c90007 11111111 22222222 ff7fffff ffff0000 00000003 00000004 00000005"),
        hex("81ce0002 00000001 00000002 84ce0004 00000001 00000000 00000002 fe000000"),
        hex("81cd0004 00000001 00000002 12348001 ffff0000"),
        hex("8fce0006 00000001 00000000 52454d42 020649f0 00000002 00000003"),
        hex("8fcd0007 00000001 00000002 0001000e fffffe07 9f1c0102 03040506 07080000"),
        hex("afcd0006 00000001 00000002 fffe0008 00000107 cc502001 01000102 03040001"),
    ]

    @Test("100,000 random and mutated packets through every view", arguments: [0x5eed, 0xf00d] as [UInt64])
    func everyView(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var sum: UInt64 = 0
        for round in 0..<50_000 {
            var packet: [UInt8]
            if round % 4 == 0 {
                packet = (0..<Int.random(in: 0...80, using: &generator))
                    .map { _ in
                        UInt8.random(in: 0...255, using: &generator)
                    }
                if !packet.isEmpty, round % 8 == 0 { packet[0] = packet[0] & 0x3f | 0x80 }
            } else {
                packet = Self.seeds[Int.random(in: 0..<Self.seeds.count, using: &generator)]
                for _ in 0..<Int.random(in: 1...4, using: &generator) {
                    let place = Int.random(in: 0..<packet.count, using: &generator)
                    switch Int.random(in: 0..<4, using: &generator) {
                    case 0: packet[place] = UInt8.random(in: 0...255, using: &generator)
                    case 1: packet[place] ^= 1 << UInt8.random(in: 0...7, using: &generator)
                    case 2: packet = Array(packet.prefix(max(place, 1)))
                    default: packet += Self.seeds[Int.random(in: 0..<Self.seeds.count, using: &generator)]
                    }
                }
            }
            sum &+= lookAtEverything(packet)
        }
        #expect(sum != 0, "seed \(seed)")
    }

    @Test("every prefix of every kind", arguments: seeds.indices)
    func prefixes(index: Int) {
        let packet = Self.seeds[index]
        for length in 0...packet.count { _ = lookAtEverything(Array(packet.prefix(length))) }
    }

    @Test("every value of every byte of every kind", arguments: seeds.indices)
    func everyByte(index: Int) {
        for place in Self.seeds[index].indices {
            var packet = Self.seeds[index]
            for value in UInt8.min...UInt8.max {
                packet[place] = value
                _ = lookAtEverything(packet)
            }
        }
    }

    @Test("65,507 bytes, the longest datagram, in the shapes that take longest")
    func longest() {
        let length = 65_504
        var blocks: [UInt8] = []
        while blocks.count < length { blocks += hex("80cc0000") }
        _ = lookAtEverything(blocks)
        var chunks = hex("8fcd3ff7 00000001 00000002 00008000 00000000")
        chunks += [UInt8](repeating: 0, count: 4 * 0x3ff8 - chunks.count)
        _ = lookAtEverything(chunks)
        var description = hex("9fca3ff7")
        description += [UInt8](repeating: 1, count: 4 * 0x3ff8 - 4)
        _ = lookAtEverything(description)
    }
}
