import ReferenceTools
import Testing
import Wire

/// What a test wants to know of transport-wide feedback.
struct TransportFacts: Equatable {
    var base: UInt16
    var statusCount: Int
    var referenceTime: Int32
    var feedbackCount: UInt8
    var statuses: [TransportStatus]

    init?(_ bytes: [UInt8]) throws(WireError) {
        let facts = try firstBlock(of: bytes) { block throws(WireError) in
            let view = try TransportFeedbackView(block)
            var found: [TransportStatus] = []
            var cursor = view.statuses
            while let status = cursor.next() { found.append(status) }
            return (view.baseSequenceNumber, view.statusCount, view.referenceTime, view.feedbackCount, found)
        }
        guard let facts else { return nil }
        (base, statusCount, referenceTime, feedbackCount, statuses) = facts
    }
}

@Suite("Transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1)")
struct TransportFeedbackTests {
    private func message(base: String = "0001", count: String, _ rest: String) -> [UInt8] {
        var bytes = hex("8f cd 0000 00000001 00000002" + base + count + "fffffe 07" + rest)
        while bytes.count % 4 != 0 { bytes.append(0) }
        bytes[3] = UInt8(bytes.count / 4 - 1)
        return bytes
    }

    private func deltas(_ bytes: [UInt8]) throws -> [Int16?]? {
        try TransportFacts(bytes)?.statuses.map(\.delta)
    }

    // MARK: Reading

    @Test("header fields are where the draft draws them")
    func header() throws {
        let facts = try #require(try TransportFacts(message(base: "fffe", count: "0003", "2003 010203")))
        #expect(facts.base == 0xfffe)
        #expect(facts.referenceTime == -2)
        #expect(facts.feedbackCount == 7)
        #expect(facts.statuses.map(\.sequenceNumber) == [0xfffe, 0xffff, 0])
        #expect(facts.statuses.map(\.delta) == [1, 2, 3])
    }

    @Test("the draft's examples of chunks mean what it says")
    func chunks() throws {
        // §3.1.3: "00" and 221: a run of 221 packets not received.
        #expect(try deltas(message(count: "00dd", "00dd")) == [Int16?](repeating: nil, count: 221))
        // §3.1.3: "10" is a large delta; a run of two.
        #expect(try deltas(message(count: "0002", "4002 ff000100")) == [-256, 256])
        // §3.1.4, one-bit: 1 lost, 5 received, 3 lost, 3 received, 2 lost.
        let oneBit = try deltas(message(count: "000e", "9f1c 0102030405 060708"))
        #expect(oneBit == [nil, 1, 2, 3, 4, 5, nil, nil, nil, 6, 7, 8, nil, nil])
        // §3.1.4, two-bit: 1 lost, 1 with a large delta, 3 received, 2 lost.
        let twoBit = try deltas(message(count: "0007", "c950 0100 010203"))
        #expect(twoBit == [nil, 256, 1, 2, 3, nil, nil])
    }

    @Test("symbols beyond the status count mean nothing")
    func beyondCount() throws {
        // A vector of 14 ones of which 2 count.
        #expect(try deltas(message(count: "0002", "bfff 0a0b")) == [10, 11])
        // A run of 8,191 of which 1 counts.
        #expect(try deltas(message(count: "0001", "3fff 0a")) == [10])
        // Reserved symbols there do no harm.
        #expect(try deltas(message(count: "0001", "d fff 0a")) == [10])
    }

    @Test("an empty run is skipped")
    func emptyRun() throws {
        #expect(try deltas(message(count: "0001", "2000 2001 0a")) == [10])
    }

    @Test("as many chunks and deltas as promised must be there, at both edges")
    func missing() {
        func refusal(_ bytes: [UInt8]) -> WireError? {
            do throws(WireError) {
                _ = try TransportFacts(bytes)
                return nil
            } catch { return error }
        }
        #expect(refusal(message(count: "0004", "2004 01020304 0000")) == nil)
        #expect(refusal(message(count: "0002", "2002 0102")) == nil)
        #expect(refusal(message(count: "0003", "2003 0102")) == .truncated(needed: 25, got: 24))
        #expect(refusal(message(count: "0002", "4002 0102")) == .truncated(needed: 26, got: 24))
        #expect(refusal(message(count: "0005", "2002 2002")) == .truncated(needed: 26, got: 24))
        #expect(refusal(message(count: "0001", "")) == .truncated(needed: 22, got: 20))
        #expect(refusal(message(count: "0001", "6001 0000")) == .badLength, "a reserved symbol")
        #expect(refusal(message(count: "0001", "f000 0000")) == .badLength, "a reserved symbol in a vector")
    }

    @Test(
        "no packet, or more than half of the number space, is refused", arguments: ["0000", "8001", "ffff"])
    func counts(count: String) {
        let bytes = message(count: count, "1fff 1fff 1fff 1fff 1fff 1fff 1fff 1fff 1fff 1fff")
        #expect(throws: WireError.badLength) { _ = try TransportFacts(bytes) }
    }

    @Test("half of the number space is accepted")
    func mostPackets() throws {
        let facts = try TransportFacts(message(count: "8000", "1fff 1fff 1fff 1fff 1fff"))
        #expect(facts?.statuses.count == 0x8000)
    }

    @Test("padding is no delta: Chromium pads by 1 to 3 octets with the padding bit")
    func paddingBit() throws {
        var bytes = message(count: "0001", "2001 0a00")
        bytes[0] |= 0x20
        bytes[bytes.count - 1] = 1
        #expect(try deltas(bytes) == [10])
        bytes[bytes.count - 1] = 2
        #expect(throws: WireError.truncated(needed: 23, got: 22)) { _ = try TransportFacts(bytes) }
    }

    // MARK: Writing

    private func write(
        _ arrivals: [TransportArrival], capacity: Int = 1_500
    ) -> (covered: Int, bytes: [UInt8]) {
        var covered = 0
        let bytes = written(capacity: capacity) { buffer in
            var writer = RTCPWriter()
            covered = writer.appendTransportFeedback(
                sender: 1, media: 2, feedbackCount: 9, arrivals: arrivals.span, into: &buffer)
            return writer.length
        }
        return (covered, bytes)
    }

    /// Reads back when each packet came, in ticks of 250 µs.
    private func ticks(_ facts: TransportFacts) -> [UInt16: Int64] {
        var now = Int64(facts.referenceTime) * 256
        var found: [UInt16: Int64] = [:]
        for status in facts.statuses {
            guard let delta = status.delta else { continue }
            now += Int64(delta)
            found[status.sequenceNumber] = now
        }
        return found
    }

    @Test("a single packet")
    func single() throws {
        let (covered, bytes) = write([
            TransportArrival(sequenceNumber: 0xffff, microseconds: 64_000 * 3 + 250 * 5)
        ])
        #expect(covered == 1)
        #expect(bytes == hex("8fcd0005 00000001 00000002 ffff0001 00000309 2001 05 00"))
    }

    @Test("nothing to report writes nothing")
    func none() {
        let (covered, bytes) = write([])
        #expect(covered == 0)
        #expect(bytes.isEmpty)
    }

    @Test("a message ends before a number that does not grow")
    func order() {
        let times = [0, 1, 2].map { UInt64($0) * 1_000 }
        let same = [5, 6, 6].map { UInt16($0) }
        let arrivals = zip(same, times).map { TransportArrival(sequenceNumber: $0, microseconds: $1) }
        #expect(write(arrivals).covered == 2)
        let back = [5, 6, 4].map { UInt16($0) }
        let falling = zip(back, times).map { TransportArrival(sequenceNumber: $0, microseconds: $1) }
        #expect(write(falling).covered == 2)
    }

    @Test("a message ends before a step in time that 16 bits cannot hold, at both edges")
    func timeStep() {
        func covered(_ ticks: UInt64, _ next: UInt64) -> Int {
            write([
                TransportArrival(sequenceNumber: 1, microseconds: ticks * 250),
                TransportArrival(sequenceNumber: 2, microseconds: next * 250),
            ])
            .covered
        }
        #expect(covered(0, 32_767) == 2)
        #expect(covered(0, 32_768) == 1)
        #expect(covered(32_768, 0) == 2)
        #expect(covered(32_769, 0) == 1)
    }

    @Test("what does not fit is left for the next message, and the buffer's edge is exact")
    func room() throws {
        let arrivals = (0..<400)
            .map { TransportArrival(sequenceNumber: UInt16($0), microseconds: UInt64($0) * 1_000) }
        for capacity in [0, 19, 20, 23, 24, 25, 64, 100, 430] {
            let (covered, bytes) = write(arrivals, capacity: capacity)
            #expect(bytes.count <= capacity)
            #expect((covered == 0) == (capacity < 24))
            if covered > 0 {
                let facts = try #require(try TransportFacts(bytes))
                #expect(facts.statuses.count == covered)
            }
        }
    }

    @Test(
        "what is written is what was received, for 300 random histories",
        arguments: [0x7a11, 0xbee5] as [UInt64])
    func roundTrip(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        for _ in 0..<150 {
            var arrivals: [TransportArrival] = []
            var number = UInt16.random(in: 0...UInt16.max, using: &generator)
            var time = UInt64.random(in: 3_000_000...10_000_000_000, using: &generator)
            let lossPercent = Int.random(in: 0...90, using: &generator)
            for _ in 0..<Int.random(in: 1...120, using: &generator) {
                arrivals.append(TransportArrival(sequenceNumber: number, microseconds: time))
                number &+= 1
                if Int.random(in: 0..<100, using: &generator) < lossPercent {
                    number &+= UInt16.random(in: 0...40, using: &generator)
                }
                // Mostly small steps, some large, some back in time (reordering).
                switch Int.random(in: 0..<10, using: &generator) {
                case 0: time += UInt64.random(in: 60_000...2_000_000, using: &generator)
                case 1: time -= UInt64.random(in: 0...20_000, using: &generator)
                default: time += UInt64.random(in: 0...20_000, using: &generator)
                }
            }
            let (covered, bytes) = write(arrivals)
            #expect(covered == arrivals.count, "seed \(seed)")
            let facts = try #require(try TransportFacts(bytes))
            #expect(facts.base == arrivals[0].sequenceNumber)
            let expected = Dictionary(
                uniqueKeysWithValues: arrivals.map { ($0.sequenceNumber, Int64($0.microseconds / 250)) })
            #expect(ticks(facts) == expected, "seed \(seed)")
        }
    }

    @Test("a message may begin with numbers that were lost, and not with more than half of them all")
    func lostBefore() throws {
        let arrivals = [TransportArrival(sequenceNumber: 2, microseconds: 64_000)]
        func told(from base: UInt16) -> [UInt8] {
            written { buffer in
                var writer = RTCPWriter()
                writer.appendTransportFeedback(
                    sender: 1, media: 2, feedbackCount: 7, base: base, arrivals: arrivals.span, into: &buffer)
                return writer.length
            }
        }
        let message = told(from: 65_534)
        var compound = try RTCPCompound(message.span.bytes)
        let next = compound.next()
        guard let block = next else { return #expect(Bool(false), "no block") }
        let view = try TransportFeedbackView(block)
        var statuses = view.statuses
        var numbers: [UInt16] = []
        var deltas: [Int16?] = []
        while let status = statuses.next() {
            numbers.append(status.sequenceNumber)
            deltas.append(status.delta)
        }
        #expect(numbers == [65_534, 65_535, 0, 1, 2])
        #expect(deltas == [nil, nil, nil, nil, 0])
        #expect(told(from: 3).isEmpty)
    }

    @Test("a copy has new identities and the same statuses, and nothing of what follows them")
    func copy() throws {
        // With Chromium's padding bit, and with a word of something else behind the last delta.
        var original = message(count: "0001", "2001 0aff ffffff01")
        original[0] |= 0x20
        let result = written { buffer in
            var writer = RTCPWriter()
            guard var compound = try? RTCPCompound(original.span.bytes), let block = compound.next(),
                let view = try? TransportFeedbackView(block)
            else { return 0 }
            writer.appendTransportFeedback(
                copying: view, sender: 0xaa, media: 0xbb, baseSequenceNumber: 0xcccc, feedbackCount: 0xdd,
                into: &buffer)
            return writer.length
        }
        #expect(result == hex("8fcd0005 000000aa 000000bb cccc0001 fffffedd 2001 0a 00"))
    }

    @Test("a copy needs exactly its length", arguments: [23, 24])
    func copyEdge(capacity: Int) {
        let original = message(count: "0001", "2001 0a00")
        let result = written(capacity: capacity) { buffer in
            var writer = RTCPWriter()
            guard var compound = try? RTCPCompound(original.span.bytes), let block = compound.next(),
                let view = try? TransportFeedbackView(block)
            else { return 0 }
            writer.appendTransportFeedback(
                copying: view, sender: 1, media: 2, baseSequenceNumber: 1, feedbackCount: view.feedbackCount,
                into: &buffer)
            return writer.length
        }
        #expect(result == (capacity == 24 ? original : []))
    }
}
