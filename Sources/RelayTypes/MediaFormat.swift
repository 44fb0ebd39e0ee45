/// The numbers that every offer of a deployment shares, so that the forwarder never renumbers them
/// (PROTOCOL.md section 3): payload types (RFC 3551 §3, dynamic range) and header-extension ids (RFC 8285 §4.2).
package struct MediaFormat: Sendable, Equatable, BitwiseCopyable {
    package var opusPayloadType: UInt8 = 111
    package var vp8PayloadType: UInt8 = 96
    package var rtxPayloadType: UInt8 = 97
    /// The id of `urn:ietf:params:rtp-hdrext:sdes:mid`.
    package var midExtension: UInt8 = 1
    /// The id of `http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01`.
    package var transportWideExtension: UInt8 = 2

    package init() {}
}

/// The synchronisation sources that the server uses towards one browser, the same for as long as the leg lives.
package struct OutboundSources: Sendable, Equatable, BitwiseCopyable {
    package let audio: UInt32
    package let video: UInt32
    /// Retransmissions of `video` (RFC 4588 §4, SSRC multiplexing).
    package let retransmission: UInt32

    package init(audio: UInt32, video: UInt32, retransmission: UInt32) {
        self.audio = audio
        self.video = video
        self.retransmission = retransmission
    }
}

/// ICE short-term credentials of one side (RFC 8445 §5.3).
package struct ICECredentials: Sendable, Hashable {
    /// 4 to 256 ice-chars.
    package let usernameFragment: String
    /// 22 to 256 ice-chars.
    package let password: String

    package init(usernameFragment: String, password: String) {
        self.usernameFragment = usernameFragment
        self.password = password
    }
}

/// A certificate's fingerprint as an SDP carries it (RFC 8122 §5).
package struct CertificateFingerprint: Sendable, Hashable {
    package enum Algorithm: String, Sendable, Hashable, CaseIterable {
        case sha256 = "sha-256"
        case sha384 = "sha-384"
        case sha512 = "sha-512"

        /// Length of the digest in bytes.
        package var length: Int {
            switch self {
            case .sha256: 32
            case .sha384: 48
            case .sha512: 64
            }
        }
    }

    package let algorithm: Algorithm
    /// Exactly ``Algorithm/length`` bytes.
    package let digest: [UInt8]

    package init?(algorithm: Algorithm, digest: [UInt8]) {
        guard digest.count == algorithm.length else { return nil }
        self.algorithm = algorithm
        self.digest = digest
    }

    /// Upper-case hexadecimal with colons, as in `a=fingerprint`.
    package var hexadecimal: String {
        digest.map { byte in
            let text = String(byte, radix: 16, uppercase: true)
            return byte < 16 ? "0" + text : text
        }
        .joined(separator: ":")
    }
}

/// The SRTP protection profiles that the server takes (RFC 5764 §4.1.2, RFC 7714 §14.2), in its order of preference.
package enum SRTPProfile: UInt16, Sendable, CaseIterable, BitwiseCopyable {
    case aeadAES128GCM = 0x0007
    case aeadAES256GCM = 0x0008
    case aes128CMSHA1_80 = 0x0001

    /// The name in RFC 5764 and RFC 7714, as OpenSSL writes it too.
    package var name: String {
        switch self {
        case .aeadAES128GCM: "SRTP_AEAD_AES_128_GCM"
        case .aeadAES256GCM: "SRTP_AEAD_AES_256_GCM"
        case .aes128CMSHA1_80: "SRTP_AES128_CM_SHA1_80"
        }
    }

    /// Length of the master key in bytes.
    package var keyLength: Int { self == .aeadAES256GCM ? 32 : 16 }
    /// Length of the master salt in bytes.
    package var saltLength: Int { self == .aes128CMSHA1_80 ? 14 : 12 }
}
