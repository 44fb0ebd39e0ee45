import Foundation
import Matchmaking
import MediaControl
import Policy
package import RelayTypes
import Signalling

/// Why A sees B, or does not.
extension Switchboard {
    /// One pair, live or ended within the last 24 h; `nil` when there is none of that name.
    package func explain(_ id: PairID) async -> Explanation? {
        guard let before = insight.journal[.pair(id)] else { return nil }
        var snapshot: PairSnapshot?
        if let slot = pairs[id]?.slot { snapshot = await self.snapshot(slot) }
        // It may have ended meanwhile.
        let record = insight.journal[.pair(id)] ?? before
        guard case .pair(_, let first, let second)? = record.entries.first?.subject else { return nil }
        let pair = pairs[id]
        let tally = record.tally ?? snapshot?.tally
        var explanation = Explanation(subject: .pair(id), state: pair == nil ? "ended" : "live")
        explanation.people = [
            .init(name: "A", peer: first, band: band(of: first)),
            .init(name: "B", peer: second, band: band(of: second)),
        ]
        explanation.leftOut = record.leftOut
        explanation.lines = record.entries.map { line($0, .pair) }
        // What has ended it is noted a moment after the end, which does not wait for it.
        let end = pair == nil ? record.entries.last?.at.addingTimeInterval(1) : nil
        for (peer, name) in [(first, "A"), (second, "B")] {
            guard let own = insight.journal[.peer(peer)] else { continue }
            explanation.leftOut += own.leftOut
            explanation.lines += own.entries
                .filter { entry in end.map { entry.at <= $0 } ?? true }
                .map { line($0, SpokenNames(one: name)) }
        }
        explanation.sortLines()
        if let pair {
            explanation.verdict = verdict(on: pair, snapshot, record)
        } else {
            explanation.verdict = [endVerdict(record, .pair)]
        }
        if let tally {
            explanation.packets = Side.allCases.map { side in
                let (from, to) = side == .first ? (first, second) : (second, first)
                return .init(
                    from: from, to: to,
                    forwarded: .init(
                        packets: tally[side].forwardedPackets, bytes: tally[side].forwardedBytes),
                    dropped: Dictionary(
                        uniqueKeysWithValues: tally[side].dropped.map { ($0.key.name, $0.value) }))
            }
        }
        return explanation
    }

    /// One peer, here or gone within the last 24 h; `nil` when there is none of that name.
    package func explain(_ id: PeerID) async -> Explanation? {
        guard let record = insight.journal[.peer(id)] else { return nil }
        var explanation = Explanation(subject: .peer(id), state: state(of: id))
        explanation.people = [.init(name: "the peer", peer: id, band: band(of: id))]
        explanation.pairs = record.pairs
        explanation.leftOut = record.leftOut
        explanation.lines = record.entries.map { line($0, SpokenNames()) }
        for pair in record.pairs {
            guard let other = insight.journal[.pair(pair)] else { continue }
            explanation.leftOut += other.leftOut
            explanation.lines += other.entries.map { entry in
                guard case .pair(_, let first, let second) = entry.subject else { return line(entry, .pair) }
                let partner = first == id ? second.text : first.text
                return line(
                    entry,
                    first == id
                        ? SpokenNames(first: "the peer", second: partner)
                        : SpokenNames(first: partner, second: "the peer"))
            }
        }
        explanation.sortLines()
        if let pair = peers[id]?.pair, let told = await explain(pair.id) {
            explanation.verdict = told.verdict
            explanation.people = told.people
            explanation.packets = told.packets
        } else {
            explanation.verdict = [.init(open: false, text: standing(of: id, record))]
        }
        return explanation
    }

    private func line(_ noted: NotedEvent, _ names: SpokenNames) -> Explanation.Line {
        let about: PeerID? = if case .peer(let peer) = noted.subject { peer } else { nil }
        return Explanation.Line(
            number: noted.number, at: noted.at, event: noted.event.name, text: noted.event.sentence(names),
            about: about)
    }

    private func band(of id: PeerID) -> Band? {
        guard let peer = peers[id], peer.isProved(at: media.now) else { return nil }
        return peer.proof?.band
    }

    // MARK: What is so right now

    private func endVerdict(_ record: EventJournal.Record, _ names: SpokenNames) -> Explanation.Verdict {
        let reason = record.entries.reversed().lazy
            .compactMap { if case .pairEnded(let reason) = $0.event { reason } else { nil } }.first
        let why = reason.map { SessionEvent.spoken($0, names) } ?? "it is being ended"
        return .init(open: false, text: "Neither sees the other any more: \(why).")
    }

    /// For each channel and direction, in the order of the people's names.
    private func verdict(
        on pair: LivePair, _ snapshot: PairSnapshot?, _ record: EventJournal.Record
    ) -> [Explanation.Verdict] {
        var result: [Explanation.Verdict] = []
        for side in Side.allCases {
            for channel in Channel.allCases where pair.slot != nil || channel == .chat {
                let holds = pair.gates[side, channel]
                let text =
                    holds.isEmpty
                    ? open(channel, from: side, of: pair, snapshot)
                    : held(channel, from: side, by: holds, record)
                result.append(
                    .init(
                        from: pair[side].id, to: pair[side.other].id, channel: channel.name,
                        open: holds.isEmpty, text: text))
            }
        }
        return result
    }

    private func held(
        _ channel: Channel, from side: Side, by holds: Holds, _ record: EventJournal.Record
    ) -> String {
        let names = SpokenNames.pair
        let (sender, receiver) = (names.name(side), names.name(side.other))
        let reasons = Holds.named.filter { holds.contains($0.hold) }
            .map { hold, name in
                switch hold {
                case .ageSelf: "\(sender) has not proved an age"
                case .agePartner: "\(receiver) has not proved an age"
                case .consentSelf: "\(sender) has not agreed yet"
                case .consentPartner: "\(receiver) has not agreed yet"
                case .moderator: Self.lastHold(on: side, channel, record)
                case .risk: "a report about one of the two waits for a decision"
                case .report: "one of the two has reported the other"
                case .policy: "the operator's endpoint has not allowed it"
                default: name
                }
            }
        return "\(receiver) does not \(Self.verb(channel)) \(sender): " + reasons.joined(separator: "; ")
            + "."
    }

    private static func lastHold(
        on side: Side, _ channel: Channel, _ record: EventJournal.Record
    ) -> String {
        let order = record.entries.reversed().lazy
            .compactMap { if case .ordered(let order) = $0.event { order } else { nil } }
            .first {
                $0.action == "hold" && ($0.from ?? side) == side && ($0.channel ?? channel) == channel
            }
        guard let order else { return "an operator holds it" }
        return "operator \(order.by) holds it (\(order.reason))"
    }

    private static func verb(_ channel: Channel) -> String {
        switch channel {
        case .audio: "hear"
        case .video: "see"
        case .chat: "read"
        }
    }

    private func open(
        _ channel: Channel, from side: Side, of pair: LivePair, _ snapshot: PairSnapshot?
    ) -> String {
        let names = SpokenNames.pair
        let (sender, receiver) = (names.name(side), names.name(side.other))
        let verb = Self.verb(channel)
        guard channel != .chat else {
            return "\(receiver) may \(verb) what \(sender) writes: the gate is open."
        }
        let may = "\(receiver) may \(verb) \(sender): the gate is open"
        guard let snapshot else { return may + ", but the worker did not answer." }
        for (peer, leg, name) in [
            (pair[side], side == .first ? snapshot.first : snapshot.second, sender),
            (pair[side.other], side == .first ? snapshot.second : snapshot.first, receiver),
        ] where leg.state != .connected {
            let gone = peer.link == nil ? " and its connection is lost" : ""
            return may + ", but \(name)'s media path is \(leg.state.rawValue)\(gone), so nothing passes."
        }
        let sent = snapshot.tally[side]
        guard sent.forwardedPackets > 0, let last = sent.lastForwardedAt else {
            let reason = sent.dropped.max { $0.value < $1.value }
            let dropped = reason.map { "; \($0.value) were dropped as \($0.key.name)" } ?? ""
            return may + ", but no packet of \(sender) has come through yet\(dropped)."
        }
        let silence = Double(media.now.nanoseconds(since: last)) / 1e9
        let count = "\(sent.forwardedPackets) packets of \(sender) have gone through"
        guard silence < 5 else {
            return may + " and \(count), but none for \(Int(silence)) s: \(sender) sends nothing."
        }
        return "\(receiver) \(verb)s \(sender): the gate is open and \(count) (sound and picture together)."
    }

    /// Where somebody stands who has no partner.
    private func standing(of id: PeerID, _ record: EventJournal.Record) -> String {
        guard let peer = peers[id] else {
            let last = record.entries.last.map { $0.event.sentence(SpokenNames()) } ?? "it is gone"
            return "The peer sees nobody: it is not here any more. The last that is known: \(last)."
        }
        let now = media.now
        if peer.link == nil {
            return "The peer sees nobody: its connection is lost, and it may still resume."
        }
        if peer.parting != nil {
            return "The peer sees nobody: it and its partner have proved different bands."
        }
        guard peer.wantsPool, let request = peer.request else {
            return peer.request == nil
                ? "The peer sees nobody: it has not asked for a partner yet."
                : "The peer sees nobody: its last pair is over, and it has not asked for the next partner."
        }
        if Admission(unverified: unverifiedRule, isProved: peer.isProved(at: now)) != .pool {
            return "The peer sees nobody: it must prove its age before it is matched."
        }
        if request.media == .video {
            switch peer.leg?.state {
            case nil: return "The peer sees nobody: it has no media path."
            case .offered: return "The peer sees nobody: its browser has not answered the offer yet."
            case .answered: return "The peer sees nobody: its media path is not up yet (ICE or DTLS)."
            case .connected: break
            }
        }
        if peer.unsettledCuts > 0 { return "The peer sees nobody: its last pair is still being ended." }
        if peer.meeting != nil || peer.coming != nil {
            return "The peer sees nobody: it is being brought to a partner on another worker."
        }
        let others = max(waitingRoom.count - 1, 0)
        return others == 0
            ? "The peer sees nobody: it waits, and nobody else does."
            : "The peer sees nobody: it waits with \(others) others, none of whom may meet it now "
                + "(another band, video or text, met or blocked before)."
    }
}

extension Explanation {
    fileprivate mutating func sortLines() { lines.sort { $0.number < $1.number } }
}
