package import RelayTypes

/// What one synthetic browser is like.
package struct BrowserConfiguration: Sendable {
    /// Who does ICE.
    package enum Engine: Sendable {
        /// libnice's full agent.
        case libnice
        /// The kit's own small client, which can be told to misbehave.
        case light
    }

    /// What it does wrong on purpose.
    package struct Faults: OptionSet, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }

        /// Signs binding requests with a wrong password; light engine only.
        package static let wrongIntegrity = Faults(rawValue: 1 << 0)
        /// Announces the fingerprint of a certificate that it does not have.
        package static let wrongFingerprint = Faults(rawValue: 1 << 1)
        /// Never asks for what was lost.
        package static let neverNACKs = Faults(rawValue: 1 << 2)
        /// Presents no certificate in the handshake.
        package static let noCertificate = Faults(rawValue: 1 << 3)
    }

    package var engine = Engine.light
    package var usesIPv6 = false
    /// Offered in this order in `use_srtp`.
    package var profiles = SRTPProfile.allCases
    /// Whether the answer takes the video section.
    package var hasVideo = true
    /// In every ``MediaMark``.
    package var senderID: UInt32
    /// For SSRCs, first numbers, credentials.
    package var seed: UInt64
    /// Light engine only.
    package var loss: LossyPath.Settings?
    /// Between consent checks, in milliseconds; light engine only.
    ///
    /// RFC 7675 §5.1 says 4 to 6 s; tests are in a hurry.
    package var consentInterval: UInt64 = 500
    package var faults: Faults = []
    package var media = MediaSettings()
    package var format = MediaFormat()

    package init(senderID: UInt32) {
        self.senderID = senderID
        seed = UInt64(senderID)
    }
}

/// What a synthetic browser sends.
package struct MediaSettings: Sendable {
    package var sendsAudio = true
    package var sendsVideo = true
    /// Whether media starts by itself as soon as the keys are there.
    package var startsWhenConnected = true
    package var framesPerSecond: UInt64 = 30
    package var packetsPerKeyFrame = 5
    package var packetsPerDeltaFrame = 2
    /// Bytes of an Opus-like payload.
    package var audioPacketSize = 80
    /// Bytes behind the VP8 headers of each packet.
    package var videoPacketSize = 900
    /// Between sender and receiver reports, in milliseconds.
    package var reportInterval: UInt64 = 500
    /// Between transport-wide feedback packets, in milliseconds.
    package var feedbackInterval: UInt64 = 100

    package init() {}
}
