import MediaControl
import RelayTypes
import Testing
import Wire

@testable import RelayCore

/// The oracle.
extension HistoryWorld {
    func fail(_ text: String) { Issue.record("seed \(seed), step \(step): \(text)") }

    /// Takes note of what orders and timers have brought: nobody's media, and of feedback the server's own.
    func settle() throws {
        for person in people.indices {
            if people[person].browser.media.count != people[person].media { fail("media without a packet") }
            try readFeedback(person, isForwarded: false)
        }
    }

    /// A packet of `sender`, or RTCP, has been looked at.
    func check(from sender: Int, _ packet: Sent?, _ outcome: RelayOutcome) throws {
        if case .forward = outcome, packet == nil { fail("RTCP is not forwarded in its slot") }
        for person in people.indices {
            let media = people[person].browser.media
            if media.count > people[person].media {
                if person != partner(of: sender) || media.count > people[person].media + 1 {
                    fail("media at \(person), of \(sender)")
                }
                people[person].media = media.count
                if let packet, let seen = media.last {
                    check(seen, of: packet, at: person)
                } else {
                    fail("media from RTCP")
                }
            }
            try readFeedback(
                person, isForwarded: packet == nil && person == partner(of: sender), from: sender)
        }
    }

    private func check(_ packet: TestPacket, of original: Sent, at receiver: Int) {
        forwarded += 1
        let (sender, role) = (original.sender, original.role)
        let sources = people[receiver].browser.parameters.sources
        let expected =
            switch role {
            case .audio: sources.audio
            case .video: sources.video
            case .retransmission: sources.retransmission
            }
        if packet.ssrc != expected { fail("\(role) under another SSRC") }
        if !isOpen(sender, role.channel) { fail("\(role) through a shut gate") }
        if packet.payload.dropFirst(2) != original.packet.payload.dropFirst(2) { fail("another's payload") }
        let offset = packet.sequenceNumber &- original.packet.sequenceNumber
        let time = packet.timestamp &- original.packet.timestamp
        let epoch = self.epoch(sender, role.channel)
        var splice = people[receiver].splices[packet.ssrc] ?? Splice()
        if splice.epoch == epoch, splice.sender == sender {
            if offset != splice.offset { fail("\(role): the offset has changed") }
            if time != splice.time { fail("\(role): the clock has changed") }
        } else {
            if splice.sender >= 0, packet.sequenceNumber != splice.highest &+ 1 {
                fail("\(role): \(packet.sequenceNumber) after \(splice.highest)")
            }
            splice = Splice(
                epoch: epoch, sender: sender, offset: offset, time: time, first: packet.sequenceNumber,
                highest: packet.sequenceNumber)
        }
        if role == .retransmission, let video = people[receiver].splices[sources.video] {
            if time != video.time { fail("a retransmission on another clock") }
            if !packet.payload.isEmpty, packet.original != original.packet.original &+ video.offset {
                fail("a retransmission names another packet")
            }
        }
        if Int16(truncatingIfNeeded: packet.sequenceNumber &- splice.first) < 0 {
            fail("from before the splice")
        }
        if Int16(truncatingIfNeeded: packet.sequenceNumber &- splice.highest) > 0 {
            splice.highest = packet.sequenceNumber
        }
        people[receiver].splices[packet.ssrc] = splice
        checkWide(packet, of: original, at: receiver)
    }

    private func checkWide(_ packet: TestPacket, of original: Sent, at receiver: Int) {
        guard let wide = packet.transportWideNumber else { return fail("no transport-wide number") }
        if !people[receiver].seenWide.insert(wide).inserted { fail("\(wide) comes twice") }
        if let last = people[receiver].lastWide, Int16(truncatingIfNeeded: wide &- last) <= 0 {
            if let own = original.packet.transportWideNumber { people[original.sender].late.insert(own) }
        } else {
            people[receiver].lastWide = wide
            people[receiver].untoldWide.append(wide)
        }
    }

    // MARK: Feedback

    /// A receiver reports, in the numbers that it sees; some of it is about what is long over.
    func report(_ person: Int) throws {
        let browser = people[person].browser
        let sources = browser.parameters.sources
        let ssrc = [sources.audio, sources.video, sources.retransmission][Int(random(0...2))]
        let seen = browser.media.suffix(40).filter { $0.ssrc == ssrc }
        var bytes: [UInt8] = []
        switch Int.random(in: 0..<4, using: &generator) {
        case 0:
            guard let highest = people[person].splices[ssrc]?.highest else { return }
            bytes = RTCP.receiverReport(
                from: browser.audio, about: ssrc, highest: UInt32(random(0...9)) << 16 | UInt32(highest),
                lastReport: people[person].heard[ssrc] ?? 0, delay: 5)
        case 1:
            guard let packet = seen.randomElement(using: &generator) else { return }
            bytes = RTCP.negativeAcknowledgement(
                from: browser.audio, about: ssrc, packet.sequenceNumber &- random(0...17),
                lost: random(0...65_535))
        case 2:
            let numbers = people[person].untoldWide
            guard !numbers.isEmpty else { return }
            bytes = RTCP.transportWide(
                from: browser.audio, about: ssrc, numbers, from: people[person].nextWide,
                count: people[person].messages)
            people[person].untoldWide = []
            people[person].nextWide = numbers.last.map { $0 &+ 1 }
            people[person].messages &+= 1
        default:
            bytes = RTCP.pictureLoss(from: browser.audio, about: sources.video)
        }
        let outcome = try harness.send(try browser.protect(rtcp: bytes), from: browser.endpoint)
        try check(from: person, nil, outcome)
    }

    private func readFeedback(_ person: Int, isForwarded: Bool, from sender: Int? = nil) throws {
        let packets = people[person].browser.feedback[people[person].feedback...]
        people[person].feedback = people[person].browser.feedback.count
        for packet in packets {
            var blocks = try RTCPCompound(packet.span.bytes)
            while let block = blocks.next() {
                switch RTCPKind(type: block.packetType, format: block.format) {
                case .senderReport:
                    let report = try SenderReportView(block).sender
                    guard isForwarded, let sender else {
                        fail("a sender report of nobody")
                        continue
                    }
                    let name = UInt32(truncatingIfNeeded: report.ntpTimestamp >> 16)
                    if !people[sender].reports.contains(name) { fail("a sender report of another") }
                    people[person].heard[report.source] = name
                case .receiverReport: try checkReport(try ReceiverReportView(block), at: person)
                case .negativeAcknowledgement:
                    try checkRequest(try NegativeAcknowledgementView(block), at: person, by: sender)
                case .transportWide: checkArrivals(try TransportFeedbackView(block), at: person)
                case .pictureLoss:
                    if try PictureLossView(block).mediaSource != people[person].browser.video {
                        fail("a PLI about nothing")
                    }
                case .sourceDescription: if !isForwarded { fail("a description of nobody") }
                case .bitrateLimit: break
                case .goodbye, .fullIntraRequest, .unknown: fail("a kind that never passes")
                }
            }
        }
    }

    private func checkReport(_ view: borrowing ReceiverReportView, at person: Int) throws {
        for index in 0..<view.reportCount {
            guard let block = view.report(at: index) else { continue }
            guard let used = people[person].used[block.source] else {
                fail("a report on another's stream")
                continue
            }
            if !used.contains(UInt16(truncatingIfNeeded: block.highestSequenceNumber)) {
                fail("a report of a number that was never used")
            }
            let name = block.lastSenderReport
            if name != 0, !people[person].reports.contains(name) { fail("a report names another's report") }
        }
    }

    private func checkRequest(_ view: borrowing NegativeAcknowledgementView, at person: Int, by asker: Int?)
        throws
    {
        let browser = people[person].browser
        guard let asker, asker == partner(of: person) else { return fail("a NACK of nobody") }
        let channel: Channel = view.mediaSource == browser.audio ? .audio : .video
        if !isOpen(person, channel) { fail("a NACK about held media") }
        guard people[person].used[view.mediaSource] != nil else {
            return fail("a NACK about another's stream")
        }
        let sources = people[asker].browser.parameters.sources
        let seen =
            view.mediaSource == browser.audio
            ? sources.audio : view.mediaSource == browser.video ? sources.video : sources.retransmission
        guard let splice = people[asker].splices[seen], splice.epoch == epoch(person, channel) else {
            return fail("a NACK before anything was received")
        }
        for index in 0..<view.entryCount {
            guard let entry = view.entry(at: index) else { continue }
            let distance = Int16(truncatingIfNeeded: entry.packetID &+ splice.offset &- splice.first)
            if distance < 0 { fail("a NACK from before the splice") }
        }
    }

    private func checkArrivals(_ view: borrowing TransportFeedbackView, at person: Int) {
        var statuses = view.statuses
        while let status = statuses.next() {
            let number = status.sequenceNumber
            if status.delta == nil {
                if people[person].arrived.contains(number), !people[person].late.contains(number) {
                    fail("\(number) has arrived and is told lost")
                }
            } else {
                if !people[person].arrived.contains(number) { fail("\(number) is told and never arrived") }
                if !people[person].told.insert(number).inserted { fail("\(number) is told twice") }
            }
        }
    }
}
