import Foundation
import Hooks
import Logging
import MediaControl
import Policy
import RelayTypes
import Storage

/// What the Switchboard remembers for those who look.
struct Insight {
    /// Most subscribers of events at once.
    static let mostSubscribers = 64

    /// Tells the numbers of this run of the server from those of another.
    let run = String(UInt64.random(in: .min ... .max), radix: 36)
    var journal = EventJournal()
    var subscribers: [ObjectIdentifier: EventQueue] = [:]
    var lastNumber: UInt64 = 0
    /// The latest events, for subscribers who come back.
    var recent = RecentEvents()
    /// Who waits for a leg's state.
    var legs: [Ticket: (LegSnapshot?) -> Void] = [:]
    /// Who waits for an answer of the operator's endpoint.
    var questions: [UInt64: (HookAnswer) -> Void] = [:]
    var lastQuestion: UInt64 = 0
    /// Who waits for a worker's survey.
    var surveys: [Ticket: CheckedContinuation<[PairTraffic], Never>] = [:]
}

/// The one place where each event of a session's life is noted.
extension Switchboard {
    /// Makes of an event a line of the log, an entry of the journal and an item for subscribers.
    ///
    /// Called after an order that shuts has been queued, and never on the packet path: nothing in
    /// it waits, so whoever writes the log must not wait for its reader.
    func note(_ event: SessionEvent, about subject: NotedEvent.Subject) {
        insight.lastNumber += 1
        let noted = NotedEvent(
            number: insight.lastNumber, at: configuration.wallClock(), event: event, subject: subject)
        logger.log(
            level: event.level, "\(event.name.replacing("_", with: " "))", metadata: Self.metadata(of: noted))
        insight.journal.add(noted, at: media.now)
        tellHooks(of: noted)
        insight.recent.add(noted)
        for queue in insight.subscribers.values { queue.offer(noted) }
    }

    private static func metadata(of noted: NotedEvent) -> Logger.Metadata {
        Logger.Metadata(noted.details.map { ($0.name, .string($0.value)) }) { first, _ in first }
    }

    func note(_ event: SessionEvent, of peer: PeerID) { note(event, about: .peer(peer)) }

    func note(_ event: SessionEvent, of pair: LivePair) {
        note(event, about: .pair(pair.id, first: pair.first.id, second: pair.second.id))
    }

    /// Whose doing a change of gates is.
    func cause(of input: PairPolicy.Input, in pair: LivePair, by who: Operator?) -> GateCause {
        switch input {
        case .attested(let side, let proof): proof == nil ? .proofVoid(side) : .attested(side)
        case .accepted(let side): .accepted(side)
        case .holdOrdered: .heldBy(operator: (who ?? .unnamed).name)
        case .releaseOrdered: .releasedBy(operator: (who ?? .unnamed).name)
        case .risk(let side, let isAtRisk): .reports(about: side, wait: isAtRisk)
        case .tick: .proofLapsed
        case .hook(let awaits): .hook(allows: !awaits)
        case .reported, .cutOrdered: .other
        }
    }

    func noteMatch(of pair: LivePair) {
        insight.journal.open(.pair(pair.id))
        for side in Side.allCases { insight.journal.add(pair.id, to: pair[side].id) }
        note(
            .matched(
                sharedInterests: pair.sharedInterests.count, media: pair.slot == nil ? "text" : "video"),
            of: pair)
        note(.gatesChanged(GateChange.between(PairGates(all: []), pair.gates), because: .matched), of: pair)
    }

    /// Notes a report: with its pair where there is one, else with whom it is about.
    ///
    /// Never its comment.
    func noteReport(_ record: ReportRecord, isWritten: Bool = true) {
        let about = record.reporterSide?.other
        let event = SessionEvent.reported(
            isWritten ? record.id : nil, by: record.reporter == nil ? nil : record.reporterSide, about: about,
            reason: record.reason, source: record.source)
        guard let pair = record.pair, let side = about else { return note(event, of: record.reported) }
        let other = record.reporter ?? partner(of: record.reported, in: pair) ?? PeerID("-")
        note(
            event,
            about: side == .first
                ? .pair(pair, first: record.reported, second: other)
                : .pair(pair, first: other, second: record.reported))
    }

    private func partner(of peer: PeerID, in pair: PairID) -> PeerID? {
        if let live = pairs[pair] { return live.first.id == peer ? live.second.id : live.first.id }
        return pastPairs[pair].map { $0.first == peer ? $0.second : $0.first }
    }

    // MARK: Subscribers

    package var hasRoomForSubscriber: Bool { insight.subscribers.count < Insight.mostSubscribers }

    /// Every event from now on that the filter wants.
    ///
    /// - Parameter last: the id of the last event that it knows: what came after that is told first, as far as it is
    ///   still there. One of an earlier run knows nothing of this one.
    /// - Returns: `nil` where there are ``Insight/mostSubscribers`` already.
    package func subscribe(to filter: EventFilter, after last: String? = nil) -> EventQueue? {
        guard hasRoomForSubscriber else { return nil }
        let queue = EventQueue(filter: filter, run: insight.run)
        if let last {
            let parts = last.split(separator: "-")
            let number = parts.count == 2 && parts[0] == insight.run ? UInt64(parts[1]) ?? 0 : 0
            let (events, missing) = insight.recent.events(after: number)
            // Of events that are gone nobody knows whether the filter would have wanted them.
            if missing > 0 { queue.missed(missing) }
            for event in events { queue.offer(event) }
        }
        insight.subscribers[ObjectIdentifier(queue)] = queue
        return queue
    }

    package func unsubscribe(_ queue: EventQueue) {
        insight.subscribers[ObjectIdentifier(queue)] = nil
        queue.close()
    }

    // MARK: What workers know

    /// Asks a worker how far a leg has come.
    ///
    /// The order is queued before this function returns.
    ///
    /// - Parameter done: given `nil` where the worker does not say.
    func inspect(_ slot: LegSlot, then done: @escaping (LegSnapshot?) -> Void) {
        let ticket = freshTicket()
        insight.legs[ticket] = done
        due.add(.acknowledgement(ticket), at: media.now.advanced(bySeconds: Self.acknowledgementPatience))
        if !media.submit(.inspectLeg(slot), ticket: ticket) { acknowledge(ticket, .silent) }
    }

    /// What all pairs have forwarded so far: one order for each worker, however many pairs there are.
    func surveyAll() async -> [PairSlot: PairTraffic] {
        var result: [PairSlot: PairTraffic] = [:]
        var asked: [Task<[PairTraffic], Never>] = []
        for worker in legSlots.indices where pairSlots[worker].taken > 0 && !watches[worker].isStuck {
            asked.append(Task { await survey(worker: UInt16(worker)) })
        }
        for task in asked { for traffic in await task.value { result[traffic.slot] = traffic } }
        return result
    }

    private func survey(worker: UInt16) async -> [PairTraffic] {
        let ticket = freshTicket()
        return await withCheckedContinuation { continuation in
            insight.surveys[ticket] = continuation
            due.add(.acknowledgement(ticket), at: media.now.advanced(bySeconds: Self.acknowledgementPatience))
            if !media.submit(.survey(worker: worker), ticket: ticket) { acknowledge(ticket, .silent) }
        }
    }

    // MARK: Legs

    /// A leg is up: asks its worker what ICE and DTLS came to.
    func noteLegUp(of peer: Peer, on slot: LegSlot) {
        let id = peer.id
        note(.legUp, of: id)
        inspect(slot) { leg in if let leg { self.notePath(leg, of: id) } }
    }

    private func notePath(_ leg: LegSnapshot, of peer: PeerID) {
        note(
            .pathFound(
                LegPath(
                    address: leg.remote.map { shown($0) }, dtls: leg.dtlsVersion, srtp: leg.profile?.name,
                    roundTripMilliseconds: leg.roundTripMilliseconds)),
            of: peer)
    }

    /// A leg did not come up in time: asks its worker how far it had come.
    ///
    /// To be called before the order that closes it.
    func noteLegTimeout(of peer: Peer, on slot: LegSlot) {
        let id = peer.id
        inspect(slot) { leg in
            self.note(.legEnded(why: "timeout", detail: nil, reached: leg?.state), of: id)
        }
    }
}
