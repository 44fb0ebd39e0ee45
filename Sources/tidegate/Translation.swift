import Attestation
import Foundation
import Front
import RelayConfig
import RelayTypes
import Signalling
import Storage
import Switchboard

/// The configuration file's words in the rooms' words.
extension TidegateConfig {
    /// - Parameter descriptors: how many file descriptors the process may have.
    func front(descriptors: Int) -> FrontConfiguration {
        var front = FrontConfiguration()
        front.host = http.listen.host
        front.port = Int(http.listen.port)
        front.certificate = http.certificate
        front.key = http.key
        front.origins = http.origins
        // Some stay free for sockets, the database and the operator, so that accepting never fails.
        front.limits.connections = max(16, min(limits.connections, descriptors - 256))
        front.limits.messageBytes = limits.messageBytes
        front.limits.outgoingMessages = limits.outgoingMessages
        front.limits.connectionsPerPrefix = limits.connectionsPerPrefix
        front.signalling = signalling
        return front
    }

    private var signalling: SignallingLimits {
        var result = SignallingLimits()
        result.messageBytes = limits.messageBytes
        result.helloSeconds = Self.seconds(limits.helloTimeout)
        result.messagesPerSecond = UInt64(clamping: limits.messagesPerSecond)
        result.burst = UInt64(clamping: limits.messageBurst)
        result.droppedMessages = limits.drops
        result.dropWindowSeconds = Self.seconds(limits.dropWindow)
        result.badMessagesInARow = limits.badInARow
        result.pingSeconds = Self.seconds(limits.pingInterval)
        result.pongSeconds = Self.seconds(limits.silentTimeout)
        result.interests = limits.interests
        result.interestCharacters = limits.interestLength
        result.languages = limits.languages
        result.commentCharacters = reports.commentLength
        result.chatCharacters = chat.length
        return result
    }

    /// Whole seconds, at least one.
    private static func seconds(_ duration: Duration) -> UInt64 { max(1, duration.inWholeSeconds) }

    func switchboard(version: String) throws -> SwitchboardConfiguration {
        var result = SwitchboardConfiguration()
        result.version = version
        result.policy = summary
        result.reportReasons = reports.reasons
        result.hideReports = reports.hideReporter
        result.resumeWindow = policy.resumeWindow.inWholeSeconds
        result.avoidRecent = policy.avoidRecent
        result.matchWait = policy.matchWait.inWholeSeconds
        result.legTimeout = Self.seconds(limits.legTimeout)
        result.bandLifetime = policy.ageLifetime.inWholeSeconds
        result.receiptWindow = reports.receiptWindow.inWholeSeconds
        result.maximumPeers = limits.peers
        result.partingDelay = policy.partingDelay.inMilliseconds
        result.showsAddresses = log.addresses == .full
        let keyFile = bans.keyFile.isEmpty ? storage.path + ".key" : bans.keyFile
        result.banKeys = try BanKeys.load(path: keyFile)
        result.banAddressFor = bans.addressFor.inWholeSeconds
        result.banRedress = bans.redress
        if identity.isEnabled {
            let verifier = try IdentityVerifier(
                IdentityConfiguration(
                    audience: identity.audience,
                    issuer: IssuerConfiguration(
                        issuer: identity.issuer, keys: .file(identity.jwksFile),
                        algorithms: identity.algorithms.compactMap(\.algorithm))))
            result.identify = { token, now in
                if case .success(let subject) = await verifier.verify(token, at: now) { subject } else { nil }
            }
            result.requiresIdentity = identity.required
        }
        return result
    }

    private var summary: PolicySummary {
        var attestURL: String? = attestation.attestURL.isEmpty ? nil : attestation.attestURL
        // The development issuer's page, on this server.
        if development, attestURL == nil { attestURL = "/dev/age" }
        return PolicySummary(
            unverified: PolicySummary.Unverified(rawValue: policy.unverified.rawValue) ?? .hold,
            consent: PolicySummary.Consent(rawValue: policy.consent.rawValue) ?? .video,
            bands: policy.bands.map(\.name), attestURL: attestURL, chat: chat.enabled,
            retentionDays: storage.retentionDays)
    }
}

extension IssuerSection {
    var configuration: IssuerConfiguration {
        IssuerConfiguration(
            issuer: issuer, keys: .file(jwksFile), algorithms: algorithms.compactMap(\.algorithm),
            claimPath: claimPath)
    }
}

extension TokenAlgorithm {
    var algorithm: SignatureAlgorithm? { SignatureAlgorithm(rawValue: rawValue) }
}
