import Foundation
import Logging
import MediaControl
import Policy
import RelayTypes
import Signalling
import Storage

extension Switchboard {
    /// Takes a report of somebody outside: cuts first, then records, then answers.
    package func take(_ request: OutsideReport) async throws(AdminError) -> OutsideReportReceipt {
        let arrivedAt = media.now
        guard configuration.reportReasons.contains(request.reason) else {
            throw .unknownReason(request.reason)
        }
        var known: Place?
        do {
            known = try place(meantBy: request)
        } catch .unknownPair(let pair) {
            // Nothing can be cut any more, so that it may be looked up.
            known = try await storedPlace(of: pair, meantBy: request)
        }
        guard let place = known else { throw .unknownPair(request.pair ?? PairID("")) }
        var drafts = place.sides.map { draft(request, place, against: $0) }
        var receipt = OutsideReportReceipt(reports: drafts.map(\.id), pair: place.pair, cut: false)
        let isAboutMinor = request.reason == configuration.minorReason
        let hold = { [drafts] in
            for draft in drafts where isAboutMinor {
                self.putAtRisk(draft.reported, because: draft.id, marks: draft.reportedMarks)
            }
            for draft in drafts { self.noteReport(draft) }
        }
        var parted: [(slot: LegSlot?, at: MonotonicInstant?)] = drafts.map { _ in (nil, nil) }
        if let pair = place.live {
            let (before, arrival) = (pair.gates, configuration.wallClock())
            let slots = place.sides.map { person in
                pair.slot == nil ? nil : person.side.flatMap { pair[$0].leg?.slot }
            }
            let outcome = pair.policy.handle(.cutOrdered(.policy), at: arrivedAt)
            if let ending = outcome.ending {
                let acknowledgement = await cut(pair, because: ending, arrivedAt: arrivedAt, then: hold)
                receipt.cut = true
                receipt.inForceMicroseconds = acknowledgement.latencyNanoseconds.map { $0 / 1_000 }
                parted = slots.map { ($0, acknowledgement.partedAt) }
                for index in drafts.indices {
                    add(
                        acknowledgement, before: before, after: outcome.gates, arrival: arrival,
                        to: &drafts[index])
                }
            }
        } else {
            hold()
        }
        let writing = Task { [drafts] in await write(drafts, of: request.source) }
        let written = Task { _ = await writing.value }
        for (draft, parted) in zip(drafts, parted) {
            countDrops(on: parted.slot, since: parted.at) { dropped in
                self.complete(draft.id, with: dropped, after: written)
            }
        }
        if let unsaved = await writing.value { throw .reportNotDurable(unsaved) }
        return receipt
    }

    /// Counts a wrong key of a source.
    package func sourceRefused(isFirst: Bool) async {
        counts.sourcesRefused += 1
        logger.warning("a report from outside came with a wrong key")
        // One entry for each burst: somebody who guesses must not fill the log.
        if isFirst { _ = await audit(.sourceRefused, by: .server) }
    }

    // MARK: Whom it is about

    private struct Place {
        /// One of the two, with the side of a pair where there is one.
        struct Person {
            let peer: PeerID
            let side: Side?
        }

        var sides: [Person]
        var pair: PairID?
        var live: LivePair?
        var past: PastPair?
        /// The pair as it is known from the records alone, seen from its first side.
        var stored: ReceiptRecord?
    }

    private func storedPlace(
        of pair: PairID, meantBy request: OutsideReport
    ) async throws(AdminError) -> Place? {
        let since = configuration.wallClock().addingTimeInterval(-Double(configuration.receiptWindow))
        guard let stored = await records.pair(pair, since: since) else { return nil }
        let sides = [
            Place.Person(peer: stored.holder, side: stored.side),
            Place.Person(peer: stored.partner, side: stored.side.other),
        ]
        .filter { request.peer == nil || $0.peer == request.peer }
        guard !sides.isEmpty else { throw .notOfThePair(request.peer ?? PeerID("")) }
        return Place(sides: sides, pair: pair, stored: stored)
    }

    private func place(meantBy request: OutsideReport) throws(AdminError) -> Place {
        let live = request.pair.map { pairs[$0] } ?? request.peer.flatMap { peers[$0]?.pair }
        if let live {
            let sides = Side.allCases.filter { request.peer == nil || live[$0].id == request.peer }
            guard !sides.isEmpty else { throw .notOfThePair(request.peer ?? PeerID("")) }
            return Place(
                sides: sides.map { .init(peer: live[$0].id, side: $0) }, pair: live.id, live: live)
        }
        let past = request.pair.map { pastPairs[$0] } ?? request.peer.flatMap { peers[$0]?.lastPair }
        if let past {
            let sides = Side.allCases.filter { request.peer == nil || past[$0] == request.peer }
            guard !sides.isEmpty else { throw .notOfThePair(request.peer ?? PeerID("")) }
            return Place(sides: sides.map { .init(peer: past[$0], side: $0) }, pair: past.id, past: past)
        }
        if let pair = request.pair { throw .unknownPair(pair) }
        guard let peer = request.peer, peers[peer] != nil || pastPeers[peer] != nil else {
            throw .unknownPeer(request.peer ?? PeerID(""))
        }
        return Place(sides: [.init(peer: peer, side: nil)])
    }

    private func draft(
        _ request: OutsideReport, _ place: Place, against person: Place.Person
    ) -> ReportRecord {
        let now = configuration.wallClock()
        let started = place.live?.startedAtDate ?? place.past?.startedAtDate ?? place.stored?.startedAt
        let offset = started.map { (now.timeIntervalSince($0) * 1_000).rounded() } ?? 0
        var record = ReportRecord(
            id: .random(using: &random), receivedAt: now, reporter: nil, reported: person.peer,
            reportedMarks: Array(marks(of: person.peer)), pair: place.pair,
            reporterSide: person.side?.other, pairStartedAt: started,
            pairEndedAt: place.past?.endedAtDate ?? place.stored?.endedAt,
            reason: request.reason, comment: request.comment,
            origin: request.source.kind.origin, source: request.source.name, signals: request.signals,
            live: place.live != nil, offsetMilliseconds: Int64(exactly: offset) ?? 0,
            gatesBefore: place.live?.gates)
        if let stored = place.stored {
            let isHolder = person.side == stored.side
            record.reportedMarks = Array(
                Set(record.reportedMarks).union(isHolder ? stored.holderMarks : stored.partnerMarks))
            record.reportedBand = isHolder ? stored.holderBand : stored.partnerBand
            record.reporterBand = isHolder ? stored.partnerBand : stored.holderBand
        }
        add(place.live?.evidence ?? place.pair.flatMap { pastEvidence[$0] }, to: &record)
        record.priority = firstAssessment(of: record, origin: request.source.kind.weighed).priority
        return record
    }

    /// - Returns: one that is not on disk yet.
    private func write(_ drafts: [ReportRecord], of source: ReportSource) async -> ReportID? {
        var unsaved: ReportID?
        for draft in drafts {
            var record = draft
            record.captureEvents = await sealedTrace(of: record.reported, for: record.id)
            note(received: record)
            let written = record
            let isDurable = await records.save(written) {
                await self.assess(written, origin: source.kind.weighed)
            }
            if isDurable {
                await assess(written, origin: source.kind.weighed)
            } else {
                unsaved = record.id
            }
        }
        return unsaved
    }
}

extension ReportSource.Kind {
    /// In the words of the DSA Transparency Database.
    var origin: ReportOrigin {
        switch self {
        case .trustedFlagger: .trustedFlagger
        case .hotline: .otherNotification
        case .moderator, .classifier: .voluntary
        }
    }

    var weighed: ReportOriginKind {
        switch self {
        case .trustedFlagger: .trustedFlagger
        case .hotline: .hotline
        case .moderator: .moderator
        case .classifier: .classifier
        }
    }
}
