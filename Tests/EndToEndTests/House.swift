import Attestation
import DTLS
import Forwarder
import Foundation
import Front
import Logging
import MediaControl
import RelayTestKit
import RelayTypes
import ServiceLifecycle
import Signalling
import Storage
import Switchboard
import Testing

/// The whole server in this process: media over UDP and the WebSocket over TCP, both on loopback; SQLite in a
/// folder of its own.
final class House: Sendable {
    static let audience = "tidegate-test"

    let media: MediaServer
    let switchboard: Switchboard
    let port: Int
    let databasePath: String
    private let issuer: DevelopmentIssuer
    private let folder: URL
    private let services: ServiceGroup
    private let running: Task<Void, any Error>
    private let control: Task<Void, Never>

    /// - Parameters:
    ///   - consentTimeout: in seconds.
    ///   - legs: most legs of each worker.
    ///   - change: what differs from the usual configuration.
    static func open(
        consentTimeout: UInt64 = 30, workers: Int = 1, legs: Int = 32,
        change: (inout SwitchboardConfiguration) -> Void = { _ in }
    ) async throws -> House {
        var mediaConfiguration = MediaServerConfiguration(
            addresses: ["127.0.0.1", "::1"], certificate: try DTLSCertificate.generated())
        mediaConfiguration.port = 0
        mediaConfiguration.legsPerWorker = legs
        mediaConfiguration.workers = workers
        mediaConfiguration.consentTimeout = consentTimeout
        let media = try MediaServer(configuration: mediaConfiguration)
        try media.start()

        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("tidegate-house-\(UUID().uuidString)")
        let databasePath = folder.appendingPathComponent("tidegate.sqlite").path
        let store = try await SQLiteStore.open(path: databasePath)
        let issuer = DevelopmentIssuer()
        let verifier = try AgeVerifier(
            AttestationConfiguration(audience: audience, issuers: [issuer.configuration]))
        var configuration = SwitchboardConfiguration()
        configuration.policy.consent = .all
        configuration.matchWait = 0
        configuration.partingDelay = 50
        change(&configuration)
        var logger = Logger(label: "house") { _ in SwiftLogNoOpLogHandler() }
        logger.logLevel = .critical
        let switchboard = Switchboard(
            configuration: configuration, media: media, store: store, verifier: verifier, logger: logger)
        let control = Task { await switchboard.run() }

        var front = FrontConfiguration()
        front.port = 0
        let listening = Monitor<Int?>(nil)
        let server = try PublicServer(configuration: front, control: switchboard, logger: logger) { address in
            listening.update { $0 = address.port }
        }
        let services = ServiceGroup(services: [server], logger: logger)
        let running = Task { try await services.run() }
        guard await listening.wait(until: { $0 != nil }), let port = listening.value else {
            throw Visitor.Failure.unexpected("the public listener does not listen")
        }
        return House(
            media: media, switchboard: switchboard, port: port, databasePath: databasePath, issuer: issuer,
            folder: folder, services: services, running: running, control: control)
    }

    private init(
        media: MediaServer, switchboard: Switchboard, port: Int, databasePath: String,
        issuer: DevelopmentIssuer,
        folder: URL, services: ServiceGroup, running: Task<Void, any Error>, control: Task<Void, Never>
    ) {
        self.media = media
        self.switchboard = switchboard
        self.port = port
        self.databasePath = databasePath
        self.issuer = issuer
        self.folder = folder
        self.services = services
        self.running = running
        self.control = control
    }

    func close() async {
        control.cancel()
        media.stop()
        running.cancel()
        _ = try? await running.value
        try? FileManager.default.removeItem(at: folder)
    }

    /// Media packets that went no further for this reason so far.
    func drops(_ reason: DropReason) -> UInt64 { media.counters().droppedPackets[reason, default: 0] }

    func waitForDrops(_ reason: DropReason, atLeast count: UInt64) async throws -> Bool {
        try await poll { drops(reason) >= count }
    }

    /// Media packets that any browser was sent so far.
    var forwardedPackets: UInt64 { media.counters().forwardedPackets }

    /// A new person, connected and in the pool.
    func visitor(
        _ id: UInt32, change: (inout BrowserConfiguration) -> Void = { _ in }
    ) async throws -> Visitor {
        var configuration = BrowserConfiguration(senderID: id)
        change(&configuration)
        let visitor = try await Visitor.arrive(port: port, configuration)
        try await visitor.join()
        return visitor
    }

    /// Two persons who have met and see nothing yet.
    func couple() async throws -> (Visitor, Visitor) {
        let ada = try await visitor(1)
        let bob = try await visitor(2)
        #expect(try await ada.meet() == bob.meet())
        return (ada, bob)
    }

    /// Two persons who see each other.
    func openCouple() async throws -> (Visitor, Visitor) {
        let (ada, bob) = try await couple()
        for visitor in [ada, bob] {
            try await attest(visitor, as: "adult")
            visitor.accept()
        }
        for visitor in [ada, bob] {
            try await visitor.allOpen()
            #expect(await visitor.record.wait { $0.packetCount > 50 })
        }
        return (ada, bob)
    }

    /// Proves that somebody is of this band.
    func attest(_ visitor: Visitor, as band: String) async throws {
        #expect(try await visitor.attest(token(for: visitor, as: band)) == band)
    }

    func token(for visitor: Visitor, as band: String) throws -> String {
        try issuer.token(nonce: visitor.nonce, audience: Self.audience, band: Band(band), now: Date())
    }
}
