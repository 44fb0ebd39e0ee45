package import RelayTypes

/// One entry of the audit log, as the admin API shows it; hashes are lower-case hexadecimal digits.
package struct AuditEntryView: Sendable, Encodable {
    package var number: Int
    package var at: String
    package var who: String
    package var what: String
    package var subject: String
    /// A JSON object, as it was hashed.
    package var details: String
    package var previous: String
    package var hash: String
}

/// The end of the audit log.
package struct AuditHeadView: Sendable, Encodable {
    package var number: Int
    package var hash: String
}

/// `GET /v1/audit`.
package struct AuditPageView: Sendable, Encodable {
    package var entries: [AuditEntryView]
    package var head: AuditHeadView
}

/// `GET /v1/audit/verify`.
package struct AuditVerdictView: Sendable, Encodable {
    package struct Fault: Sendable, Encodable {
        package var number: Int
        package var what: String
    }

    package var entries: Int
    package var sound: Bool
    package var faults: [Fault]
}

/// `GET /v1/retention`.
package struct RetentionListView: Sendable, Encodable {
    package struct Row: Sendable, Encodable {
        package var name: String
        /// Absent: until somebody says otherwise.
        package var days: Double?
        package var records: Int
        package var due: Int

        private enum CodingKeys: String, CodingKey {
            case name = "class"
            case days, records, due
        }
    }

    package var classes: [Row]
    package var nextSweep: String?

    private enum CodingKeys: String, CodingKey {
        case classes
        case nextSweep = "next_sweep"
    }
}

/// `POST /v1/retention/run`.
package struct RetentionRunView: Sendable, Encodable {
    package struct Deleted: Sendable, Encodable {
        package var reports: Int
        package var pairs: Int
        package var decisions: Int
        package var appeals: Int
        package var bans: Int
        package var audit: Int
    }

    package var deleted: Deleted
    /// Nothing was deleted: this is what would be.
    package var dryRun: Bool
    package var isAudited: Bool?

    private enum CodingKeys: String, CodingKey {
        case deleted
        case dryRun = "dry_run"
        case isAudited = "audited"
    }
}

/// The answer to a legal hold or a referral, given when it is on disk.
package struct CaseNoteView: Sendable, Encodable {
    package var report: ReportID
    package var held: Bool?
    package var to: String?

    package init(report: ReportID, held: Bool? = nil, to: String? = nil) {
        self.report = report
        self.held = held
        self.to = to
    }
}
