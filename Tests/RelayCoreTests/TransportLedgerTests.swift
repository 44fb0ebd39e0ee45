import ReferenceTools
import RelayTypes
import Testing
import Wire

@testable import RelayCore

@Suite("The ledger of transport-wide numbers")
struct TransportLedgerTests {
    private static let start = MonotonicInstant(nanoseconds: 1_000_000_000_000)

    private static func translate(
        _ bytes: [UInt8], _ ledger: inout TransportLedger, at now: MonotonicInstant
    ) throws -> [TransportArrival] {
        var scratch = Array(
            repeating: TransportArrival(sequenceNumber: 0, microseconds: 0), count: TransportLedger.capacity)
        var blocks = try RTCPCompound(bytes.span.bytes)
        guard let block = blocks.next() else { return [] }
        let view = try TransportFeedbackView(block)
        guard let run = ledger.takeRun(translating: view, into: &scratch, at: now) else { return [] }
        return Array(scratch.prefix(run.count))
    }

    private static func feedback(_ arrivals: [TransportArrival], from base: UInt16? = nil) -> [UInt8] {
        Slot()
            .run { span in
                var writer = RTCPWriter()
                writer.appendTransportFeedback(
                    sender: 1, media: 2, feedbackCount: 0, base: base, arrivals: arrivals.span, into: &span)
                return writer.length
            }
    }

    @Test("without loss the receiver sees no gap, whatever is held between, and wherever the numbers wrap")
    func gapFree() throws {
        var generator = SplitMix64(seed: 3)
        for _ in 0..<20 {
            var ledger = TransportLedger()
            ledger.allocate()
            var number = UInt16(truncatingIfNeeded: generator.next())
            var last = UInt16(truncatingIfNeeded: generator.next())
            ledger.begin(at: number, continuing: last)
            for step in 0..<5_000 {
                if step == 0 || Bool.random(using: &generator) {
                    let found = ledger.image(of: number)
                    let image = try #require(found)
                    #expect(image == last &+ 1)
                    ledger.forward(number, as: image, at: Self.start)
                    last = image
                } else {
                    ledger.hold(number, at: Self.start)
                }
                number &+= 1
            }
        }
    }

    @Test(
        "a loss before the server stays one gap; who comes late takes its place, and no number goes out twice"
    )
    func late() throws {
        var ledger = TransportLedger()
        ledger.allocate()
        ledger.begin(at: 10, continuing: 99)
        func forward(_ number: UInt16) -> UInt16? {
            guard let image = ledger.image(of: number) else { return nil }
            ledger.forward(number, as: image, at: Self.start)
            return image
        }
        #expect(forward(10) == 100)
        ledger.hold(12, at: Self.start)
        ledger.hold(13, at: Self.start)
        #expect(forward(15) == 103)
        #expect(forward(11) == 101)
        #expect(forward(14) == 102)
        #expect(forward(14) == nil)
        #expect(forward(12) == nil)
        #expect(forward(9) == nil, "from before")
        // Held late: its place stays empty.
        #expect(forward(17) == 105)
        ledger.hold(16, at: Self.start)
        #expect(forward(18) == 106)
        ledger.begin(at: 18 &+ 1, continuing: 106)
        #expect(forward(18) == nil)
        #expect(forward(19) == 107)
    }

    @Test("numbers that start anew, or jump, are followed")
    func restart() {
        var ledger = TransportLedger()
        ledger.allocate()
        ledger.begin(at: 5_000, continuing: 0)
        ledger.forward(5_000, as: 1, at: Self.start)
        ledger.begin(at: 7, continuing: 1)
        let first = ledger.image(of: 7)
        #expect(first == 2)
        ledger.forward(7, as: 2, at: Self.start)
        let far = ledger.image(of: 20_007)
        #expect(far == 20_002)
        ledger.forward(20_007, as: 20_002, at: Self.start)
        let (newest, forgotten) = (ledger.position(forwardedAs: 20_002), ledger.position(forwardedAs: 2))
        #expect(newest != nil && forgotten == nil)
    }

    @Test("feedback comes back exactly: forwarded, lost there, lost here and held; 20 seeds with reordering")
    func exact() throws {
        for seed in 0..<20 as Range<UInt64> {
            var generator = SplitMix64(seed: seed)
            var ledger = TransportLedger()
            ledger.allocate()
            let base: UInt16 = 65_400
            var order = Array(0..<400 as Range<UInt16>)
            // Neighbours change places, the first stays.
            for index in stride(from: 3, to: 399, by: 7) where Bool.random(using: &generator) {
                order.swapAt(index, index + 1)
            }
            enum Fate { case lost, held, lostThere, received }
            var fates: [UInt16: Fate] = [:]
            var received: [(outbound: UInt16, inbound: UInt16, time: UInt64)] = []
            var used: Set<UInt16> = []
            var now = Self.start
            ledger.begin(at: base, continuing: 41)
            for step in order {
                let number = base &+ step
                now = now.advanced(byMilliseconds: 1)
                let kind = step == 0 || step == 399 ? 9 : Int.random(in: 0..<10, using: &generator)
                if kind == 0 {
                    fates[number] = .lost
                } else if kind < 5 {
                    ledger.hold(number, at: now)
                    fates[number] = .held
                } else {
                    let found = ledger.image(of: number)
                    let image = try #require(found)
                    ledger.forward(number, as: image, at: now)
                    #expect(used.insert(image).inserted, "seed \(seed)")
                    fates[number] = kind == 5 ? .lostThere : .received
                    if kind != 5 {
                        received.append(
                            (image, number, 7_000_000 + (now.nanoseconds(since: Self.start)) / 1_000 + 20_000)
                        )
                    }
                }
            }
            // The receiver speaks of it in messages of 50 arrivals, each from where the last one ended.
            received.sort { $0.outbound &- 42 < $1.outbound &- 42 }
            var told: [UInt16: UInt64] = [:]
            var from: UInt16 = 42
            for index in stride(from: 0, to: received.count, by: 50) {
                let part = received[index..<min(index + 50, received.count)]
                let arrivals = part.map {
                    TransportArrival(sequenceNumber: $0.outbound, microseconds: $0.time)
                }
                let message = Self.feedback(arrivals, from: from)
                from = (arrivals.last?.sequenceNumber ?? 0) &+ 1
                for arrival in try Self.translate(message, &ledger, at: now) {
                    #expect(told[arrival.sequenceNumber] == nil, "twice, seed \(seed)")
                    told[arrival.sequenceNumber] = arrival.microseconds
                }
            }
            let cycle: UInt64 = 0x100_0000 * 64_000
            for step in 0..<400 as Range<UInt16> {
                let number = base &+ step
                switch fates[number] {
                case .held: #expect(told[number] != nil, "\(number), seed \(seed)")
                case .received:
                    let time = received.first { $0.inbound == number }?.time
                    #expect(told[number].map { $0 - cycle } == time, "\(number), seed \(seed)")
                case .lost, .lostThere, nil: #expect(told[number] == nil, "\(number), seed \(seed)")
                }
            }
            // Held ones keep their distance on the receiver's clock: 1 ms a packet, whatever came between.
            for (step, number) in order.map({ base &+ $0 }).enumerated() where fates[number] == .held {
                let time = 7_000_000 + UInt64(step + 1) * 1_000 + 20_000
                #expect(told[number].map { $0 - cycle } == time, "\(number), seed \(seed)")
            }
        }
    }

    @Test("it takes 5 KiB of a connected leg's 16")
    func memory() {
        #expect(MemoryLayout<TransportLedger.Entry>.stride == 8)
        #expect(TransportLedger.capacity * (8 + 2) == 5 * 1_024)
        #expect(MemoryLayout<HeldMedia>.stride <= 512)
    }

    @Test("feedback from a liar is harmless: any bases, any statuses")
    func hostile() throws {
        var generator = SplitMix64(seed: 11)
        var ledger = TransportLedger()
        ledger.allocate()
        ledger.begin(at: 0, continuing: 0)
        for _ in 0..<3_000 {
            let number = UInt16(truncatingIfNeeded: generator.next()) & 0x07ff
            if let image = ledger.image(of: number), Bool.random(using: &generator) {
                ledger.forward(number, as: image, at: Self.start)
            } else {
                ledger.hold(number, at: Self.start)
            }
            let from = UInt16(truncatingIfNeeded: generator.next())
            let arrivals = (0..<20)
                .map {
                    TransportArrival(sequenceNumber: from &+ $0 &* 97, microseconds: generator.next() >> 50)
                }
            let bytes = Self.feedback(arrivals)
            if !bytes.isEmpty {
                let translated = try Self.translate(bytes, &ledger, at: Self.start)
                #expect(translated.count <= TransportLedger.capacity)
            }
            var scratch = arrivals
            while let run = ledger.takeRun(into: &scratch, at: Self.start) { #expect(run.count <= 20) }
        }
    }
}
