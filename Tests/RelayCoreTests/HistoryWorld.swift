import MediaControl
import ReferenceTools
import RelayTypes
import Testing
import Wire

@testable import RelayCore

/// Three browsers, a core between them, and an oracle that knows what each has sent and may receive.
final class HistoryWorld {
    /// What is known of one browser.
    struct Person {
        let browser: TestBrowser
        var audio: UInt16
        var video: UInt16
        var retransmission: UInt16
        var wide: UInt16
        var needsKey = true
        /// Numbers that it has used, by SSRC.
        var used: [UInt32: Set<UInt16>] = [:]
        /// Transport-wide numbers that have arrived at the server, and those that it was told of.
        var arrived: Set<UInt16> = []
        var told: Set<UInt16> = []
        var reports: Set<UInt32> = []
        /// What is under way to the server.
        ///
        /// `serial` is that of a packet, `nil` for RTCP.
        var waiting: [(due: Int, serial: Int?, bytes: [UInt8])] = []
        // As a receiver.
        var media = 0
        var feedback = 0
        var splices: [UInt32: Splice] = [:]
        var untoldWide: [UInt16] = []
        var nextWide: UInt16?
        var lastWide: UInt16?
        var seenWide: Set<UInt16> = []
        var messages: UInt8 = 0
        /// Of its own numbers, those that were received behind a newer one: receivers here leave them out.
        var late: Set<UInt16> = []
        /// The last sender report's name, by SSRC.
        var heard: [UInt32: UInt32] = [:]
    }

    /// The oracle's splice: two constants, from the first packet of an epoch on.
    struct Splice {
        var epoch = -1
        var sender = -1
        var offset: UInt16 = 0
        var time: UInt32 = 0
        var first: UInt16 = 0
        var highest: UInt16 = 0
    }

    /// What was sent, by the serial number in its payload.
    struct Sent {
        let sender: Int
        let role: StreamRole
        let packet: TestPacket
    }

    let harness: Harness
    let seed: UInt64
    var generator: SplitMix64
    var people: [Person] = []
    var sent: [Sent] = []
    var pair: (slot: PairSlot, first: Int, second: Int)?
    var gates = Harness.open
    /// Of what each sends on each channel: grows when a gate shuts or a pair is made.
    var epochs: [Int] = Array(repeating: 0, count: 6)
    var step = 0
    var generation: UInt32 = 0
    var forwarded = 0

    init(seed: UInt64) throws {
        self.seed = seed
        generator = SplitMix64(seed: seed)
        harness = try Harness()
        for number in 1...3 as ClosedRange<UInt8> {
            let browser = try TestBrowser(number)
            try harness.connect(browser)
            people.append(
                Person(
                    browser: browser, audio: random(65_000...65_535), video: random(65_000...65_535),
                    retransmission: random(65_000...65_535), wide: random(64_000...65_535)))
        }
    }

    func random(_ range: ClosedRange<UInt16>) -> UInt16 { .random(in: range, using: &generator) }
    func chance(_ count: Int) -> Bool { Int.random(in: 0..<count, using: &generator) == 0 }

    // MARK: Who may

    func partner(of person: Int) -> Int? {
        guard let pair else { return nil }
        return person == pair.first ? pair.second : person == pair.second ? pair.first : nil
    }

    func isOpen(_ person: Int, _ channel: Channel) -> Bool {
        guard let pair, person == pair.first || person == pair.second else { return false }
        return gates[person == pair.first ? .first : .second, channel] == []
    }

    func epoch(_ person: Int, _ channel: Channel) -> Int { epochs[person * 2 + Int(channel.rawValue)] }

    // MARK: Orders

    func order() throws {
        if let (slot, first, second) = pair, !chance(4) {
            var new = PairGates(all: [])
            for side in Side.allCases {
                for channel in [Channel.audio, .video] where chance(3) {
                    let hold = Holds.named[Int.random(in: 0..<8, using: &generator)].hold
                    new[side, channel] = hold
                }
            }
            for (side, person) in [(Side.first, first), (.second, second)] {
                for channel in [Channel.audio, .video]
                where gates[side, channel] == [] && new[side, channel] != [] {
                    epochs[person * 2 + Int(channel.rawValue)] += 1
                }
            }
            gates = new
            try harness.order(.setGates(slot, new))
        } else {
            if let pair { _ = try harness.part(pair.slot) }
            let first = Int.random(in: 0..<3, using: &generator)
            let second = (first + Int.random(in: 1...2, using: &generator)) % 3
            generation += 1
            gates = Harness.open
            pair = (
                try harness.pair(
                    people[first].browser, people[second].browser, generation: generation, gates: gates),
                first,
                second
            )
            for index in epochs.indices { epochs[index] += 1 }
        }
        try settle()
    }

    // MARK: Media

    /// Sends a packet of a random stream; it may be lost, late, or come twice.
    func send(_ person: Int) throws {
        let browser = people[person].browser
        people[person].wide &+= 1
        let time = UInt32(truncatingIfNeeded: step) &* 960 &+ UInt32(person) << 30
        var packet: TestPacket
        let role: StreamRole
        switch Int.random(in: 0..<10, using: &generator) {
        case 0..<4:
            people[person].audio &+= 1
            role = .audio
            packet = .audio(people[person].audio, at: time, ssrc: browser.audio)
        case 4..<8:
            people[person].video &+= 1
            role = .video
            packet = .video(people[person].video, at: time, ssrc: browser.video, isKey: chance(4))
        case 8:
            people[person].retransmission &+= 1
            role = .retransmission
            packet = .retransmission(
                people[person].retransmission, of: people[person].video &- random(0...20), at: time,
                ssrc: browser.retransmission)
        default:
            people[person].retransmission &+= 1
            role = .retransmission
            packet = .probe(people[person].retransmission, at: time, ssrc: browser.retransmission)
        }
        packet.transportWideNumber = people[person].wide
        if packet.padding == 0 { packet.payload += RTCP.word(UInt32(sent.count)) }
        people[person].used[packet.ssrc, default: []].insert(packet.sequenceNumber)
        sent.append(Sent(sender: person, role: role, packet: packet))
        try post(try browser.protect(packet), sent.count - 1, from: person)
        if chance(20) { try say(person) }
    }

    /// A sender report.
    private func say(_ person: Int) throws {
        let browser = people[person].browser
        let name = UInt32(truncatingIfNeeded: generator.next()) | 1
        people[person].reports.insert(name)
        let report = RTCP.senderReport(
            of: chance(2) ? browser.audio : browser.video, rtpTimestamp: UInt32(step),
            ntpTimestamp: UInt64(name) << 16)
        try post(try browser.protect(rtcp: report), nil, from: person)
    }

    private func post(_ bytes: [UInt8], _ serial: Int?, from person: Int) throws {
        if chance(12) { return }
        var due = step
        if chance(6) { due += Int.random(in: 1...15, using: &generator) }
        people[person].waiting.append((due, serial, bytes))
        if chance(12) { people[person].waiting.append((due + 3, serial, bytes)) }
    }

    /// Delivers what is due.
    func deliver() throws {
        for person in people.indices {
            let due = people[person].waiting.filter { $0.due <= step }
            people[person].waiting.removeAll { $0.due <= step }
            for (_, serial, bytes) in due {
                let outcome = try harness.send(bytes, from: people[person].browser.endpoint)
                let packet = serial.map { sent[$0] }
                if let wide = packet?.packet.transportWideNumber { people[person].arrived.insert(wide) }
                try check(from: person, packet, outcome)
            }
        }
    }
}
