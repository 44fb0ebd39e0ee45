internal import COpenSSL

/// HMAC-SHA1 with 80 bits of tag and one key: the sole owner of its hashed key blocks; wiped when it goes.
///
/// Source: RFC 3711 §4.2.1, RFC 2104.
internal struct MessageAuthenticator: ~Copyable {
    /// Bytes of the key (RFC 3711 §8.2).
    internal static let keyLength = 20
    /// Bytes of the tag.
    internal static let tagLength = 10
    private static let digestLength = 20

    private let state: UnsafeMutablePointer<copenssl_hmac_sha1>

    internal init(_ key: borrowing SessionKey) throws(SRTPError) {
        state = .allocate(capacity: 1)
        state.initialize(to: copenssl_hmac_sha1())
        let state = state
        try key.withBytes { bytes throws(SRTPError) in
            copenssl_hmac_sha1_init(
                state, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
        }
    }

    deinit {
        OPENSSL_cleanse(state, MemoryLayout<copenssl_hmac_sha1>.size)
        state.deallocate()
    }

    /// Writes the tag for `message`, and for the rollover counter after it when there is one (RFC 3711 §4.2).
    @inline(__always)
    internal borrowing func sign(
        _ message: UnsafeMutableRawBufferPointer, rollover: UInt32?, tag: UnsafeMutableRawPointer
    ) {
        withDigest(message, rollover) { tag.copyMemory(from: $0, byteCount: Self.tagLength) }
    }

    /// Compares the tag in constant time.
    @inline(__always)
    internal borrowing func verify(
        _ message: UnsafeMutableRawBufferPointer, rollover: UInt32?, tag: UnsafeMutableRawPointer
    ) throws(SRTPError) {
        let isRight = withDigest(message, rollover) { CRYPTO_memcmp($0, tag, Self.tagLength) == 0 }
        guard isRight else { throw .unauthenticated }
    }

    @inline(__always)
    private borrowing func withDigest<Result>(
        _ message: UnsafeMutableRawBufferPointer, _ rollover: UInt32?, _ body: (UnsafeRawPointer) -> Result
    ) -> Result {
        withUnsafeTemporaryAllocation(byteCount: Self.digestLength, alignment: 8) { digest in
            // A buffer of 20 bytes has an address; the type does not know.
            guard let start = digest.baseAddress else { preconditionFailure("a digest has room") }
            withUnsafeBytes(of: (rollover ?? 0).bigEndian) { suffix in
                copenssl_hmac_sha1_tag(
                    state, message.baseAddress?.assumingMemoryBound(to: UInt8.self), message.count,
                    suffix.baseAddress?.assumingMemoryBound(to: UInt8.self), rollover == nil ? 0 : 4,
                    start.assumingMemoryBound(to: UInt8.self))
            }
            return body(UnsafeRawPointer(start))
        }
    }
}
