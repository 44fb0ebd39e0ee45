package import FoundationEssentials
package import RelayTypes

/// The records that outlive a pair.
///
/// A call that writes returns when what it wrote is durable, and throws when it is not; never in between.
package protocol ReportStore: Sendable {
    func save(_ report: ReportRecord) async throws(StorageError)
    func report(_ id: ReportID) async throws(StorageError) -> ReportRecord?

    /// Notes a pair at its start, or, the second time, its end. The media path does not wait for it.
    func savePair(_ pair: PairRecord) async throws(StorageError)
    /// Notes the end of a pair; does nothing where the pair is not known, or has ended before.
    func endPair(_ pair: PairID, at end: Date) async throws(StorageError)
    /// Finds the pair of a receipt.
    ///
    /// - Parameter since: the pair must have ended after this; where its end is unknown, started.
    func pair(forReceipt receipt: String, since: Date) async throws(StorageError) -> ReceiptRecord?

    func save(_ ban: BanRecord) async throws(StorageError)
    /// Notes that a ban has been lifted; does nothing where it is not known, or was lifted before.
    func liftBan(_ ban: BanID, at date: Date) async throws(StorageError)
    /// Every ban that has neither been lifted nor run out, oldest first.
    func bans(inForceAt now: Date) async throws(StorageError) -> [BanRecord]

    /// Removes what has been kept for long enough.
    ///
    /// - Returns: how many reports and pairs were removed.
    @discardableResult
    func deleteExpired(now: Date) async throws(StorageError) -> Int

    /// Whether a report could be written now.
    func isHealthy() async -> Bool
}
