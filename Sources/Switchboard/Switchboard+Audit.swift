import Foundation
import Logging
import Storage

/// Who did what, for the audit log.
///
/// Written after what shuts is in force, and before what opens. Where it cannot be written the order stands, and the
/// keeper tries again.
extension Switchboard {
    func draft(
        _ act: AuditAct, by who: Operator, on subject: String = "", _ details: [String: String] = [:]
    ) -> AuditDraft {
        AuditDraft(
            at: configuration.wallClock(), who: who.name, what: act, subject: subject,
            details: AuditDetails.text(details))
    }

    /// - Returns: `nil` where it is written, else `false`: for answers that say so only where it is not.
    func audit(
        _ act: AuditAct, by who: Operator, on subject: String = "", _ details: [String: String] = [:]
    ) async -> Bool? {
        await records.audit(draft(act, by: who, on: subject, details)) ? nil : false
    }

    /// Notes the start of the server with the hash of its configuration file, before anybody is let in.
    package func noteStart(configurationHash: String) async {
        _ = await audit(
            .serverStarted, by: .server, on: configuration.version, ["config_sha256": configurationHash])
    }
}
