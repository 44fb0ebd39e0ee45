import DTLS
import MediaControl
import ReferenceTools
import RelayCore
import RelayTypes
import SRTP
import STUNCodec
import Testing
import Wire

/// A browser in memory: checks, DTLS client, SRTP.
///
/// No socket and no clock.
final class TestBrowser {
    let endpoint: Endpoint
    let slot: LegSlot
    let credentials: ICECredentials
    let parameters: LegParameters
    let usernameFragment = "brow"
    let fingerprint: CertificateFingerprint
    /// Whether its answer takes the video section.
    var hasVideo = true

    /// SSRCs that it sends with.
    let audio: UInt32
    let video: UInt32
    let retransmission: UInt32

    /// SSRCs of a browser, to be passed on.
    struct Sources: Sendable {
        var audio: UInt32 = 1
        var video: UInt32 = 2
        var retransmission: UInt32 = 3
    }

    var sources: Sources { Sources(audio: audio, video: video, retransmission: retransmission) }

    private var checks: STUNClient
    private let context: DTLSContext
    private var association: DTLSAssociation?
    private(set) var session: LibSRTPSession?
    /// The same keys in the other implementation, which can be set to any index.
    private var twin: EVPSRTPSession?
    private let memory = Slot()

    /// The last packet of its audio, kept by tests that pair it again and again.
    var course: TestPacket?

    /// What it has received and decrypted.
    private(set) var media: [TestPacket] = []
    private(set) var feedback: [[UInt8]] = []
    private(set) var responses: [STUNClient.Response] = []
    private(set) var isClosed = false
    /// What it could not make sense of.
    private(set) var failures = 0

    init(_ number: UInt8, profiles: String = DTLSContext.defaultProfiles, generation: UInt32 = 1) throws {
        var generator = SplitMix64(seed: UInt64(number))
        endpoint = Endpoint(ipv4: 0xc000_0200 | UInt32(number), port: 40_000 + UInt16(number))
        slot = LegSlot(worker: 0, index: UInt32(number), generation: generation)
        credentials = CredentialCodec.credentials(
            for: LegPlace(worker: 0, index: UInt32(number)), using: &generator)
        let base = UInt32(number) << 8
        parameters = LegParameters(
            credentials: credentials,
            sources: OutboundSources(
                audio: 0xa000_0001 | base, video: 0xa000_0002 | base, retransmission: 0xa000_0003 | base),
            canonicalName: "server-\(number)")
        (audio, video, retransmission) = (0x1000_0001 | base, 0x1000_0002 | base, 0x1000_0003 | base)
        checks = STUNClient(
            username: credentials.usernameFragment + ":" + usernameFragment, password: credentials.password)
        let certificate = try DTLSCertificate.generated()
        let digest = try certificate.fingerprint()
        fingerprint = try #require(CertificateFingerprint(algorithm: .sha256, digest: digest))
        context = try DTLSContext(
            role: .client, certificate: certificate, profiles: profiles, timing: .simulated)
    }

    var browserParameters: BrowserParameters {
        BrowserParameters(usernameFragment: usernameFragment, fingerprint: fingerprint, hasVideo: hasVideo)
    }

    // MARK: Sending

    func check(isNominated: Bool = false) -> [UInt8] {
        memory.run { checks.request(STUNClient.Check(useCandidate: isNominated), into: &$0) }
    }

    /// The datagrams of its first flight.
    func hello() throws -> [[UInt8]] {
        association = try DTLSAssociation(connecting: context)
        return drain()
    }

    /// Its last flight again.
    func repeatFlight() throws -> [[UInt8]] {
        try association?.handleTimeout()
        return drain()
    }

    /// Whether it has keys.
    var isConnected: Bool { session != nil }

    func goodbye() -> [[UInt8]] {
        association?.close()
        return drain()
    }

    func protect(_ packet: TestPacket) throws -> [UInt8] { try protect(rtp: packet.bytes) }

    func protect(rtp bytes: [UInt8]) throws -> [UInt8] {
        try memory.run(bytes) { try session?.protectRTP(&$0, length: bytes.count) ?? 0 }
    }

    func protect(rtcp bytes: [UInt8]) throws -> [UInt8] {
        try memory.run(bytes) { try session?.protectRTCP(&$0, length: bytes.count) ?? 0 }
    }

    /// Protects as if so many packets of the stream had gone before.
    func protect(rtp bytes: [UInt8], after index: UInt64, ssrc: UInt32) throws -> [UInt8] {
        twin?.setNewest(rtp: index, rtcp: 0, ssrc: ssrc)
        return try memory.run(bytes) { try twin?.protectRTP(&$0, length: bytes.count) ?? 0 }
    }

    /// The same for RTCP.
    func protect(rtcp bytes: [UInt8], after index: UInt64, ssrc: UInt32) throws -> [UInt8] {
        twin?.setNewest(rtp: 0, rtcp: index, ssrc: ssrc)
        return try memory.run(bytes) { try twin?.protectRTCP(&$0, length: bytes.count) ?? 0 }
    }

    // MARK: Receiving

    /// - Returns: what it answers.
    func receive(_ datagram: [UInt8]) throws -> [[UInt8]] {
        switch try PacketKind(datagram.span.bytes) {
        case .stun:
            responses.append(checks.receive(datagram.span.bytes))
            return []
        case .dtls:
            do {
                let progress = try association?.receive(datagram.span.bytes)
                if progress == .finished, session == nil { try takeKeys() }
                if progress == .closed { isClosed = true }
            } catch {
                isClosed = true
            }
            return drain()
        case .rtp:
            do {
                let plain = try memory.run(datagram) {
                    try session?.unprotectRTP(&$0, length: datagram.count) ?? 0
                }
                media.append(try TestPacket(reading: plain))
            } catch {
                failures += 1
            }
            return []
        case .rtcp:
            do {
                feedback.append(
                    try memory.run(datagram) { try session?.unprotectRTCP(&$0, length: datagram.count) ?? 0 })
            } catch {
                failures += 1
            }
            return []
        }
    }

    func forgetReceived() {
        media = []
        feedback = []
        responses = []
    }

    private func takeKeys() throws {
        guard let suite = association?.selectedProfile.flatMap(SRTPSuite.init(rawValue:)) else { return }
        let keys = try memory.run { slot in
            var material = slot._mutatingExtracting(0..<suite.exportedLength)
            try association?.exportKeys(into: &material)
            return suite.exportedLength
        }
        session = try LibSRTPSession(suite: suite, exported: keys.span.bytes, isServer: false)
        twin = try EVPSRTPSession(suite: suite, exported: keys.span.bytes, isServer: false)
    }

    private func drain() -> [[UInt8]] {
        var result: [[UInt8]] = []
        while true {
            let datagram = memory.run { association?.nextDatagram(into: &$0) ?? 0 }
            if datagram.isEmpty { return result }
            result.append(datagram)
        }
    }
}
