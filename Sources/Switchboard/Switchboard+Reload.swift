import Foundation
import Logging
import MediaControl
import Policy
import RelayTypes
import Signalling
import Storage

/// Another configuration while people are here.
///
/// A live pair keeps the rules that it was made under; what concerns reports holds from the next one on.
extension Switchboard {
    static func rules(_ policy: PolicySummary) -> PolicyRules {
        let consentChannels: Set<Channel> =
            switch policy.consent {
            case .off: []
            case .video: [.video]
            case .all: Set(Channel.allCases)
            }
        return PolicyRules(consentChannels: consentChannels)
    }

    /// Goes by another configuration from now on.
    ///
    /// What is made at the start stays: version, clock, the media format, the keys of bans, the way to hooks, and the two
    /// lengths of time that tables are built for. It cannot fail, so that nothing is ever half taken over.
    package func adopt(_ next: SwitchboardConfiguration) {
        var next = next
        next.version = configuration.version
        next.format = configuration.format
        next.iceServers = configuration.iceServers
        next.wallClock = configuration.wallClock
        next.banKeys = configuration.banKeys
        next.matchWait = configuration.matchWait
        next.receiptWindow = configuration.receiptWindow
        next.maximumUnsavedReports = configuration.maximumUnsavedReports
        next.capture = configuration.capture
        next.host = configuration.host
        next.hooks = configuration.hooks
        configuration = next
        rules = Self.rules(next.policy)
        reportsOfPeer.allow(perHour: next.reportsPerHour)
        reportsOfNetwork.allow(perHour: next.reportsPerHourOfNetwork)
        readmit()
    }

    /// Takes those out of the pool who may not be in it any more, and lets those in who may now.
    private func readmit() {
        let now = media.now
        for peer in Array(peers.values) where peer.wantsPool && peer.pair == nil {
            let admission = Admission(unverified: unverifiedRule, isProved: peer.isProved(at: now))
            if admission != .pool, peer.isWaiting || peer.meeting != nil { leaveWaitingRoom(peer) }
            advance(peer, answering: nil)
        }
    }

    /// Notes that the configuration has been changed, before anything of it holds.
    ///
    /// - Parameter hash: SHA-256 of the file.
    package func noteChange(
        of keys: [String], needingRestart: [String], hash: String, by who: Operator
    ) async {
        _ = await audit(
            .configChanged, by: who,
            [
                "changed": keys.joined(separator: " "),
                "needs_restart": needingRestart.joined(separator: " "),
                "config_sha256": hash,
            ])
    }
}
