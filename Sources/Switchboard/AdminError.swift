package import RelayTypes
package import Storage

/// Why an admin call is refused.
package enum AdminError: Error, Sendable, Equatable {
    case unknownPair(PairID)
    case notOfThePair(PeerID)
    case unknownPeer(PeerID)
    case unknownBan(BanID)
    case unknownReport(ReportID)
    case unknownAppeal(AppealID)
    /// It has been decided; deciding about the report again is still possible.
    case appealAnswered(AppealID)
    /// The reason is none of the configured ones.
    case unknownReason(String)
    /// The report says that the person is a child, and the order does not say that it knows.
    case minorProtected(ReportID)
    /// None of the handles that the ban was to hold on to is known of this peer.
    case nothingToHold(PeerID)
    /// It is in force, and will be on disk when the disk takes it.
    case notDurable(BanID)
    /// Its ban is in force, a ban that it ends still holds, and it will be on disk when the disk takes it.
    case decisionNotDurable(DecisionID)
    /// The report has cut, and will be on disk when the disk takes it.
    case reportNotDurable(ReportID)
    /// The worker of the pair has not confirmed the order in time.
    case workerSilent
    /// There is no endpoint that is told of events.
    case noEventsEndpoint
    /// The server was told by a signal to stop, which is not taken back.
    case stopping
    /// The database cannot be read or written.
    case storage(StorageError)

    /// An error that a call of the store, or a check beside it, has thrown.
    init(_ error: any Error) {
        switch error {
        case let error as AdminError: self = error
        case let error as StorageError: self = .storage(error)
        default: self = .storage(.failed(path: "", why: "\(error)"))
        }
    }
}
