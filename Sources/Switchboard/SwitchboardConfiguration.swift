package import Foundation
package import Hooks
package import RelayTypes
package import Sealing
package import Signalling
package import Storage

/// What the operator has configured for the control plane.
package struct SwitchboardConfiguration: Sendable {
    /// Shown by `GET /v1/status`.
    package var version = "0"
    package var policy = PolicySummary()
    package var reportReasons = ["minor", "nudity", "sextortion", "grooming", "threat", "spam", "other"]
    /// Tells the reported `policy` instead of `report`.
    package var hideReports = true
    /// How long an unclean close may be resumed, in seconds.
    package var resumeWindow: UInt64 = 10
    /// How many recent partners are not met again.
    package var avoidRecent = 10
    /// How long interests matter, in seconds.
    package var matchWait: UInt64 = 3
    /// From an answer to `connected`, in seconds.
    package var legTimeout: UInt64 = 15
    /// How long a proof counts, in seconds.
    package var bandLifetime: UInt64 = 12 * 3_600
    /// How long a receipt is good for a report, in seconds.
    package var receiptWindow: UInt64 = 24 * 3_600
    /// Two peers of different bands hear `partner_left` after a random time up to this, in milliseconds.
    package var partingDelay: UInt64 = 2_000
    /// Most peers at once; the next one is told `unavailable`.
    package var maximumPeers = 20_000
    /// Most reports kept in memory while the disk does not take them.
    package var maximumUnsavedReports = 10_000
    package var format = MediaFormat()
    /// Whether the admin API shows whole addresses.
    package var showsAddresses = false
    package var iceServers: [ServerMessage.ICEServer] = []
    /// Checks an operator's identity token; gives the subject, or `nil` for a token that is not valid.
    ///
    /// Absent where the operator has configured no identity issuer: tokens are then ignored.
    package var identify: (@Sendable (_ token: String, _ now: Date) async -> String?)?
    /// Refuses a `hello` without a valid identity token.
    package var requiresIdentity = false
    /// What handles of banned people are hashed with.
    package var banKeys = BanKeys()
    /// How long a ban holds on to an address, in seconds; 0: not at all.
    package var banAddressFor: UInt64 = 24 * 3_600
    /// What a banned person is told about how to object.
    package var banRedress = "Write to whoever runs this service, and name the decision."
    /// What addresses in reports are sealed with; `nil`: none are kept.
    package var sealKey: SealKey?
    /// So many strangers who report one person hold that person with `risk`; 0: never.
    package var riskAfter = 0
    /// How long their reports count, in seconds.
    package var riskWindow: UInt64 = 7 * 86_400
    /// The reason that says that the reported is a child.
    package var minorReason = "minor"
    /// Reports that are written down in an hour; 0: no limit.
    package var reportsPerHour = 60
    package var reportsPerHourOfNetwork = 300
    /// How long a decision can be appealed against, in seconds.
    package var appealWindow: UInt64 = 183 * 86_400
    package var retention = Retention()
    /// How long running pairs may go on while the server drains, in seconds, where nobody says otherwise.
    package var drainDeadline: UInt64 = 600
    package var capture = CaptureLimits()
    /// The operator's endpoint; `nil`: there is none, and will be none before a restart.
    package var hooks: (any OperatorHooks)?
    /// What the server's process sees of its machine.
    package var host: @Sendable () async -> DoctorHost = { DoctorHost() }
    package var wallClock: @Sendable () -> Date = { Date() }

    package init() {}
}
