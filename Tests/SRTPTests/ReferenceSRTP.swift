import ReferenceTools
import SRTP

/// SRTP and SRTCP senders as RFC 3711 and RFC 7714 describe them, to compare whole packets with.
struct ReferenceSRTP {
    let suite: SRTPSuite
    let rtp: SessionKeys
    let rtcp: SessionKeys

    /// What is derived from a master key and salt for one of RTP and RTCP (RFC 3711 §4.3).
    struct SessionKeys {
        let cipher: [UInt8]
        let authentication: [UInt8]
        let salt: [UInt8]
    }

    /// - Parameter master: the master key, then the master salt.
    init(suite: SRTPSuite, master: [UInt8]) {
        self.suite = suite
        let key = Array(master[..<suite.keyLength])
        let salt = Array(master[suite.keyLength...])
        func keys(_ labels: (UInt8, UInt8, UInt8)) -> SessionKeys {
            SessionKeys(
                cipher: Self.derive(key, salt, label: labels.0, count: suite.keyLength),
                authentication: Self.derive(key, salt, label: labels.1, count: 20),
                salt: Self.derive(key, salt, label: labels.2, count: suite.saltLength))
        }
        rtp = keys((0, 1, 2))
        rtcp = keys((3, 4, 5))
    }

    /// AES-CM as a pseudo-random function (RFC 3711 §4.3.1, §4.3.3), with key derivation rate 0.
    ///
    /// A salt of 96 bits is filled up with zeros on the right (RFC 7714 §11).
    static func derive(_ key: [UInt8], _ salt: [UInt8], label: UInt8, count: Int) -> [UInt8] {
        var block = salt + [UInt8](repeating: 0, count: 16 - salt.count)
        block[7] ^= label
        return ReferenceAES(key: key).keystream(from: block, count: count)
    }

    /// - Parameter index: rollover counter and sequence number, 48 bits.
    func protect(rtp packet: [UInt8], headerLength: Int, index: UInt64) -> [UInt8] {
        let header = Array(packet[..<headerLength])
        let payload = Array(packet[headerLength...])
        let ssrc = Array(packet[8..<12])
        if suite != .aes128CMSHA1_80 {
            return header
                + ReferenceGCM(key: rtp.cipher)
                .seal(
                    payload, nonce: Self.gcmNonce(rtp.salt, ssrc, index), associated: header)
        }
        let sealed = header + Self.counterMode(payload, rtp, ssrc, index)
        let rollover = Packet.bigEndian(UInt32(truncatingIfNeeded: index >> 16))
        return sealed + ReferenceSHA1.hmac(key: rtp.authentication, sealed + rollover)[..<10]
    }

    /// - Parameter index: the SRTCP index, 31 bits.
    func protect(rtcp packet: [UInt8], index: UInt32) -> [UInt8] {
        let header = Array(packet[..<8])
        let payload = Array(packet[8...])
        let ssrc = Array(packet[4..<8])
        let word = Packet.bigEndian(index | 1 << 31)
        if suite != .aes128CMSHA1_80 {
            return header
                + ReferenceGCM(key: rtcp.cipher)
                .seal(
                    payload, nonce: Self.gcmNonce(rtcp.salt, ssrc, UInt64(index)), associated: header + word)
                + word
        }
        let sealed = header + Self.counterMode(payload, rtcp, ssrc, UInt64(index)) + word
        return sealed + ReferenceSHA1.hmac(key: rtcp.authentication, sealed)[..<10]
    }

    /// RFC 7714 §8.1, §9.1: the same for both, as an SRTCP index is a short packet index.
    static func gcmNonce(_ salt: [UInt8], _ ssrc: [UInt8], _ index: UInt64) -> [UInt8] {
        ReferenceAES.xor([0, 0] + ssrc + indexBytes(index), salt)
    }

    /// RFC 3711 §4.1.1.
    static func counterMode(
        _ payload: [UInt8], _ keys: SessionKeys, _ ssrc: [UInt8], _ index: UInt64
    ) -> [UInt8] {
        let block = ReferenceAES.xor([0, 0, 0, 0] + ssrc + indexBytes(index), keys.salt) + [0, 0]
        return ReferenceAES.xor(
            payload, ReferenceAES(key: keys.cipher).keystream(from: block, count: payload.count))
    }

    private static func indexBytes(_ index: UInt64) -> [UInt8] {
        (0..<6).map { UInt8(truncatingIfNeeded: index >> (40 - 8 * UInt64($0))) }
    }
}
