import Attestation
import Crypto
import DTLS
import Forwarder
import Foundation
import Front
import Glibc
import Logging
import RelayConfig
import RelayTypes
import ServiceLifecycle
import Storage
import Switchboard
import UnixSignals

/// The whole server, built from the configuration, floor by floor (ARCHITECTURE.md section 1).
struct House {
    /// How long everything may take to end after the first signal, in seconds.
    private static let endSeconds = 8

    private let services: [any Service]
    private let logger: Logger

    /// Opens what can fail: keys, sockets, the database.
    ///
    /// Nothing runs yet.
    ///
    /// - Parameter file: the configuration file, whose hash the audit log notes.
    init(_ config: TidegateConfig, file: String, logger: Logger) async throws {
        self.logger = logger
        let media = try Self.media(config)
        var controlPlane = try config.switchboard(version: Version.text)
        let store = try await SQLiteStore.open(
            path: config.storage.path, retention: config.retention, keys: controlPlane.banKeys)
        let bands = config.policy.bands.map { BandRule(band: Band($0.name), ageOver: $0.ageOver) }
        let hash = try Self.hash(ofFile: file)
        controlPlane.host =
            HostChecks(
                config: config, media: media, store: store, bands: bands, configurationHash: hash
            )
            .run
        let issuer = config.development ? DevelopmentIssuer(bands: bands) : nil
        let verifier = try AgeVerifier(
            AttestationConfiguration(
                audience: config.attestation.audience,
                issuers: config.attestation.issuers.map(\.configuration)
                    + (issuer.map { [$0.configuration] } ?? []),
                bands: bands))
        let switchboard = Switchboard(
            configuration: controlPlane, media: media, store: store,
            verifier: verifier, logger: Logger(label: "tidegate.switchboard"))

        try await switchboard.loadBans()
        try await switchboard.loadRisk()
        await switchboard.noteStart(configurationHash: hash)
        let sources = try config.sourceKeys()

        let line = ReadyLine(waitingFor: Self.listeners(config), media: media.mediaAddress)
        var front = config.front(descriptors: Process.descriptorLimit)
        if let issuer {
            let audience = config.attestation.audience
            front.developmentAttestation = { nonce, band in
                do throws(AttestationSetupError) {
                    return try issuer.token(nonce: nonce, audience: audience, band: Band(band), now: Date())
                } catch .unknownBand {
                    return nil
                }
            }
        }
        let library = Logger(label: RelayLog.library)
        let website = try PublicServer(configuration: front, control: switchboard, logger: library) {
            await line.opened(.http, at: $0.description)
        }
        // Ended in the reverse order: first the doors, then the people inside, the packets last.
        var services: [any Service] = [
            MediaService(media: media), SwitchboardService(switchboard: switchboard, store: store),
        ]
        for (listener, place) in Self.adminPlaces(config) {
            services.append(
                try AdminServer(
                    at: place, control: switchboard, sources: sources, usage: { website.usage },
                    logger: library
                ) {
                    await line.opened(listener, at: $0)
                })
        }
        self.services = services + [website]
    }

    /// Runs until a signal says stop, or something fails.
    func run() async throws {
        // At `debug` the library describes every service with all that is inside, keys included. Its label keeps it
        // from that: see `RelayLog`.
        var configuration = ServiceGroupConfiguration(services: services, logger: Logger(label: "lifecycle"))
        configuration.maximumGracefulShutdownDuration = .seconds(Self.endSeconds)
        let group = ServiceGroup(configuration: configuration)
        let signals = await UnixSignalsSequence(trapping: [.sigterm, .sigint])
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            tasks.addTask { [logger] in
                var isStopping = false
                for await signal in signals {
                    if isStopping { _exit(128 + signal.rawValue) }
                    isStopping = true
                    logger.notice("stopping", metadata: ["signal": "\(signal)"])
                    await group.triggerGracefulShutdown()
                }
            }
            try await tasks.next()
            tasks.cancelAll()
        }
        logger.notice("stopped")
    }

    // MARK: Parts

    /// SHA-256 (FIPS 180-4) in hexadecimal digits, as `sha256sum` shows it.
    private static func hash(ofFile path: String) throws -> String {
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        return SHA256.hash(data: data).map { String(format: "%02x", $0) }.joined()
    }

    private static func media(_ config: TidegateConfig) throws -> MediaServer {
        let certificate: DTLSCertificate
        if config.media.certificate.isEmpty {
            certificate = try DTLSCertificate.generated()
        } else {
            certificate = try DTLSCertificate.load(
                certificate: config.media.certificate, key: config.media.key)
        }
        let addresses: [String]
        switch config.media.listen {
        case .automatic:
            addresses = Array(
                OwnAddresses.list(loopback: config.development)
                    .prefix(
                        MediaServerConfiguration.mostAddresses))
            guard !addresses.isEmpty else {
                throw StartFailure(
                    "this machine has no address that browsers can reach; name one in media.listen")
            }
        case .addresses(let list): addresses = list
        }
        var configuration = MediaServerConfiguration(addresses: addresses, certificate: certificate)
        configuration.announce = config.media.announce
        configuration.port = UInt16(clamping: config.media.port)
        configuration.workers = config.media.workerCount(cores: Process.coreCount)
        configuration.legsPerWorker = config.media.legsPerWorker
        configuration.consentTimeout = config.media.consentTimeout.inWholeSeconds
        configuration.heldBitrate = UInt64(clamping: config.media.heldBitrate)
        configuration.srtp =
            switch config.media.srtp {
            case .openssl: .openssl
            case .libsrtp2: .libsrtp2
            }
        configuration.coalesce = UInt64(clamping: config.media.coalesce)
        return try MediaServer(configuration: configuration)
    }

    private static func adminPlaces(
        _ config: TidegateConfig
    ) -> [(ReadyLine.Listener, AdminServer.Place)] {
        var places: [(ReadyLine.Listener, AdminServer.Place)] = []
        if !config.admin.socket.isEmpty { places.append((.admin, .socket(path: config.admin.socket))) }
        if let listen = config.admin.listen {
            places.append(
                (
                    .adminTCP,
                    .tcp(host: listen.host, port: Int(listen.port), tokenFile: config.admin.tokenFile)
                ))
        }
        return places
    }

    private static func listeners(_ config: TidegateConfig) -> Set<ReadyLine.Listener> {
        Set(adminPlaces(config).map(\.0)).union([.http])
    }
}
