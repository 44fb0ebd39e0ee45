import CAllocationCount
import DTLS
import Glibc
import MediaControl
import ReferenceTools
import RelayCore
import RelayTypes
import SRTP
import STUNCodec
import Testing
import Wire

@testable import Forwarder

/// One worker on a thread whose allocations are counted, and browsers on sockets of their own.
final class WorkerScene {
    let mailbox = Mailbox()
    let page = CounterPage()
    let place: Endpoint
    /// What ``callocationcount_of(_:)`` takes.
    let thread: Int32
    private let handle: pthread_t
    private var tickets: UInt64 = 0
    private var events: AsyncStream<MediaEvent>.Iterator

    private final class Start {
        var worker: Worker?
        var thread: Int32 = 0
        let isCounted = Mailbox()
        init(_ worker: consuming Worker) { self.worker = consume worker }
    }

    init(coalesce: UInt64 = 0) throws {
        let certificate = try DTLSCertificate.generated()
        let configuration = RelayCoreConfiguration(worker: 0, legs: 8, format: MediaFormat(), seed: 1)
        let socket = try UDPSocket(address: "127.0.0.1", port: 0, index: 0)
        place = socket.local
        var ports = SlotTable<Port>(capacity: 1)
        ports.insert(Port(socket: socket, capacity: 320), at: 0, generation: 0)
        let (stream, continuation) = AsyncStream.makeStream(of: MediaEvent.self)
        events = stream.makeAsyncIterator()
        let core = RelayCore(configuration, dtls: try DTLSContext(role: .server, certificate: certificate))
        let worker = Worker(
            ports: ports, core: core, mailbox: mailbox, page: page,
            report: WorkerReport(events: continuation), coalesce: coalesce)
        let start = Start(worker)
        var handle = pthread_t()
        let result = pthread_create(
            &handle, nil,
            { argument in
                guard let argument else { return nil }
                let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                start.thread = callocationcount_begin()
                start.isCounted.stop()
                start.worker?.run()
                start.worker = nil
                return nil
            }, Unmanaged.passRetained(start).toOpaque())
        try #require(result == 0)
        while !start.isCounted.isStopped { sched_yield() }
        thread = start.thread
        self.handle = handle
    }

    deinit {
        mailbox.stop()
        pthread_join(handle, nil)
    }

    /// Gives an order and waits until it is in force.
    func carryOut(_ order: MediaOrder) async throws {
        tickets += 1
        #expect(mailbox.put(order, ticket: Ticket(number: tickets)))
        while let event = await events.next() {
            switch event {
            case .inForce(let ticket, _, _) where ticket.number == tickets: return
            case .stale(let ticket) where ticket.number == tickets:
                Issue.record("refused: \(order)")
                return
            default: continue
            }
        }
    }

    func join(_ number: UInt32, _ profile: SRTPProfile) async throws -> WireBrowser {
        let browser = try WireBrowser(number, profile, server: place)
        try await carryOut(.openLeg(browser.slot, browser.parameters))
        try await carryOut(.expectBrowser(browser.slot, browser.expected))
        try await browser.connect()
        return browser
    }

    func counters() -> MediaCounters {
        var totals = MediaCounters()
        page.add(to: &totals)
        return totals
    }
}

/// A browser with a socket: checks, DTLS, SRTP, and runs of audio packets.
final class WireBrowser {
    let slot: LegSlot
    let parameters: LegParameters
    let expected: BrowserParameters
    let wire: RunSocket
    private let ssrc: UInt32
    private let server: Endpoint
    private var checks: STUNClient
    private let context: DTLSContext
    private var association: DTLSAssociation?
    private var session: EVPSRTPSession?
    private var sequenceNumber: UInt16 = 7
    private let memory = UnsafeMutableRawPointer.allocate(byteCount: 2_048, alignment: 64)

    init(_ number: UInt32, _ profile: SRTPProfile, server: Endpoint) throws {
        var generator = SplitMix64(seed: UInt64(number))
        self.server = server
        slot = LegSlot(worker: 0, index: number, generation: 1)
        ssrc = 0x1000 + number
        let credentials = CredentialCodec.credentials(
            for: LegPlace(worker: 0, index: number), using: &generator)
        parameters = LegParameters(
            credentials: credentials,
            sources: OutboundSources(
                audio: 16 * number + 1, video: 16 * number + 2, retransmission: 16 * number + 3),
            canonicalName: "server")
        checks = STUNClient(
            username: credentials.usernameFragment + ":wire", password: credentials.password)
        let certificate = try DTLSCertificate.generated()
        let fingerprint = CertificateFingerprint(algorithm: .sha256, digest: try certificate.fingerprint())
        expected = BrowserParameters(
            usernameFragment: "wire", fingerprint: try #require(fingerprint), hasVideo: true)
        context = try DTLSContext(role: .client, certificate: certificate, profiles: profile.name)
        wire = try RunSocket()
    }

    deinit { memory.deallocate() }

    private func run(_ body: (inout MutableRawSpan) throws -> Int) rethrows -> [UInt8] {
        var span = MutableRawSpan(_unsafeStart: memory, byteCount: 2_048)
        let length = try body(&span)
        return Array(UnsafeRawBufferPointer(start: memory, count: length))
    }

    private func send(_ datagrams: [[UInt8]]) {
        #expect(wire.send(datagrams.map { ($0, server) }) == 0)
    }

    private func drain() -> [[UInt8]] {
        var result: [[UInt8]] = []
        while true {
            let datagram = run { association?.nextDatagram(into: &$0) ?? 0 }
            if datagram.isEmpty { return result }
            result.append(datagram)
        }
    }

    func check() {
        send([run { checks.request(STUNClient.Check(useCandidate: true), into: &$0) }])
    }

    func connect() async throws {
        check()
        while session == nil {
            for datagram in try await wire.receive(1).datagrams {
                switch try PacketKind(datagram.span.bytes) {
                case .stun:
                    _ = checks.receive(datagram.span.bytes)
                    if association == nil { association = try DTLSAssociation(connecting: context) }
                case .dtls:
                    if try association?.receive(datagram.span.bytes) == .finished { try takeKeys() }
                case .rtp, .rtcp: break
                }
                send(drain())
            }
        }
    }

    private func takeKeys() throws {
        guard session == nil, let suite = association?.selectedProfile.flatMap(SRTPSuite.init(rawValue:))
        else {
            return
        }
        let keys = try run { slot in
            var material = slot._mutatingExtracting(0..<suite.exportedLength)
            try association?.exportKeys(into: &material)
            return suite.exportedLength
        }
        session = try EVPSRTPSession(suite: suite, exported: keys.span.bytes, isServer: false)
    }

    /// Sends one audio packet for each payload, as one run where the kernel can.
    func sendAudio(_ payloads: [[UInt8]]) throws {
        send(
            try payloads.map { payload in
                let packet: [UInt8] =
                    [0x80, 111, UInt8(sequenceNumber >> 8), UInt8(sequenceNumber & 255), 0, 0, 0, 0]
                    + (0..<4).map { UInt8(ssrc >> (24 - 8 * UInt32($0)) & 255) } + payload
                sequenceNumber &+= 1
                return try run { slot in
                    slot.withUnsafeMutableBytes { $0.copyBytes(from: packet) }
                    return try session?.protectRTP(&slot, length: packet.count) ?? 0
                }
            })
    }

    /// Throws away what is there.
    ///
    /// - Returns: how many RTP packets; flights of DTLS that were repeated, and RTCP, do not count.
    func drainedAudio() throws -> Int {
        var count = 0
        while case let datagrams = try wire.poll().datagrams, !datagrams.isEmpty {
            for datagram in datagrams where try PacketKind(datagram.span.bytes) == .rtp { count += 1 }
        }
        return count
    }

    /// The payloads of the next `count` audio packets, in the order in which they arrive; their numbers must count on.
    func receiveAudio(_ count: Int) async throws -> [[UInt8]] {
        var result: [[UInt8]] = []
        var last: UInt16?
        while result.count < count {
            for datagram in try await wire.receive(1).datagrams
            where try PacketKind(datagram.span.bytes) == .rtp {
                let plain = try run { slot in
                    slot.withUnsafeMutableBytes { $0.copyBytes(from: datagram) }
                    return try session?.unprotectRTP(&slot, length: datagram.count) ?? 0
                }
                let number = UInt16(plain[2]) << 8 | UInt16(plain[3])
                if let last { #expect(number == last &+ 1) }
                last = number
                result.append(Array(plain[12...]))
            }
        }
        return result
    }
}
