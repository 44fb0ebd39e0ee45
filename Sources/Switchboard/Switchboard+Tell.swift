import Foundation
import Hooks
import RelayTypes
import Storage

/// Telling the operator's endpoint what happens.
///
/// Nothing here waits: what is told is written down in the background, and goes out from there.
extension Switchboard {
    /// Tells of an event of a session's life, where it is one of those that are told.
    func tellHooks(of noted: NotedEvent) {
        guard configuration.hooks != nil else { return }
        switch (noted.event, noted.subject) {
        case (.joined(let media), .peer(let id)):
            guard let peer = peers[id] else { return }
            tell(.peerJoined, at: noted.at, JoinedNews(person: person(peer), media: media))
        case (.matched, .pair(let id, _, _)):
            guard let pair = pairs[id] else { return }
            tell(
                .pairMatched, at: noted.at,
                MatchedNews(
                    pair: id.text, peers: people(pair), media: pair.slot == nil ? "text" : "video",
                    sharedInterests: pair.sharedInterests))
        case (.gatesChanged(let changes, let cause), .pair(let id, let first, let second)):
            let gates = changes.compactMap { change -> GateNews.Gate? in
                guard let pair = pairs[id] else { return nil }
                let (from, to) = change.from == .first ? (first, second) : (second, first)
                return .init(
                    from: from.text, to: to.text, channel: change.channel.name, open: change.isOpen,
                    holds: pair.gates[change.from, change.channel].names)
            }
            tell(.gateChanged, at: noted.at, GateNews(pair: id.text, because: cause.name, gates: gates))
        case (.pairEnded(let reason), .pair(let id, let first, let second)):
            let by = reason.side.map { ($0 == .first ? first : second).text }
            tell(
                .pairEnded, at: noted.at,
                EndedNews(
                    pair: id.text, peers: [first.text, second.text], reason: reason.name, by: by,
                    seconds: pastPairs[id].map { max(noted.at.timeIntervalSince($0.startedAtDate), 0) }))
        case (.appealed(let appeal, let decision), _):
            tell(.appealReceived, at: noted.at, AppealNews(appeal: appeal.text, decision: decision.text))
        default: break
        }
    }

    /// Tells of a report that is about to be written down.
    func tellHooks(of report: ReportRecord) {
        guard configuration.hooks != nil else { return }
        tell(
            .reportReceived, at: report.receivedAt,
            ReportNews(
                report: report.id.text, pair: report.pair?.text, reporter: report.reporter?.text,
                reported: report.reported.text, reason: report.reason, source: report.source))
        guard !report.signals.isEmpty else { return }
        tell(
            .signalMatched, at: report.receivedAt,
            SignalNews(
                report: report.id.text, pair: report.pair?.text, peer: report.reported.text,
                source: report.source, signals: report.signals))
    }

    func tellHooks(of decision: DecisionRecord) {
        guard configuration.hooks != nil else { return }
        tell(
            .decisionMade, at: decision.madeAt,
            DecisionNews(
                decision: decision.id.text, report: decision.report?.text, peer: decision.peer?.text,
                outcome: decision.outcome.rawValue, action: decision.action.rawValue))
    }

    private func tell(_ kind: HookEventKind, at date: Date, _ data: some Encodable) {
        guard let hooks = configuration.hooks, hooks.tells(kind) else { return }
        outbox.add(
            HookEventRecord(
                id: "evt_" + randomText(characters: 24, using: &random), at: date, kind: kind.rawValue,
                body: HookBody.text(type: kind.rawValue, at: date, data: HookJSON.text(data))))
    }
}

/// `peer.joined`.
private struct JoinedNews: Encodable {
    let person: HookPerson
    let media: String

    private enum Key: CodingKey { case media }

    func encode(to encoder: any Encoder) throws {
        try person.encode(to: encoder)
        var members = encoder.container(keyedBy: Key.self)
        try members.encode(media, forKey: .media)
    }
}

/// `pair.matched`.
private struct MatchedNews: Encodable {
    let pair: String
    let peers: [HookPerson]
    let media: String
    let sharedInterests: [String]
}

/// `gate.changed`.
private struct GateNews: Encodable {
    struct Gate: Encodable {
        let from, to, channel: String
        let open: Bool
        let holds: [String]
    }

    let pair, because: String
    /// Those that have changed.
    let gates: [Gate]
}

/// `pair.ended`.
private struct EndedNews: Encodable {
    let pair: String
    let peers: [String]
    let reason: String
    let by: String?
    let seconds: Double?
}

/// `report.received`, without its comment.
private struct ReportNews: Encodable {
    let report: String
    let pair, reporter: String?
    let reported, reason, source: String
}

/// `signal.matched`.
private struct SignalNews: Encodable {
    let report: String
    let pair: String?
    let peer, source: String
    let signals: [String]
}

/// `decision.made`.
private struct DecisionNews: Encodable {
    let decision: String
    let report, peer: String?
    let outcome, action: String
}

/// `appeal.received`.
private struct AppealNews: Encodable { let appeal, decision: String }
