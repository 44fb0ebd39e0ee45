internal import DTLS
internal import Glibc
internal import RelayTypes
internal import SDP
internal import STUNCodec
internal import Synchronization

/// A server for one browser that sends everything back: for tests of the kit itself, where a relay that is under
/// test too would hide who is wrong.
///
/// Media comes back with the SSRCs of the offer, feedback about it with the SSRCs of the browser.
package final class EchoServer: Sendable {
    /// The offer's SDP.
    package let offer: String
    private let quit: CommandQueue
    private let thread = Mutex<PlainThread?>(nil)

    package init(usesIPv6: Bool = false) throws(TestKitError) {
        quit = try CommandQueue()
        let loop = try EchoLoop(usesIPv6: usesIPv6, quit: quit)
        offer = loop.offer
        nonisolated(unsafe) let handed = loop  // From here on only the thread touches it.
        let started = PlainThread { handed.run() }
        thread.withLock { $0 = started }
    }

    deinit { stop() }

    package func stop() {
        let running = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        quit.push(.vanish)
        running?.join()
    }
}

/// The echo server's thread.
private final class EchoLoop {
    let offer: String
    private static let sources = OutboundSources(
        audio: 0xa0d1_0001, video: 0x71de_0001, retransmission: 0x71de_0002)
    private let credentials = ICECredentials(usernameFragment: "echo", password: "0123456789012345678901")
    private let format = MediaFormat()
    private let quit: CommandQueue
    private let socket: UDPServerSocket
    private var stun = STUNServer()
    private let secure: SecureChannel
    private var peer: Endpoint?
    /// The browser's SSRCs by payload type.
    private var browserSources: [UInt8: UInt32] = [:]

    init(usesIPv6: Bool, quit: CommandQueue) throws(TestKitError) {
        let certificate = try TestKitError.securely { try DTLSCertificate.generated() }
        let context = try TestKitError.securely { try DTLSContext(role: .server, certificate: certificate) }
        let digest = try TestKitError.securely { try certificate.fingerprint() }
        secure = try SecureChannel(accepting: context)
        socket = try UDPServerSocket(
            on: usesIPv6
                ? Endpoint(high: 0, low: 1, port: 0, isIPv6: true) : Endpoint(ipv4: 0x7f00_0001, port: 0))
        guard let fingerprint = CertificateFingerprint(algorithm: .sha256, digest: digest) else {
            throw .security("no fingerprint")
        }
        self.quit = quit
        offer = OfferWriter.write(
            OfferParameters(
                credentials: credentials, fingerprint: fingerprint, candidates: [socket.local],
                sources: Self.sources,
                canonicalName: "echo", format: format, sessionID: 1, sessionVersion: 1))
    }

    func run() {
        while quit.takeAll().isEmpty {
            while let (datagram, source) = socket.receive() { take(datagram, from: source) }
            let now = SystemClock.now
            var timeout: Int32 = 1_000
            if peer != nil {
                for datagram in secure.pending() { send(datagram) }
                let deadline = secure.deadline(after: now)
                let left = min(deadline.nanoseconds(since: now), 1_000_000_000)
                timeout = Int32((left + 999_999) / 1_000_000)
                if timeout == 0 { secure.handleTimeout() }
            }
            var descriptors = [socket.descriptor, quit.descriptor]
                .map {
                    pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
                }
            _ = poll(&descriptors, nfds_t(descriptors.count), timeout)
        }
    }

    private func take(_ datagram: [UInt8], from source: Endpoint) {
        guard let first = datagram.first, datagram.count > 1 else { return }
        switch first {
        case 0...3: answer(datagram, from: source)
        case 20...63: secure.receive(datagram)
        case 128...191 where (192...223).contains(datagram[1]): returnFeedback(datagram)
        case 128...191: returnMedia(datagram)
        default: break
        }
    }

    private func answer(_ request: [UInt8], from source: Endpoint) {
        var response = [UInt8](repeating: 0, count: 256)
        var span = response.mutableSpan
        var bytes = span.mutableBytes
        let outcome = stun.answer(
            request.span.bytes, credentials: credentials, remoteUsernameFragment: nil, from: source,
            tieBreaker: 1, into: &bytes)
        guard case .success(let length, _, _) = outcome else { return }
        peer = source
        send([UInt8](response.prefix(length)))
    }

    private func returnMedia(_ datagram: [UInt8]) {
        guard let bytes = secure.unprotectRTP(datagram), var packet = RTPPacket(decoding: bytes) else {
            return
        }
        let isNew = browserSources.updateValue(packet.ssrc, forKey: packet.payloadType) == nil
        let media = packet.ssrc
        switch packet.payloadType {
        case format.opusPayloadType: packet.ssrc = Self.sources.audio
        case format.vp8PayloadType: packet.ssrc = Self.sources.video
        default: packet.ssrc = Self.sources.retransmission
        }
        if let bytes = secure.protectRTP(packet.encoded) { send(bytes) }
        guard isNew, packet.payloadType == format.vp8PayloadType else { return }
        sendFeedback([.pictureLossIndication(sender: Self.sources.video, media: media)])
    }

    private func returnFeedback(_ datagram: [UInt8]) {
        guard let bytes = secure.unprotectRTCP(datagram), let blocks = RTCPBlock.decode(bytes),
            let video = browserSources[format.vp8PayloadType]
        else { return }
        sendFeedback(
            blocks.compactMap { block in
                switch block {
                case .negativeAcknowledgement(_, Self.sources.video, let lost):
                    .negativeAcknowledgement(sender: Self.sources.video, media: video, lost: lost)
                case .pictureLossIndication(_, Self.sources.video):
                    .pictureLossIndication(sender: Self.sources.video, media: video)
                default: nil
                }
            })
    }

    private func sendFeedback(_ blocks: [RTCPBlock]) {
        guard !blocks.isEmpty, let bytes = secure.protectRTCP(RTCPBlock.encode(blocks)) else { return }
        send(bytes)
    }

    private func send(_ datagram: [UInt8]) {
        if let peer { socket.send(datagram, to: peer) }
    }
}
