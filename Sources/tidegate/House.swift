import Attestation
import DTLS
import Forwarder
import Foundation
import Front
import Glibc
import Hooks
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
    private let switchboard: Switchboard
    private let website: PublicServer
    private let reloader: Reloader
    private let serviceManager: ServiceManager
    /// Whether another process may be listening at the same place when this one goes.
    private let sharesListener: Bool
    private let logger: Logger

    /// Opens what can fail: keys, sockets, the database.
    ///
    /// Nothing runs yet.
    init(_ loaded: LoadedConfig, log: LiveLog, logger: Logger) async throws {
        self.logger = logger
        let config = loaded.config
        let environment: (String) -> String? = { name in getenv(name).map { String(cString: $0) } }
        let serviceManager = ServiceManager(environment: environment)
        let socket = try SocketActivation.socket(environment: environment)
        let media = try Self.media(config)
        let banKeys = try BanKeys.load(path: config.banKeyFile)
        let store = try await SQLiteStore.open(
            path: config.storage.path, retention: config.retention, keys: banKeys)
        var controlPlane = try config.switchboard(version: Version.text, banKeys: banKeys)
        controlPlane.host =
            HostChecks(
                config: config, media: media, store: store, bands: config.bandRules,
                configurationHash: loaded.sha256
            )
            .run
        let hooks = Hooks(
            try config.hookSettings(), store: store, logger: Logger(label: "tidegate.hooks"),
            clock: { media.now })
        controlPlane.hooks = hooks
        let issuer = config.development ? DevelopmentIssuer(bands: config.bandRules) : nil
        let verifier = AgeVerifier(try config.verifierSetup(with: issuer))
        let switchboard = Switchboard(
            configuration: controlPlane, media: media, store: store, verifier: verifier,
            logger: Logger(label: "tidegate.switchboard"))

        try await switchboard.loadBans()
        try await switchboard.loadRisk()
        try await switchboard.loadUntold()
        await switchboard.noteStart(configurationHash: loaded.sha256)
        let sources = SourceKeys(try config.sources())

        let line = ReadyLine(waitingFor: Self.listeners(config), media: media.mediaAddress) {
            serviceManager.ready()
        }
        var front = config.front(descriptors: Process.descriptorLimit, issuer: issuer)
        front.socket = socket
        let library = Logger(label: RelayLog.library)
        let website = try PublicServer(configuration: front, control: switchboard, logger: library) {
            await line.opened(.http, at: $0.description)
        }
        let reloader = Reloader(
            loaded,
            parts: Reloader.Parts(
                switchboard: switchboard, verifier: verifier, store: store, website: website,
                sources: sources, hooks: hooks, log: log, issuer: issuer, socket: socket,
                serviceManager: serviceManager),
            logger: logger)
        // Ended in the reverse order: first the doors, then the people inside, the packets last.
        var services: [any Service] = [
            MediaService(media: media),
            SwitchboardService(switchboard: switchboard, hooks: hooks, store: store),
            HookService(hooks: hooks),
        ]
        for (listener, place) in Self.adminPlaces(config) {
            services.append(
                try AdminServer(
                    at: place, control: switchboard, sources: sources, config: reloader,
                    usage: { website.usage }, logger: library
                ) {
                    await line.opened(listener, at: $0)
                })
        }
        self.services =
            services + [website, Watchdog(switchboard: switchboard, serviceManager: serviceManager)]
        self.switchboard = switchboard
        self.website = website
        self.reloader = reloader
        self.serviceManager = serviceManager
        sharesListener = socket != nil || config.http.reusePort
    }

    /// Runs until a signal says stop, or something fails.
    func run() async throws {
        // At `debug` the library describes every service with all that is inside, keys included. Its label keeps it
        // from that: see `RelayLog`.
        var configuration = ServiceGroupConfiguration(services: services, logger: Logger(label: "lifecycle"))
        configuration.maximumGracefulShutdownDuration = .seconds(Self.endSeconds)
        let group = ServiceGroup(configuration: configuration)
        let ending = Ending(group: group, switchboard: switchboard, logger: logger) {
            serviceManager.stopping()
            if sharesListener { website.stopListening() }
        }
        let signals = await UnixSignalsSequence(trapping: [.sigterm, .sigint, .sighup])
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            tasks.addTask {
                for await signal in signals {
                    guard signal == .sighup else {
                        ending.hear(signal)
                        continue
                    }
                    // What is wrong is in the log.
                    Task { _ = try? await reloader.reload(isDryRun: false, by: .server) }
                }
            }
            try await tasks.next()
            tasks.cancelAll()
        }
        logger.notice("stopped")
    }

    // MARK: Parts

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
                    .tcp(
                        host: listen.host, port: Int(listen.port), tokenFile: config.admin.tokenFile,
                        certificate: config.admin.certificate, key: config.admin.key)
                ))
        }
        return places
    }

    private static func listeners(_ config: TidegateConfig) -> Set<ReadyLine.Listener> {
        Set(adminPlaces(config).map(\.0)).union([.http])
    }
}
