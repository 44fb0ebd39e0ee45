package import FoundationEssentials

/// How the records fare, for metrics.
package struct StoreFigures: Sendable, Equatable {
    /// Writes that wait for a transaction, the running one's among them.
    package var waitingWrites = 0
    /// Transactions since the start that are on disk.
    package var commits: UInt64 = 0
    /// Transactions since the start that the disk did not take.
    package var failedCommits: UInt64 = 0
    /// The file and its write-ahead log; `nil` where they cannot be found.
    package var databaseBytes: UInt64?
    /// Reports that wait for a decision; `nil` where the database cannot be read.
    package var openReports: Int?
    /// When the one that has waited longest was received.
    package var oldestOpenReport: Date?

    package init() {}
}
