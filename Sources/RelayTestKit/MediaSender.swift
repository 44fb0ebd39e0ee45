import ReferenceTools
internal import RelayTypes

/// Makes the media of one synthetic browser: Opus-like audio, VP8-like video, retransmissions, sender reports.
struct MediaSender {
    /// Of Opus (RFC 7587 §4.1) and of video (RFC 7741 §4.1), in Hz.
    private static let (audioClock, videoClock): (UInt64, UInt64) = (48_000, 90_000)
    /// Packets kept for retransmission; at 30 frames of 3 packets a second, more than 5 s.
    private static let historyLength = 512
    /// Seconds from 1900 to 1970 (RFC 868).
    private static let ntpEpoch: UInt64 = 2_208_988_800

    /// One SSRC's numbers.
    private struct Stream {
        let ssrc: UInt32
        var sequenceNumber: UInt16
        let timestampOffset: UInt32
        var counter: UInt64 = 0
        var octets: UInt32 = 0
    }

    /// The next frame is a key frame.
    var wantsKeyFrame = true
    private(set) var keyFrames = 0
    private let settings: MediaSettings
    private let senderID: UInt32
    private let format: MediaFormat
    private var audio: Stream
    private var video: Stream
    private var retransmission: Stream
    private var transportSequence: UInt16
    private var pictureID: UInt16
    private var history: [RTPPacket] = []

    init(
        settings: MediaSettings, senderID: UInt32, sources: OutboundSources, format: MediaFormat,
        using generator: inout SplitMix64
    ) {
        self.settings = settings
        self.senderID = senderID
        self.format = format
        func stream(_ ssrc: UInt32, _ generator: inout SplitMix64) -> Stream {
            Stream(
                ssrc: ssrc, sequenceNumber: .random(in: 0...UInt16.max, using: &generator),
                timestampOffset: .random(in: 0...UInt32.max, using: &generator))
        }
        audio = stream(sources.audio, &generator)
        video = stream(sources.video, &generator)
        retransmission = stream(sources.retransmission, &generator)
        transportSequence = .random(in: 0...UInt16.max, using: &generator)
        pictureID = .random(in: 0...0x7fff, using: &generator)
    }

    /// One Opus-like packet of 20 ms.
    mutating func audioPacket(at now: MonotonicInstant) -> RTPPacket {
        // TOC: CELT, fullband, 20 ms, mono, one frame (RFC 6716 §3.1).
        let payload = [UInt8](arrayLiteral: 0xf8) + mark(audio.counter, now).encoded
        let timestamp = Self.timestamp(now, Self.audioClock) &+ audio.timestampOffset
        return packet(
            format.opusPayloadType, mid: "0", timestamp: timestamp,
            payload: padded(payload, to: settings.audioPacketSize), on: \.audio)
    }

    /// One VP8-like frame in several packets, of which the last has the marker.
    mutating func videoFrame(at now: MonotonicInstant) -> [RTPPacket] {
        let isKeyFrame = wantsKeyFrame
        wantsKeyFrame = false
        if isKeyFrame { keyFrames += 1 }
        let count = max(1, isKeyFrame ? settings.packetsPerKeyFrame : settings.packetsPerDeltaFrame)
        let timestamp = Self.timestamp(now, Self.videoClock) &+ video.timestampOffset
        var packets: [RTPPacket] = []
        for index in 0..<count {
            let content = padded(mark(video.counter, now).encoded, to: settings.videoPacketSize)
            let payload = VP8Payload(
                startsFrame: index == 0, isKeyFrame: isKeyFrame, pictureID: pictureID, rest: content)
            var packet = packet(
                format.vp8PayloadType, mid: "1", timestamp: timestamp, payload: payload.encoded, on: \.video)
            packet.marker = index == count - 1
            packets.append(packet)
        }
        pictureID = (pictureID &+ 1) & 0x7fff
        history += packets
        if history.count > Self.historyLength { history.removeFirst(history.count - Self.historyLength) }
        return packets
    }

    /// What a NACK asked for, where it is still known (RFC 4588 §4).
    mutating func retransmissions(of lost: [UInt16]) -> [RTPPacket] {
        lost.compactMap { number -> RTPPacket? in
            guard let original = history.last(where: { $0.sequenceNumber == number }) else { return nil }
            var payload: [UInt8] = []
            payload.append(uint16: original.sequenceNumber)  // OSN
            var packet = packet(
                format.rtxPayloadType, mid: "1", timestamp: original.timestamp,
                payload: payload + original.payload, on: \.retransmission)
            packet.marker = original.marker
            return packet
        }
    }

    /// Sender reports of what has been sent so far (RFC 3550 §6.4.1).
    ///
    /// - Parameter wallClock: seconds since 1970.
    func senderReports(at now: MonotonicInstant, wallClock: Double) -> [RTCPBlock] {
        let seconds = UInt64(max(0, wallClock))
        let fraction = UInt64(max(0, wallClock - Double(seconds)) * 4_294_967_296)
        let ntp = (seconds &+ Self.ntpEpoch) << 32 | min(fraction, 0xffff_ffff)
        return [(audio, Self.audioClock), (video, Self.videoClock)]
            .compactMap { stream, clock in
                guard stream.counter > 0 else { return nil }
                return .senderReport(
                    RTCPBlock.SenderReport(
                        ssrc: stream.ssrc, ntpTime: ntp,
                        rtpTimestamp: Self.timestamp(now, clock) &+ stream.timestampOffset,
                        packetCount: UInt32(truncatingIfNeeded: stream.counter), octetCount: stream.octets))
            }
    }

    private mutating func packet(
        _ payloadType: UInt8, mid: String, timestamp: UInt32, payload: [UInt8],
        on path: WritableKeyPath<MediaSender, Stream>
    ) -> RTPPacket {
        var packet = RTPPacket(
            payloadType: payloadType, sequenceNumber: self[keyPath: path].sequenceNumber,
            timestamp: timestamp,
            ssrc: self[keyPath: path].ssrc, payload: payload)
        var number: [UInt8] = []
        number.append(uint16: transportSequence)
        packet.extensions = [
            .init(id: format.transportWideExtension, value: number),
            .init(id: format.midExtension, value: Array(mid.utf8)),
        ]
        transportSequence &+= 1
        self[keyPath: path].sequenceNumber &+= 1
        self[keyPath: path].counter += 1
        self[keyPath: path].octets &+= UInt32(truncatingIfNeeded: payload.count)
        return packet
    }

    private func mark(_ counter: UInt64, _ now: MonotonicInstant) -> MediaMark {
        MediaMark(sender: senderID, counter: counter, sentAt: now.nanoseconds)
    }

    private func padded(_ bytes: [UInt8], to size: Int) -> [UInt8] {
        bytes + [UInt8](repeating: 0xa5, count: max(0, size - bytes.count))
    }

    private static func timestamp(_ now: MonotonicInstant, _ clock: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: now.nanoseconds / 1_000 &* clock / 1_000_000)
    }
}
