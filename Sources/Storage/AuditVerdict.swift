/// The end of the audit log: who writes it down elsewhere can tell later whether the log still holds it.
package struct AuditHead: Sendable, Equatable {
    /// Of the latest entry; 0 in an empty log.
    package var number: Int
    /// Of the latest entry; 32 zero bytes in an empty log.
    package var hash: [UInt8]

    package init(number: Int, hash: [UInt8]) {
        self.number = number
        self.hash = hash
    }
}

/// Something in the audit log that the server did not write like that.
package struct AuditFault: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        /// The entry does not have the hash of its own content.
        case changed
        /// The entry has the hash of its content, but not the one that the next entry or the head holds.
        case rewritten
        /// The entry is not there, and later ones are.
        case missing
        /// The entry is not there, nor are later ones, but the head counts it.
        case cut
        /// The entry is there, and the head does not count it.
        case added
        /// The head was not made with the operator's key, or is gone: nothing shows that this is the last entry.
        case head
        /// The log itself noted that it went on after a head that it did not make.
        case broken
        /// The decision that the entry notes is not what it was.
        case decision
    }

    package var number: Int
    package var kind: Kind

    package init(number: Int, kind: Kind) {
        self.number = number
        self.kind = kind
    }
}

/// What a check of the whole audit log has found.
package struct AuditVerdict: Sendable, Equatable {
    /// How many entries were read.
    package var entries: Int
    /// In the order of their numbers, at most ``mostFaults``.
    package var faults: [AuditFault]

    package static let mostFaults = 100

    package var isSound: Bool { faults.isEmpty }

    package init(entries: Int, faults: [AuditFault]) {
        self.entries = entries
        self.faults = faults
    }
}
