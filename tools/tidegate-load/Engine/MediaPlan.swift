internal import RelayTypes

/// What a ``MediaShape`` comes to in packets: computed once, read for every packet.
struct MediaPlan: BitwiseCopyable {
    /// Bytes of RTP header with its extensions: transport-wide number and mid, padded to words.
    static let headerLength = 24
    /// Where a video payload's mark is: behind the longest descriptor and key-frame header (RFC 7741 §4.2, §4.3).
    static let videoMarkOffset = 16
    /// Where a sound payload's mark is: behind the TOC and the frame count (RFC 6716 §3.2.5).
    static let audioMarkOffset = 2
    /// Most bytes of a video payload: what a browser puts into one packet.
    private static let mostVideoBytes = 1_100
    /// Most packets of one frame, as many as a batch sends.
    static let mostParts = 32

    var hasVideo: Bool
    /// In nanoseconds.
    var audioInterval: UInt64
    /// In ticks of 48 kHz (RFC 7587 §4.1).
    var audioStep: UInt32
    var audioBytes: Int
    /// In nanoseconds.
    var videoInterval: UInt64
    var videoBytes: Int
    var deltaParts: Int
    var keyParts: Int
    /// Between two transport-wide feedbacks, in nanoseconds: Chromium waits longer the less there is to tell of.
    var feedbackInterval: UInt64
    /// Between two reports, in nanoseconds: Chromium's 1 s for video, 5 s for sound alone.
    var reportInterval: UInt64

    init(_ shape: MediaShape) {
        let packetTime = [20, 40, 60].contains(shape.packetTime) ? shape.packetTime : 20
        audioInterval = UInt64(packetTime) &* 1_000_000
        audioStep = UInt32(packetTime) &* 48
        audioBytes = min(max(shape.audioBytes, Self.audioMarkOffset &+ MediaMark.length), 1_200)
        hasVideo = shape.videoBitrate > 0
        let rate = min(max(shape.framesPerSecond, 1), 60)
        videoInterval = 1_000_000_000 / UInt64(rate)
        let frame = min(max(shape.videoBitrate, 0), 20_000_000) / 8 / rate
        deltaParts = min(max(1, (frame &+ Self.mostVideoBytes &- 1) / Self.mostVideoBytes), Self.mostParts)
        keyParts = min(deltaParts &* 3, Self.mostParts)
        videoBytes = min(
            max(frame / deltaParts, Self.videoMarkOffset &+ MediaMark.length), Self.mostVideoBytes)
        feedbackInterval = hasVideo ? 100_000_000 : 250_000_000
        reportInterval = hasVideo ? 1_000_000_000 : 5_000_000_000
    }
}

/// One packet as it leaves, for tests: everything that a seed decides.
package struct SentPacket: Sendable, Equatable, BitwiseCopyable {
    package let ssrc: UInt32
    package let payloadType: UInt8
    package let sequenceNumber: UInt16
    package let transportSequence: UInt16
    package let marker: Bool
    package let length: Int
}
