import Attestation
import Foundation
import Front
import Hooks
import RelayConfig
import RelayTypes
import Sealing
import Signalling
import Storage
import Switchboard

/// The configuration file's words in the rooms' words.
extension TidegateConfig {
    /// File descriptors that stay free for sockets, the database and the operator, so that accepting never fails.
    static let descriptorReserve = 256

    /// - Parameters:
    ///   - descriptors: how many file descriptors the process may have.
    ///   - issuer: the server's own, in development.
    func front(descriptors: Int, issuer: DevelopmentIssuer?) -> FrontConfiguration {
        var front = FrontConfiguration()
        front.sharesPort = http.reusePort
        front.host = http.listen.host
        front.port = Int(http.listen.port)
        front.certificate = http.certificate
        front.key = http.key
        front.origins = http.origins
        front.limits.connections = max(16, min(limits.connections, descriptors - Self.descriptorReserve))
        front.limits.messageBytes = limits.messageBytes
        front.limits.outgoingMessages = limits.outgoingMessages
        front.limits.connectionsPerPrefix = limits.connectionsPerPrefix
        front.signalling = signalling
        if let issuer {
            let audience = attestation.audience
            front.developmentAttestation = { nonce, band in
                do throws(AttestationSetupError) {
                    return try issuer.token(nonce: nonce, audience: audience, band: Band(band), now: Date())
                } catch .unknownBand {
                    return nil
                }
            }
        }
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

    /// The file of the keys that bans are hashed with.
    var banKeyFile: String { bans.keyFile.isEmpty ? storage.path + ".key" : bans.keyFile }

    /// - Parameter banKeys: those of ``banKeyFile``.
    func switchboard(version: String, banKeys: BanKeys) throws -> SwitchboardConfiguration {
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
        result.banKeys = banKeys
        result.banAddressFor = bans.addressFor.inWholeSeconds
        result.banRedress = bans.redress
        if !records.sealKey.isEmpty { result.sealKey = try SealKey.load(path: records.sealKey) }
        result.drainDeadline = server.drainDeadline.inWholeSeconds
        result.riskAfter = reports.riskAfter
        result.riskWindow = reports.riskWindow.inWholeSeconds
        result.reportsPerHour = reports.perHour
        result.reportsPerHourOfNetwork = reports.perHourOfNetwork
        result.capture.seconds = admin.pcapSeconds
        result.capture.bytes = admin.pcapBytes
        result.capture.payload = admin.pcapPayload
        result.appealWindow = UInt64(clamping: reports.appealDays) * Self.day
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

    private static let day: UInt64 = 86_400

    /// How long records are kept.
    var retention: Retention {
        var result = Retention()
        result.pairs = reports.receiptWindow.inSeconds
        result.noViolation = Double(storage.retentionDays) * Double(Self.day)
        result.violation = Double(storage.violationDays) * Double(Self.day)
        result.decisions = Double(storage.decisionDays) * Double(Self.day)
        result.audit = result.decisions
        return result
    }

    /// Who outside may bring reports.
    func sources() throws -> [(source: ReportSource, sha256: [UInt8])] {
        try reports.sources.map { entry in
            (
                ReportSource(
                    name: entry.name, kind: ReportSource.Kind(rawValue: entry.kind.rawValue) ?? .hotline),
                entry.keySHA256.isEmpty
                    ? try SourceKeys.hash(ofFile: entry.keyFile) : Self.bytes(ofHex: entry.keySHA256)
            )
        }
    }

    /// The operator's endpoint.
    func hookSettings() throws -> HookSettings {
        var result = HookSettings()
        result.eventsURL = hooks.eventsURL.isEmpty ? nil : hooks.eventsURL
        result.events = Set(hooks.events.compactMap(HookEventKind.init(rawValue:)))
        result.queue = hooks.queue
        result.decisionsURL = hooks.decisionsURL.isEmpty ? nil : hooks.decisionsURL
        result.decisions = Set(hooks.decisions.compactMap(HookDecisionKind.init(rawValue:)))
        result.timeout = hooks.timeout.inMilliseconds
        result.allowsOnError = hooks.onError == .allow
        result.concurrency = hooks.concurrency
        if !hooks.secretFile.isEmpty {
            do {
                result.secret = try HookSecret(
                    text: try String(contentsOfFile: hooks.secretFile, encoding: .utf8))
            } catch {
                // An error of the file's may hold what is in it.
                throw StartFailure("hooks.secret_file '\(hooks.secretFile)' holds no secret that can be read")
            }
        }
        return result
    }

    /// Whose word about an age counts.
    ///
    /// - Parameter issuer: the server's own, in development.
    func verifierSetup(with issuer: DevelopmentIssuer?) throws -> AgeVerifier.Setup {
        try AgeVerifier.Setup(
            AttestationConfiguration(
                audience: attestation.audience,
                issuers: attestation.issuers.map(\.configuration)
                    + (issuer.map { [$0.configuration] } ?? []),
                bands: bandRules))
    }

    var bandRules: [BandRule] { policy.bands.map { BandRule(band: Band($0.name), ageOver: $0.ageOver) } }

    /// The configuration has seen to it that these are pairs of digits.
    private static func bytes(ofHex text: String) -> [UInt8] {
        let digits = text.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    private var summary: PolicySummary {
        var attestURL: String? = attestation.attestURL.isEmpty ? nil : attestation.attestURL
        // The development issuer's page, on this server.
        if development, attestURL == nil { attestURL = "/dev/age" }
        return PolicySummary(
            unverified: PolicySummary.Unverified(rawValue: policy.unverified.rawValue) ?? .hold,
            consent: PolicySummary.Consent(rawValue: policy.consent.rawValue) ?? .video,
            bands: policy.bands.map(\.name), attestURL: attestURL, chat: chat.enabled,
            retentionDays: storage.retentionDays,
            help: help.map {
                HelpCard(
                    languages: $0.languages, text: $0.text, phone: $0.phone.isEmpty ? nil : $0.phone,
                    url: $0.url.isEmpty ? nil : $0.url)
            })
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
