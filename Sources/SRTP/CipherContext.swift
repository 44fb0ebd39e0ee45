internal import COpenSSL

/// One key of AES-GCM or AES in counter mode, scheduled once: the sole owner of an `EVP_CIPHER_CTX`.
///
/// For each packet only the initialisation vector is set, which allocates nothing.
internal struct CipherContext: ~Copyable {
    /// Bytes of a GCM tag (RFC 7714 §13.1).
    private static let tagLength: Int32 = 16

    internal enum Purpose: Int32 {
        case open = 0
        case seal = 1
    }

    private let context: OpaquePointer

    /// AES-GCM with a nonce of 96 bits.
    internal static func gcm(_ key: borrowing SessionKey, _ purpose: Purpose) throws(SRTPError) -> Self {
        try key.withBytes { bytes throws(SRTPError) in
            try Self(bytes.count == 32 ? EVP_aes_256_gcm() : EVP_aes_128_gcm(), bytes, purpose)
        }
    }

    /// AES in counter mode, which is its own inverse.
    internal static func counterMode(_ key: UnsafeRawBufferPointer) throws(SRTPError) -> Self {
        try Self(key.count == 32 ? EVP_aes_256_ctr() : EVP_aes_128_ctr(), key, .seal)
    }

    private init(_ cipher: OpaquePointer?, _ key: UnsafeRawBufferPointer, _ purpose: Purpose)
        throws(SRTPError)
    {
        let bytes = key.baseAddress?.assumingMemoryBound(to: UInt8.self)
        guard let context = EVP_CIPHER_CTX_new() else { throw Self.failure() }
        guard EVP_CipherInit_ex(context, cipher, nil, bytes, nil, purpose.rawValue) == 1 else {
            // A throwing initialiser never reaches `deinit`.
            EVP_CIPHER_CTX_free(context)
            throw Self.failure()
        }
        self.context = context
    }

    deinit { EVP_CIPHER_CTX_free(context) }  // Wipes the key.

    /// Leaves the thread's error queue empty, and names the failure.
    internal static func failure() -> SRTPError {
        ERR_clear_error()
        return .library(SRTPStatus.failed)
    }

    /// Encrypts or decrypts in place.
    @inline(__always)
    internal borrowing func crypt(
        _ text: UnsafeMutableRawBufferPointer, from counter: CounterBlock
    ) throws(SRTPError) {
        guard !text.isEmpty else { return }
        let isDone = counter.withBytes { EVP_CipherInit_ex(context, nil, nil, nil, $0, -1) == 1 }
        guard isDone, update(text, into: text.baseAddress) else { throw Self.failure() }
    }

    /// Encrypts `text` in place and writes the tag of 16 bytes to `tag`.
    @inline(__always)
    internal borrowing func seal(
        _ text: UnsafeMutableRawBufferPointer, tag: UnsafeMutableRawPointer, nonce: CounterBlock,
        associated: UnsafeMutableRawBufferPointer, _ more: UnsafeMutableRawBufferPointer
    ) throws(SRTPError) {
        let isDone =
            start(nonce, associated, more)
            && (text.isEmpty || update(text, into: text.baseAddress))
            && finish()
            && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Self.tagLength, tag) == 1
        guard isDone else { throw Self.failure() }
    }

    /// Decrypts `text` in place, and compares the tag in constant time.
    ///
    /// - Throws: ``SRTPError/unauthenticated``; `text` is then no longer what it was.
    @inline(__always)
    internal borrowing func open(
        _ text: UnsafeMutableRawBufferPointer, tag: UnsafeMutableRawPointer, nonce: CounterBlock,
        associated: UnsafeMutableRawBufferPointer, _ more: UnsafeMutableRawBufferPointer
    ) throws(SRTPError) {
        let isReady =
            start(nonce, associated, more)
            && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Self.tagLength, tag) == 1
            && (text.isEmpty || update(text, into: text.baseAddress))
        guard isReady else { throw Self.failure() }
        guard finish() else {
            ERR_clear_error()
            throw .unauthenticated
        }
    }

    @inline(__always)
    private borrowing func start(
        _ nonce: CounterBlock, _ associated: UnsafeMutableRawBufferPointer,
        _ more: UnsafeMutableRawBufferPointer
    ) -> Bool {
        nonce.withBytes { EVP_CipherInit_ex(context, nil, nil, nil, $0, -1) == 1 }
            && update(associated, into: nil)
            && (more.isEmpty || update(more, into: nil))
    }

    @inline(__always)
    private borrowing func update(
        _ bytes: UnsafeMutableRawBufferPointer, into output: UnsafeMutableRawPointer?
    ) -> Bool {
        var written: Int32 = 0
        return EVP_CipherUpdate(
            context, output?.assumingMemoryBound(to: UInt8.self), &written,
            bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), Int32(truncatingIfNeeded: bytes.count))
            == 1
    }

    /// Makes the tag, or checks it.
    @inline(__always)
    private borrowing func finish() -> Bool {
        // Counter modes have no last block, so nothing is written; OpenSSL wants an address all the same.
        var nothing: UInt64 = 0
        var written: Int32 = 0
        return withUnsafeMutableBytes(of: &nothing) {
            EVP_CipherFinal_ex(context, $0.baseAddress?.assumingMemoryBound(to: UInt8.self), &written) == 1
        }
    }
}
