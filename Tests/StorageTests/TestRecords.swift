import Foundation
import RelayTypes
import Sealing

@testable import Storage

/// Starts every text that ``Planted`` writes.
let marker = "PLANTED-"

/// Eight bytes of text as a number, which SQLite writes as these bytes.
let plantedNumber = Int64(bitPattern: Array("PLANTED-".utf8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) })

/// Records in which every field says which one it is.
struct Planted {
    let name: String

    private func text(_ field: String) -> String { "\(marker)\(field)-\(name)" }

    private func mark(_ handle: BanHandle, _ byte: UInt8) -> BanMark {
        BanMark(handle: handle, hash: Array((marker.utf8 + [UInt8](repeating: byte, count: 32)).prefix(32)))
    }

    var report: ReportRecord {
        var before = PairGates(all: [])
        before[.first, .video] = [.consentSelf, .consentPartner]
        before[.second, .chat] = .moderator
        return ReportRecord(
            id: ReportID(text("report")), receivedAt: Date(milliseconds: start.milliseconds + 1_234),
            reporter: PeerID(text("reporter")), reported: PeerID(text("reported")),
            reporterBand: Band(text("band1")), reportedBand: Band(text("band2")),
            reporterMarks: [mark(.address, 1), mark(.lineage, 2)], reportedMarks: [mark(.identity, 3)],
            pair: PairID(text("pair")), reporterSide: .second, pairStartedAt: start,
            pairEndedAt: start.addingTimeInterval(1.5), sharedInterests: [text("interest"), "chess"],
            reason: text("reason"), comment: text("comment") + " ' \" ; 你好\n",
            origin: .trustedFlagger, source: text("source"), signals: [text("signal")], live: true,
            offsetMilliseconds: plantedNumber, chatMessages: 77,
            transcript: [
                TranscriptLine(at: start, from: .first, text: text("line1")),
                TranscriptLine(
                    at: start.addingTimeInterval(1), from: .second, text: text("line2"), wasHeld: true),
            ],
            proof: CutProof(
                holdsBefore: before, holdsAfter: PairGates(all: .report),
                inForceAt: start.addingTimeInterval(2),
                lastPacketAt: Date(milliseconds: start.milliseconds + 1_999),
                latencyMicroseconds: 187, packetsDroppedSince: 12,
                countedUntil: start.addingTimeInterval(4)),
            cutInForceMicroseconds: 188, gatesBefore: before,
            captureEvents: SealedEvents(bytes: Array(text("events").utf8)),
            referrals: [
                Referral(
                    madeAt: start.addingTimeInterval(3), by: text("operator1"), to: text("police"),
                    reference: text("reference"), note: text("note"))
            ],
            priority: 42, retention: .violation, keepUntil: start.addingTimeInterval(86_400))
    }

    func decision(
        _ id: String = "decision", appeal: AppealID? = nil, overturns: DecisionID? = nil,
        _ outcome: DecisionRecord.Outcome = .upheld
    ) -> DecisionRecord {
        DecisionRecord(
            id: DecisionID(text(id)), report: report.id, appeal: appeal, peer: PeerID(text("peer")),
            madeAt: start.addingTimeInterval(4), by: text("operator2"), byKind: .operator, outcome: outcome,
            action: .ban, until: start.addingTimeInterval(1_000), groundKind: .illegal,
            ground: text("ground"),
            facts: text("facts"), automatedDetection: true, automatedDecision: true,
            statement: text("statement"), overturns: overturns)
    }

    var appeal: AppealRecord {
        AppealRecord(
            id: AppealID(text("appeal")), decision: decision().id, receivedAt: start.addingTimeInterval(5),
            text: text("plea"))
    }

    var ban: BanRecord {
        BanRecord(
            id: BanID(text("ban")), decision: decision().id, peer: PeerID(text("banned")),
            madeAt: start.addingTimeInterval(4), until: start.addingTimeInterval(1_000),
            reason: text("banreason"), facts: text("banfacts"),
            holds: [.init(mark: mark(.lineage, 4), until: start.addingTimeInterval(500))])
    }

    var pair: PairRecord {
        PairRecord(
            pair: PairID(text("met")), startedAt: start, endedAt: start.addingTimeInterval(9),
            first: PairSideRecord(
                peer: PeerID(text("first")), band: Band(text("band3")), receipt: text("r1"),
                marks: [mark(.lineage, 5)]),
            second: PairSideRecord(
                peer: PeerID(text("second")), band: Band(text("band4")), receipt: text("r2"),
                marks: [mark(.identity, 6), mark(.lineage, 7)]))
    }

    /// Of the first side of ``pair``.
    var receipt: String { text("r1") }

    func draft(_ what: AuditAct, _ subject: String) -> AuditDraft {
        AuditDraft(
            at: start.addingTimeInterval(6), who: text("who"), what: what, subject: subject,
            details: #"{"x":"\#(text("details"))"}"#)
    }

    /// Writes a row into every table that a store keeps anything in.
    func plant(in store: SQLiteStore) async throws {
        try await store.save(report)
        try await store.decide(
            decision(), ban: ban, liftsBan: nil, audit: draft(.decisionMade, decision().id.text))
        try await store.save(appeal, audit: draft(.appealReceived, appeal.id.text))
        try await store.decide(
            decision("answer", appeal: appeal.id, overturns: decision().id, .rejected), ban: nil,
            liftsBan: nil, audit: draft(.appealDecided, appeal.id.text))
        try await store.savePair(pair)
        let event = HookEventRecord(id: text("event"), at: start, kind: "pair.ended", body: text("body"))
        _ = try await store.save([event], room: 1)
    }
}
