import Foundation
import Logging
import Policy
import RelayTypes
import Storage
import Synchronization

/// Writes what outlives a pair. Nothing that closes a gate waits for it.
///
/// A report or a ban that the disk does not take is kept in memory and tried again until it does.
actor RecordKeeper {
    /// What must not be lost.
    private enum Record {
        case report(ReportRecord)
        case dropped(DroppedSince, after: ReportID)
        case ban(BanRecord)
        case decision(DecisionRecord, ban: BanRecord?, liftsBan: BanID?, audit: AuditDraft)
        case audit(AuditDraft)
    }

    private struct Unsaved {
        let record: Record
        let whenDurable: @Sendable () async -> Void
    }

    /// How long until a report that failed is tried again.
    private static let retryInterval = Duration.seconds(1)

    /// How often expired records are removed.
    private static let sweepInterval: UInt64 = 3_600

    /// For reading; what must not be lost is written through this keeper.
    nonisolated let store: any ReportStore
    /// What the operator's endpoint is to be told; on disk no later than the report that it is about.
    private let outbox: HookOutbox
    private let wallClock: @Sendable () -> Date
    private let logger: Logger
    private let capacity: Int
    private var unsaved: [Unsaved] = []
    private var lastError: String?
    /// When expired records are removed next.
    private(set) var nextSweep: Date?
    private let health: Inquiry<Bool>
    private let openReports: Inquiry<Int?>
    private nonisolated let pairs = Mutex(PairChanges())
    private nonisolated let changed: AsyncStream<Void>
    private nonisolated let change: AsyncStream<Void>.Continuation

    /// What has happened to pairs since the last write.
    private struct PairChanges {
        /// Most changes that wait while the disk takes none; what is over is not kept.
        static let capacity = 100_000

        var started: [PairRecord] = []
        var ended: [(pair: PairID, at: Date)] = []

        var isFull: Bool { started.count + ended.count >= Self.capacity }
    }

    /// - Parameter capacity: most records kept in memory; beyond that the newest is lost, and logged.
    init(
        store: any ReportStore, outbox: HookOutbox, logger: Logger, capacity: Int,
        wallClock: @escaping @Sendable () -> Date
    ) {
        self.outbox = outbox
        self.wallClock = wallClock
        self.store = store
        self.logger = logger
        self.capacity = capacity
        health = Inquiry { await store.isHealthy() }
        openReports = Inquiry { try? await store.openReports() }
        (changed, change) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Reports that could not be written at the first attempt, since the start.
    private(set) var notDurableCount: UInt64 = 0

    /// Records that wait for the disk.
    var waiting: Int { unsaved.count }

    /// Beginnings and ends of pairs that wait to be written.
    nonisolated var waitingPairs: Int { pairs.withLock { $0.started.count + $0.ended.count } }

    /// Writes pairs as they come, and tries reports again, until the task is cancelled.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.writePairs() }
            group.addTask {
                while !Task.isCancelled {
                    try? await Task.sleep(for: Self.retryInterval)
                    await self.retry()
                }
            }
            group.addTask {
                while !Task.isCancelled {
                    await self.sweep()
                    try? await Task.sleep(for: .seconds(Self.sweepInterval))
                }
            }
            await group.waitForAll()
        }
    }

    // MARK: Pairs

    /// Notes a pair's beginning.
    ///
    /// Returns at once.
    nonisolated func started(_ pair: LivePair) {
        let record = PairRecord(
            pair: pair.id, startedAt: pair.startedAtDate,
            first: Self.side(pair.first, receipt: pair.firstReceipt),
            second: Self.side(pair.second, receipt: pair.secondReceipt))
        pairs.withLock { if !$0.isFull { $0.started.append(record) } }
        change.yield()
    }

    /// An address is kept in no case: it may be somebody else's when a report comes.
    private nonisolated static func side(_ peer: Peer, receipt: String) -> PairSideRecord {
        PairSideRecord(
            peer: peer.id, band: peer.proof?.band, receipt: receipt,
            marks: Array(peer.handles.newest.filter { $0.handle != .address }))
    }

    /// Notes a pair's end.
    ///
    /// Returns at once.
    nonisolated func ended(_ pair: PairID, at date: Date) {
        pairs.withLock { if !$0.isFull { $0.ended.append((pair, date)) } }
        change.yield()
    }

    private func writePairs() async {
        for await _ in changed {
            let changes = pairs.withLock { pairs in
                defer { pairs = PairChanges() }
                return pairs
            }
            // Writes that wait together share one flush of the disk. Ends come after their beginnings.
            await withTaskGroup(of: Void.self) { group in
                for record in changes.started { group.addTask { await self.save(record) } }
            }
            await withTaskGroup(of: Void.self) { group in
                for (pair, date) in changes.ended { group.addTask { await self.save(end: date, of: pair) } }
            }
        }
    }

    private func save(_ record: PairRecord) async {
        do {
            try await store.savePair(record)
        } catch {
            note(error)
        }
    }

    private func save(end date: Date, of pair: PairID) async {
        do {
            try await store.endPair(pair, at: date)
        } catch {
            note(error)
        }
    }

    /// Removes what has been kept for long enough.
    private func sweep() async {
        do {
            let removed = try await store.sweep(now: wallClock())
            nextSweep = wallClock().addingTimeInterval(Double(Self.sweepInterval))
            guard removed.total > 0 else { return }
            logger.info("expired records removed", metadata: ["records": "\(removed.total)"])
            _ = await audit(
                AuditDraft(
                    at: wallClock(), who: "server", what: .retentionRan,
                    details: AuditDetails.text(of: removed)))
        } catch {
            note(error)
        }
    }

    /// The pair that a receipt is for, from earlier runs too.
    func pair(forReceipt receipt: String, since: Date) async -> ReceiptRecord? {
        do {
            return try await store.pair(forReceipt: receipt, since: since)
        } catch {
            note(error)
            return nil
        }
    }

    /// - Returns: `nil` also where the disk does not say.
    func report(_ id: ReportID?) async -> ReportRecord? {
        guard let id else { return nil }
        do {
            return try await store.report(id)
        } catch {
            note(error)
            return nil
        }
    }

    /// The pair of this name, from earlier runs too.
    func pair(_ id: PairID, since: Date) async -> ReceiptRecord? {
        do {
            return try await store.pair(id, since: since)
        } catch {
            note(error)
            return nil
        }
    }

    // MARK: Reports

    /// - Parameter whenDurable: called once when a report that could not be written now has been written later.
    /// - Returns: whether the report is durable.
    func save(_ record: ReportRecord, whenDurable: @escaping @Sendable () async -> Void) async -> Bool {
        await keep(Unsaved(record: .report(record), whenDurable: whenDurable), named: record.id.text)
    }

    /// Adds to a report's proof what was counted after the cut: behind the report itself, where that waits.
    func complete(_ report: ReportID, with dropped: DroppedSince) async {
        let record = Record.dropped(dropped, after: report)
        let unsaved = Unsaved(record: record, whenDurable: {})
        guard self.unsaved.isEmpty else { return add(unsaved, named: report.text) }
        do {
            try await write(record)
        } catch .unknown {
            // Its time was up, or it was one too many for the memory.
        } catch {
            note(error)
            add(unsaved, named: report.text)
        }
    }

    /// Notes that somebody has been told; where the disk does not take it, they are told once more after a restart.
    nonisolated func told(_ role: UntoldWord.Role, of report: ReportID, by decision: DecisionID) {
        Task { try? await store.told(role, of: report, by: decision) }
    }

    /// - Returns: whether the ban is durable; otherwise it will be when the disk takes it.
    func save(_ ban: BanRecord) async -> Bool {
        await keep(Unsaved(record: .ban(ban), whenDurable: {}), named: ban.id.text)
    }

    /// - Returns: whether the entry is durable; otherwise it will be when the disk takes it.
    func audit(_ draft: AuditDraft) async -> Bool {
        await keep(Unsaved(record: .audit(draft), whenDurable: {}), named: draft.what.rawValue)
    }

    /// For what may happen only once it is in the log.
    ///
    /// - Returns: whether the entry is durable; otherwise it never will be.
    func auditNow(_ draft: AuditDraft) async -> Bool {
        do {
            try await store.audit(draft)
            lastError = nil
            return true
        } catch {
            note(error)
            return false
        }
    }

    /// - Parameter whenDurable: called once when a decision that could not be written now has been written later.
    /// - Returns: whether the decision is durable, with all that follows from it; otherwise it will be when the disk
    ///   takes it.
    /// - Throws: where it is about something that there is not. Then nothing of it is or will be written.
    func decide(
        _ decision: DecisionRecord, ban: BanRecord?, liftsBan: BanID?, audit: AuditDraft,
        whenDurable: @escaping @Sendable () async -> Void = {}
    ) async throws(StorageError) -> Bool {
        let record = Record.decision(decision, ban: ban, liftsBan: liftsBan, audit: audit)
        do {
            try await write(record)
            lastError = nil
            return true
        } catch {
            switch error {
            case .unknown, .duplicate: throw error
            default:
                keepForLater(
                    Unsaved(record: record, whenDurable: whenDurable), named: decision.id.text, error)
            }
            return false
        }
    }

    private func keep(_ unsaved: Unsaved, named name: String) async -> Bool {
        async let told: Void = outbox.flush()
        do {
            try await write(unsaved.record)
            lastError = nil
            await told
            return true
        } catch {
            keepForLater(unsaved, named: name, error)
            return false
        }
    }

    private func keepForLater(_ unsaved: Unsaved, named name: String, _ error: StorageError) {
        note(error)
        notDurableCount += 1
        add(unsaved, named: name)
    }

    private func add(_ unsaved: Unsaved, named name: String) {
        if self.unsaved.count < capacity {
            self.unsaved.append(unsaved)
        } else {
            logger.critical("record lost: too many wait for the disk", metadata: ["record": "\(name)"])
        }
    }

    private func write(_ record: Record) async throws(StorageError) {
        switch record {
        case .report(let report): try await store.save(report)
        case .dropped(let dropped, let report): try await store.complete(report, with: dropped)
        case .ban(let ban): try await store.save(ban)
        case .decision(let decision, let ban, let lifted, let audit):
            try await store.decide(decision, ban: ban, liftsBan: lifted, audit: audit)
        case .audit(let draft): try await store.audit(draft)
        }
    }

    // MARK: Bans

    /// - Returns: whether it is durable that the ban has been lifted.
    func liftBan(_ ban: BanID, at date: Date) async -> Bool {
        do {
            try await store.liftBan(ban, at: date)
            return true
        } catch {
            note(error)
            return false
        }
    }

    // MARK: Again

    private func retry() async {
        while let next = unsaved.first {
            do {
                try await write(next.record)
            } catch .duplicate {
                // It was written after all, and the answer got lost.
            } catch .unknown(let name) {
                logger.error("record dropped: what it was about is gone", metadata: ["record": "\(name)"])
            } catch {
                return note(error)
            }
            // Others may have been appended meanwhile, none removed: only this function removes.
            unsaved.removeFirst()
            lastError = nil
            await next.whenDurable()
        }
    }

    private func note(_ error: StorageError) {
        let text = "\(error)"
        if text != lastError { logger.error("storage failed", metadata: ["error": "\(text)"]) }
        lastError = text
    }

    // MARK: How it fares

    /// How long the disk is waited for by whoever only asks how it fares, in seconds.
    private static let patience = 5

    /// What keeps reports from becoming durable, as a sentence; `nil` when nothing does.
    ///
    /// Answers in bounded time, whatever the disk does.
    func problem() async -> String? {
        if !unsaved.isEmpty { return "\(unsaved.count) records wait for the disk: \(lastError ?? "unknown")" }
        if let silence { return silence }
        switch await health.answer(within: Self.patience) {
        case true?: return nil
        case false?: return "the report database cannot be written: \(lastError ?? "unknown")"
        case nil: return silence ?? "the report database does not answer"
        }
    }

    private var silence: String? {
        guard let wait = store.longestWait, wait >= .seconds(Self.patience) else { return nil }
        return "the report database does not answer: a write has waited for \(wait.components.seconds) s"
    }

    /// How many reports wait for a decision, or waited when the disk answered last; `nil` where it never has.
    func waitingReports() async -> Int? {
        if silence != nil { return openReports.last ?? nil }
        return await openReports.answer(within: Self.patience) ?? openReports.last ?? nil
    }
}
