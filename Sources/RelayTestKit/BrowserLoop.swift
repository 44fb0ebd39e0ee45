internal import DTLS
internal import Glibc
import ReferenceTools
internal import RelayTypes

/// The life of one synthetic browser, on its own thread: what comes in, what is due, what goes out.
final class BrowserLoop {
    /// For the signaller.
    let answer: ChromiumAnswer
    private let configuration: BrowserConfiguration
    private let offer: ServerOffer
    private let sources: OutboundSources
    private let record: Monitor<BrowserRecord>
    private let commands: CommandQueue
    private let engine: any ICEEngine
    private let secure: SecureChannel
    private var sender: MediaSender
    private var receiver: MediaReceiver

    private var phase = BrowserRecord.Phase.new
    private var isSending = false
    private var nextAudio = MonotonicInstant.never
    private var nextVideo = MonotonicInstant.never
    private var nextReport = MonotonicInstant.never
    private var nextFeedback = MonotonicInstant.never
    private var handshakeTimeout = MonotonicInstant.never
    private var sent = BrowserRecord.Sent()
    private var undecipherable = 0

    init(
        configuration: BrowserConfiguration, offer: ServerOffer, sources: OutboundSources,
        record: Monitor<BrowserRecord>, commands: CommandQueue
    ) throws(TestKitError) {
        var generator = SplitMix64(seed: ~configuration.seed)
        engine = try Self.engine(configuration, offer, commands, &generator)
        let identity = try BrowserIdentity(
            profiles: configuration.profiles,
            presentsCertificate: !configuration.faults.contains(.noCertificate))
        secure = try identity.connect(expecting: offer.fingerprint)
        sender = MediaSender(
            settings: configuration.media, senderID: configuration.senderID, sources: sources,
            format: configuration.format, using: &generator)
        receiver = MediaReceiver(sources: offer.sources, format: configuration.format)
        answer = ChromiumAnswer(
            credentials: engine.credentials,
            fingerprint: configuration.faults.contains(.wrongFingerprint)
                ? identity.falseFingerprint : identity.fingerprint,
            sources: sources, format: configuration.format, hasVideo: configuration.hasVideo,
            canonicalName: randomText(characters: 16, using: &generator))
        self.configuration = configuration
        self.offer = offer
        self.sources = sources
        self.record = record
        self.commands = commands
    }

    /// Runs until it is told to end.
    func run() {
        do {
            try engine.start(at: SystemClock.now)
            enter(.checking)
        } catch {
            enter(.failed("\(error)"))
        }
        while carryOutCommands() {
            let now = SystemClock.now
            engine.clockAdvanced(to: now)
            while let datagram = engine.receive(at: now) { take(datagram, at: now) }
            advanceConnection(at: now)
            sendWhatIsDue(at: now)
            publish()
            sleep(until: nextDeadline(), from: now)
        }
        publish()
        engine.stop()
    }

    private static func engine(
        _ configuration: BrowserConfiguration, _ offer: ServerOffer, _ commands: CommandQueue,
        _ generator: inout SplitMix64
    ) throws(TestKitError) -> any ICEEngine {
        guard let server = offer.candidates.first(where: { $0.isIPv6 == configuration.usesIPv6 }) else {
            throw .badOffer("no candidate of the wanted address family")
        }
        switch configuration.engine {
        case .libnice:
            return try LibniceEngine(
                localAddress: configuration.usesIPv6 ? "::1" : "127.0.0.1", remote: offer.credentials,
                candidates: offer.candidates.filter { $0.isIPv6 == configuration.usesIPv6 },
                wake: { commands.wake() })
        case .light:
            // base64url's `-` and `_` are no ice-chars (RFC 8839 §5.4); these are.
            func iceText(_ characters: Int) -> String {
                let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
                let bytes = (0..<characters).map { _ in alphabet[Int.random(in: 0..<64, using: &generator)] }
                return String(decoding: bytes, as: UTF8.self)
            }
            let credentials = ICECredentials(usernameFragment: iceText(4), password: iceText(24))
            let isWrong = configuration.faults.contains(.wrongIntegrity)
            return try LightICEEngine(
                server: server, credentials: credentials, remote: offer.credentials,
                remotePassword: isWrong ? "not-the-password-of-it" : offer.credentials.password,
                consentInterval: configuration.consentInterval, tieBreaker: generator.next(),
                loss: configuration.loss.map(LossyPath.init))
        }
    }

    /// - Returns: `false` when the browser is to end.
    private func carryOutCommands() -> Bool {
        for command in commands.takeAll() {
            let now = SystemClock.now
            switch command {
            case .startMedia: startMedia(at: now)
            case .stopMedia: stopMedia()
            case .sendFeedback(let blocks): sendFeedback(blocks)
            case .sendPacket(let packet): send(packet)
            case .sendPacketTwice(let packet):
                guard let bytes = secure.protectRTP(packet.encoded) else { break }
                engine.send(bytes)
                engine.send(bytes)
            case .sendDatagram(let bytes): engine.send(bytes)
            case .changeAddress: engine.changeAddress(at: now)
            case .renewConsent(let renews): engine.setRenewsConsent(renews, at: now)
            case .close:
                secure.close()
                for datagram in secure.pending() { engine.send(datagram) }
                enter(.closed)
                return false
            case .vanish:
                enter(.closed)
                return false
            }
        }
        return true
    }

    /// RFC 7983 §7, then RFC 5761 §4.
    private func take(_ datagram: [UInt8], at now: MonotonicInstant) {
        guard let first = datagram.first, datagram.count > 1 else { return }
        switch first {
        case 20...63: secure.receive(datagram)
        case 128...191 where (192...223).contains(datagram[1]): takeRTCP(datagram, at: now)
        case 128...191: takeRTP(datagram, at: now)
        default: undecipherable += 1
        }
    }

    private func takeRTP(_ datagram: [UInt8], at now: MonotonicInstant) {
        guard let bytes = secure.unprotectRTP(datagram), let packet = RTPPacket(decoding: bytes) else {
            undecipherable += 1
            return
        }
        let (entry, skipped) = receiver.receive(packet, at: now)
        record.update { $0.add(entry, skipped: skipped) }
    }

    private func takeRTCP(_ datagram: [UInt8], at now: MonotonicInstant) {
        guard let bytes = secure.unprotectRTCP(datagram), let blocks = RTCPBlock.decode(bytes) else {
            undecipherable += 1
            return
        }
        for block in blocks {
            switch block {
            case .pictureLossIndication(_, sources.video), .fullIntraRequest(_, sources.video, _):
                sender.wantsKeyFrame = true
            case .negativeAcknowledgement(_, sources.video, let lost):
                for packet in sender.retransmissions(of: lost) {
                    sent.retransmissions += 1
                    send(packet)
                }
            case .senderReport(let report): receiver.receive(report, at: now)
            default: break
            }
        }
        record.update { $0.add(blocks) }
    }

    private func advanceConnection(at now: MonotonicInstant) {
        if phase == .checking {
            if engine.isWritable {
                enter(.handshaking)
                handshakeTimeout = secure.deadline(after: now)
            } else if engine.hasFailed {
                enter(.failed("no connectivity"))
            }
        }
        if phase == .handshaking {
            if now >= handshakeTimeout { secure.handleTimeout() }
            for datagram in secure.pending() { engine.send(datagram) }
            handshakeTimeout = secure.deadline(after: now)
        }
        switch (phase, secure.state) {
        case (.handshaking, .open):
            enter(.connected)
            handshakeTimeout = .never
            nextReport = now.advanced(byMilliseconds: configuration.media.reportInterval)
            nextFeedback = now.advanced(byMilliseconds: configuration.media.feedbackInterval)
            if configuration.media.startsWhenConnected { startMedia(at: now) }
        case (.connected, .open):
            // The server's last flight may have been lost, and ours is asked for again.
            for datagram in secure.pending() { engine.send(datagram) }
        case (.handshaking, .failed(let why)), (.connected, .failed(let why)):
            for datagram in secure.pending() { engine.send(datagram) }  // The alert.
            stopEverything()
            enter(.failed(why))
        case (.handshaking, .closedByServer), (.connected, .closedByServer):
            stopEverything()
            enter(.closedByServer)
        default: break
        }
    }
}

extension BrowserLoop {
    private func startMedia(at now: MonotonicInstant) {
        guard phase == .connected else { return }
        isSending = true
        if configuration.media.sendsAudio { nextAudio = now }
        if configuration.media.sendsVideo, configuration.hasVideo { nextVideo = now }
    }

    private func stopMedia() {
        isSending = false
        nextAudio = .never
        nextVideo = .never
    }

    private func stopEverything() {
        stopMedia()
        nextReport = .never
        nextFeedback = .never
        handshakeTimeout = .never
    }

    private func sendWhatIsDue(at now: MonotonicInstant) {
        guard phase == .connected else { return }
        if now >= nextAudio {
            sent.audioPackets += 1
            send(sender.audioPacket(at: now))
            nextAudio = later(nextAudio, by: 20_000_000, than: now)
        }
        if now >= nextVideo {
            for packet in sender.videoFrame(at: now) {
                sent.videoPackets += 1
                send(packet)
            }
            let interval = 1_000_000_000 / max(1, configuration.media.framesPerSecond)
            nextVideo = later(nextVideo, by: interval, than: now)
        }
        if !configuration.faults.contains(.neverNACKs) {
            let lost = receiver.lostVideo(at: now)
            if !lost.isEmpty {
                sent.negativeAcknowledgements += 1
                sendFeedback([
                    .receiverReport(ssrc: sources.video, reports: []),
                    .negativeAcknowledgement(sender: sources.video, media: offer.sources.video, lost: lost),
                ])
            }
        }
        if now >= nextFeedback {
            if let feedback = receiver.transportFeedback(sender: sources.video) { sendFeedback([feedback]) }
            nextFeedback = now.advanced(byMilliseconds: configuration.media.feedbackInterval)
        }
        if now >= nextReport {
            sendReports(at: now)
            nextReport = now.advanced(byMilliseconds: configuration.media.reportInterval)
        }
    }

    private func sendReports(at now: MonotonicInstant) {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        let wallClock = Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
        let reports = receiver.receptionReports(at: now)
        var blocks = sender.senderReports(at: now, wallClock: wallClock)
        // The first report carries the report blocks.
        if case .senderReport(var first)? = blocks.first {
            first.reports = reports
            blocks[0] = .senderReport(first)
        } else {
            blocks = [.receiverReport(ssrc: sources.video, reports: reports)]
        }
        blocks.append(.description(ssrc: sources.video, canonicalName: "browser-\(configuration.senderID)"))
        sendFeedback(blocks)
    }

    private func send(_ packet: RTPPacket) {
        if let bytes = secure.protectRTP(packet.encoded) { engine.send(bytes) }
    }

    private func sendFeedback(_ blocks: [RTCPBlock]) {
        guard let bytes = secure.protectRTCP(RTCPBlock.encode(blocks)) else { return }
        sent.rtcpPackets += 1
        engine.send(bytes)
    }

    /// The next beat of a rhythm; a thread that was held up does not make up for the beats that it missed.
    private func later(
        _ beat: MonotonicInstant, by interval: UInt64, than now: MonotonicInstant
    ) -> MonotonicInstant {
        let next = beat.advanced(byNanoseconds: interval)
        return next > now ? next : now.advanced(byNanoseconds: interval)
    }

    private func enter(_ phase: BrowserRecord.Phase) {
        self.phase = phase
        record.update { record in
            record.phase = phase
            record.profile = secure.profile
            record.dtlsVersion = secure.version
        }
    }

    /// Brings the counters up to date, when they have changed.
    private func publish() {
        sent.keyFrames = sender.keyFrames
        let known = record.value
        guard
            known.sent != sent || known.ice != engine.tally || known.recovered != receiver.recovered
                || known.abandoned != receiver.abandoned || known.undecipherable != undecipherable
        else { return }
        record.update { record in
            record.sent = sent
            record.ice = engine.tally
            record.recovered = receiver.recovered
            record.abandoned = receiver.abandoned
            record.undecipherable = undecipherable
        }
    }

    private func nextDeadline() -> MonotonicInstant {
        let lost = phase == .connected ? receiver.deadline : .never
        return [nextAudio, nextVideo, nextReport, nextFeedback, handshakeTimeout, lost, engine.deadline].min()
            ?? .never
    }

    private func sleep(until deadline: MonotonicInstant, from now: MonotonicInstant) {
        var descriptors = [pollfd(fd: commands.descriptor, events: Int16(POLLIN), revents: 0)]
        if engine.descriptor >= 0 {
            descriptors.append(pollfd(fd: engine.descriptor, events: Int16(POLLIN), revents: 0))
        }
        // Rounded up, so that what is due is due on waking; at most a second, as a belt beside the braces.
        let milliseconds = (min(deadline.nanoseconds(since: now), 1_000_000_000) + 999_999) / 1_000_000
        _ = poll(&descriptors, nfds_t(descriptors.count), Int32(milliseconds))
    }
}
