/// Session keys of one direction and one of RTP and RTCP, and the layout of a packet under them.
///
/// All SSRCs of a direction share these keys, and nothing in the contexts belongs to a stream: one context for
/// each direction and kind is right, and one for each SSRC would only fill the cache.
///
/// Source: RFC 3711 §3.1, §3.4, §4; RFC 7714 §8, §9.
internal struct PacketCipher: ~Copyable {
    /// The first of the three labels: key, authentication key, salt (RFC 3711 §4.3.1, §4.3.2).
    internal enum Kind: UInt8 {
        case rtp = 0
        case rtcp = 3
    }

    /// What says that an SRTCP packet is encrypted, in the word with its index.
    internal static let encryptedFlag: UInt32 = 1 << 31
    /// Bytes of that word.
    private static let indexLength = 4

    private let context: CipherContext
    /// For AES-CM only: AES-GCM is its own authenticator.
    private let authenticator: MessageAuthenticator?
    private let salt: CounterBlock

    internal init(
        _ suite: SRTPSuite, _ keys: borrowing KeyDerivation, _ kind: Kind, _ purpose: CipherContext.Purpose
    ) throws(SRTPError) {
        let key = try keys.derive(kind.rawValue, length: suite.keyLength)
        let saltKey = try keys.derive(kind.rawValue + 2, length: suite.saltLength)
        let salt = try saltKey.withBytes { bytes throws(SRTPError) in CounterBlock(salt: bytes) }
        let authenticator = try Self.authenticator(suite, keys, kind)
        let context =
            suite == .aes128CMSHA1_80
            ? try key.withBytes { bytes throws(SRTPError) in try CipherContext.counterMode(bytes) }
            : try CipherContext.gcm(key, purpose)
        self.salt = salt
        self.authenticator = authenticator
        self.context = context
    }

    /// Asks for the context to be in the cache when it is used.
    @inline(__always)
    internal borrowing func fetch() { context.fetch() }

    private static func authenticator(
        _ suite: SRTPSuite, _ keys: borrowing KeyDerivation, _ kind: Kind
    ) throws(SRTPError) -> MessageAuthenticator? {
        guard suite == .aes128CMSHA1_80 else { return nil }
        return try MessageAuthenticator(
            keys.derive(kind.rawValue + 1, length: MessageAuthenticator.keyLength))
    }

    /// Encrypts and signs an RTP packet; `packet` is it and the trailer.
    ///
    /// - Precondition: the header and the trailer fit into `packet`.
    @inline(__always)
    internal borrowing func sealRTP(
        _ packet: UnsafeMutableRawBufferPointer, header: Int, trailer: Int, ssrc: UInt32, index: UInt64
    ) throws(SRTPError) {
        let (head, body, rest) = Self.split(packet, header, trailer)
        guard let tag = rest.baseAddress else { throw .malformed }
        switch authenticator {
        case .none:
            try context.seal(
                body, tag: tag, nonce: salt.nonce(ssrc: ssrc, index: index), associated: head, Self.nothing)
        case .some(let authenticator):
            try context.crypt(body, from: salt.counter(ssrc: ssrc, index: index))
            let signed = UnsafeMutableRawBufferPointer(rebasing: packet[..<(packet.count - trailer)])
            authenticator.sign(signed, rollover: UInt32(truncatingIfNeeded: index >> 16), tag: tag)
        }
    }

    /// Authenticates and decrypts an RTP packet; `packet` is it and the trailer.
    @inline(__always)
    internal borrowing func openRTP(
        _ packet: UnsafeMutableRawBufferPointer, header: Int, trailer: Int, ssrc: UInt32, index: UInt64
    ) throws(SRTPError) {
        let (head, body, rest) = Self.split(packet, header, trailer)
        guard let tag = rest.baseAddress else { throw .malformed }
        switch authenticator {
        case .none:
            try context.open(
                body, tag: tag, nonce: salt.nonce(ssrc: ssrc, index: index), associated: head, Self.nothing)
        case .some(let authenticator):
            let signed = UnsafeMutableRawBufferPointer(rebasing: packet[..<(packet.count - trailer)])
            try authenticator.verify(signed, rollover: UInt32(truncatingIfNeeded: index >> 16), tag: tag)
            try context.crypt(body, from: salt.counter(ssrc: ssrc, index: index))
        }
    }

    /// Encrypts and signs an RTCP packet; `packet` is it and the trailer.
    @inline(__always)
    internal borrowing func sealRTCP(
        _ packet: UnsafeMutableRawBufferPointer, trailer: Int, ssrc: UInt32, index: UInt32
    ) throws(SRTPError) {
        let (head, body, rest) = Self.split(packet, PacketShape.rtcpFixedLength, trailer)
        let word = (index | Self.encryptedFlag).bigEndian
        switch authenticator {
        case .none:
            let (tag, flagged) = Self.cut(rest, at: trailer - Self.indexLength)
            guard let tag = tag.baseAddress else { throw .malformed }
            flagged.storeBytes(of: word, as: UInt32.self)
            try context.seal(
                body, tag: tag, nonce: salt.nonce(ssrc: ssrc, index: UInt64(index)), associated: head, flagged
            )
        case .some(let authenticator):
            let (flagged, tag) = Self.cut(rest, at: Self.indexLength)
            guard let tag = tag.baseAddress else { throw .malformed }
            flagged.storeBytes(of: word, as: UInt32.self)
            try context.crypt(body, from: salt.counter(ssrc: ssrc, index: UInt64(index)))
            let signed = packet.count - trailer + Self.indexLength
            authenticator.sign(.init(rebasing: packet[..<signed]), rollover: nil, tag: tag)
        }
    }

    /// The word with the E flag and the SRTCP index, which nothing has authenticated yet.
    ///
    /// - Precondition: `packet` is at least `trailer` bytes long.
    @inline(__always)
    internal borrowing func indexWord(_ packet: UnsafeMutableRawBufferPointer, trailer: Int) -> UInt32 {
        let offset = packet.count - (authenticator == nil ? Self.indexLength : trailer)
        return UInt32(bigEndian: packet.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    /// Authenticates and decrypts an RTCP packet; `packet` is it and the trailer.
    @inline(__always)
    internal borrowing func openRTCP(
        _ packet: UnsafeMutableRawBufferPointer, trailer: Int, ssrc: UInt32, index: UInt32
    ) throws(SRTPError) {
        let (head, body, rest) = Self.split(packet, PacketShape.rtcpFixedLength, trailer)
        switch authenticator {
        case .none:
            let (tag, flagged) = Self.cut(rest, at: trailer - Self.indexLength)
            guard let tag = tag.baseAddress else { throw .malformed }
            try context.open(
                body, tag: tag, nonce: salt.nonce(ssrc: ssrc, index: UInt64(index)), associated: head, flagged
            )
        case .some(let authenticator):
            let (_, tag) = Self.cut(rest, at: Self.indexLength)
            guard let tag = tag.baseAddress else { throw .malformed }
            let signed = packet.count - trailer + Self.indexLength
            try authenticator.verify(.init(rebasing: packet[..<signed]), rollover: nil, tag: tag)
            try context.crypt(body, from: salt.counter(ssrc: ssrc, index: UInt64(index)))
        }
    }
}

extension PacketCipher {
    private static var nothing: UnsafeMutableRawBufferPointer { .init(start: nil, count: 0) }

    @inline(__always)
    private static func split(
        _ packet: UnsafeMutableRawBufferPointer, _ header: Int, _ trailer: Int
    ) -> (
        head: UnsafeMutableRawBufferPointer, body: UnsafeMutableRawBufferPointer,
        rest: UnsafeMutableRawBufferPointer
    ) {
        let (head, more) = cut(packet, at: header)
        let (body, rest) = cut(more, at: more.count - trailer)
        return (head, body, rest)
    }

    @inline(__always)
    private static func cut(
        _ bytes: UnsafeMutableRawBufferPointer, at offset: Int
    ) -> (UnsafeMutableRawBufferPointer, UnsafeMutableRawBufferPointer) {
        (.init(rebasing: bytes[..<offset]), .init(rebasing: bytes[offset...]))
    }
}
