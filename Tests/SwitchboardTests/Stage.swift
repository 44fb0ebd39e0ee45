import Attestation
import Foundation
import Logging
import MediaControl
import RelayTypes
import Signalling
import Storage
import Synchronization
import Testing

@testable import Switchboard

/// A Switchboard with a hand-turned clock, a noted media plane, real attestations and a real database.
struct Stage: Sendable {
    let media: SimulatedMedia
    let issuer: DevelopmentIssuer
    let switchboard: Switchboard
    let store: SQLiteStore
    let databasePath: String
    /// The Switchboard's own.
    let wallClock: @Sendable () -> Date
    private let following: Task<Void, Never>

    /// - Parameters:
    ///   - database: an older stage's file, as after a restart; absent: a fresh one.
    ///   - legs: most legs of each worker.
    init(
        database: String? = nil, workers: Int = 1, legs: Int = 64,
        _ adjust: (inout SwitchboardConfiguration) -> Void = { _ in }
    ) async throws {
        var configuration = SwitchboardConfiguration()
        adjust(&configuration)
        wallClock = configuration.wallClock
        media = SimulatedMedia(workers: workers, legs: legs)
        let folder = FileManager.default.temporaryDirectory.appending(path: "tidegate-\(UUID().uuidString)")
        databasePath = database ?? folder.appending(path: "test.sqlite").path
        store = try await SQLiteStore.open(path: databasePath, keys: configuration.banKeys)
        issuer = DevelopmentIssuer()
        let verifier = try AgeVerifier(
            AttestationConfiguration(audience: Stage.audience, issuers: [issuer.configuration]))
        switchboard = Switchboard(
            configuration: configuration, media: media, store: store, verifier: verifier,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let (switchboard, events) = (switchboard, media.events)
        following = Task {
            async let records: Void = switchboard.keepRecords()
            for await event in events { await switchboard.handle(event) }
            await records
        }
    }

    static let audience = "tidegate"

    func close() {
        following.cancel()
        try? FileManager.default.removeItem(atPath: (databasePath as NSString).deletingLastPathComponent)
    }

    /// Turns the clock and lets the Switchboard see it.
    func advance(seconds: UInt64) async {
        media.advance(seconds: seconds)
        await switchboard.tick()
    }

    /// Turns the clock in steps as small as the Switchboard's own.
    func advance(steps: Int, ofMilliseconds milliseconds: UInt64) async {
        for _ in 0..<steps {
            media.advance(milliseconds: milliseconds)
            await switchboard.tick()
        }
    }

    // MARK: People

    /// A fresh connection that has said hello.
    func knock(
        token: String? = nil, resume: String? = nil, from address: String = "127.0.0.1"
    ) async -> (RecordingLink, ConnectionID) {
        let link = RecordingLink()
        let connection = await switchboard.connect(link, address: address)
        await switchboard.receive(
            ClientFrame(.hello(version: 1, token: token, resume: resume)), from: connection)
        return (link, connection)
    }

    /// A person who has been let in.
    func person(
        token: String? = nil, resume: String? = nil, from address: String = "127.0.0.1"
    ) async throws -> Person {
        let (link, connection) = await knock(token: token, resume: resume, from: address)
        let welcome = try #require(link.all.lazy.compactMap(\.welcome).first)
        return Person(stage: self, link: link, connection: connection, welcome: welcome)
    }

    /// A person whose leg is up, in the pool.
    func joined(_ request: JoinRequest = JoinRequest(), band: String? = nil) async throws -> Person {
        let person = try await person()
        if let band { try await person.attest(band) }
        await person.say(.join(request))
        if request.media == .video { try await person.connectLeg() }
        return person
    }

    /// Two people who have been matched.
    func pair(bands: String? = nil, media: JoinRequest.Media = .video) async throws -> (
        Person, Person, PairID
    ) {
        let first = try await joined(JoinRequest(media: media), band: bands)
        let second = try await joined(JoinRequest(media: media), band: bands)
        let pair = try #require(await first.link.first(\.matchedPair))
        #expect(await second.link.first(\.matchedPair) == pair)
        return (first, second, pair)
    }

    /// Two people whose every gate is open.
    func openPair() async throws -> (Person, Person, PairID) {
        let (first, second, pair) = try await pair(bands: "adult")
        await first.say(.accept(pair: pair))
        await second.say(.accept(pair: pair))
        #expect(media.gates == PairGates(all: []))
        first.link.forget()
        second.link.forget()
        return (first, second, pair)
    }
}

/// One person and their connection.
struct Person: Sendable {
    let stage: Stage
    let link: RecordingLink
    let connection: ConnectionID
    let welcome: ServerMessage.Welcome

    func say(_ message: ClientMessage, id: MessageID? = nil) async {
        await stage.switchboard.receive(ClientFrame(message, id: id), from: connection)
    }

    /// What this person's client does with the next offer, and what the worker tells then.
    func connectLeg() async throws {
        _ = try #require(await link.first(\.offer))
        await say(.answer(sdp: Person.answer))
        let slot = try #require(stage.media.lastLeg)
        stage.media.emit(.connected(slot))
        _ = await link.first { $0 == .connected ? true : nil }
    }

    /// Proves an age with a fresh nonce.
    func attest(_ band: String) async throws {
        await say(.nonce)
        let nonce = try #require(link.sofar { if case .nonce(let nonce, _) = $0 { nonce } else { nil } }.last)
        let token = try stage.issuer.token(
            nonce: nonce, audience: Stage.audience, band: Band(band), now: stage.wallClock())
        await say(.attest(token: token))
        let proved = link.sofar { if case .age(let band, _, _) = $0 { band.text } else { nil } }.last
        #expect(proved == band)
    }

    func vanish() async { await stage.switchboard.disconnected(connection, clean: false) }
    func close() async { await stage.switchboard.disconnected(connection, clean: true) }

    /// A browser's answer, cut down to what the server reads.
    static let answer = [
        "v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0 1", "a=msid-semantic: WMS",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111", "c=IN IP4 0.0.0.0", "a=rtcp:9 IN IP4 0.0.0.0", "a=ice-ufrag:abcd",
        "a=ice-pwd:0123456789abcdefghijklmn",
        "a=fingerprint:sha-256 " + Array(repeating: "AB", count: 32).joined(separator: ":"), "a=setup:active",
        "a=mid:0", "a=sendrecv", "a=rtcp-mux", "a=rtpmap:111 opus/48000/2",
        "m=video 9 UDP/TLS/RTP/SAVPF 96 97", "c=IN IP4 0.0.0.0", "a=ice-ufrag:abcd",
        "a=ice-pwd:0123456789abcdefghijklmn",
        "a=fingerprint:sha-256 " + Array(repeating: "AB", count: 32).joined(separator: ":"), "a=setup:active",
        "a=mid:1", "a=sendrecv", "a=rtcp-mux", "a=rtcp-rsize", "a=rtpmap:96 VP8/90000",
        "a=rtpmap:97 rtx/90000",
        "a=fmtp:97 apt=96", "",
    ]
    .joined(separator: "\r\n")
}

/// A wall clock that is turned by hand.
final class HandDate: Sendable {
    private let date = Mutex(Date(timeIntervalSince1970: 1_800_000_000))

    var now: Date { date.withLock { $0 } }
    func advance(_ seconds: TimeInterval) { date.withLock { $0 += seconds } }
}
