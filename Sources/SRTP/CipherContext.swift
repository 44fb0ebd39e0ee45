internal import COpenSSL
internal import CPrefetch

/// The functions of one cipher, found once for the process.
internal enum CipherMethod {
    internal nonisolated(unsafe) static let gcm128 = load("AES-128-GCM")
    internal nonisolated(unsafe) static let gcm256 = load("AES-256-GCM")
    internal nonisolated(unsafe) static let counter128 = load("AES-128-CTR")
    internal nonisolated(unsafe) static let counter256 = load("AES-256-CTR")

    /// - Returns: a table that is never freed; `nil` when OpenSSL does not have the cipher.
    private static func load(_ name: String) -> UnsafePointer<copenssl_cipher>? {
        let table = UnsafeMutablePointer<copenssl_cipher>.allocate(capacity: 1)
        table.initialize(to: copenssl_cipher())
        guard copenssl_cipher_load(table, name) == 1 else {
            table.deallocate()
            return nil
        }
        return UnsafePointer(table)
    }
}

/// One key of AES-GCM or AES in counter mode, scheduled once: the sole owner of a context of OpenSSL's provider.
///
/// For each packet only the initialisation vector is set, which allocates nothing.
internal struct CipherContext: ~Copyable {
    internal enum Purpose: Int32 {
        case open = 0
        case seal = 1
    }

    private let context: UnsafeMutableRawPointer
    private let method: UnsafePointer<copenssl_cipher>

    /// AES-GCM with a nonce of 96 bits.
    internal static func gcm(_ key: borrowing SessionKey, _ purpose: Purpose) throws(SRTPError) -> Self {
        try key.withBytes { bytes throws(SRTPError) in
            try Self(bytes.count == 32 ? CipherMethod.gcm256 : CipherMethod.gcm128, bytes, purpose)
        }
    }

    /// AES in counter mode, which is its own inverse.
    internal static func counterMode(_ key: UnsafeRawBufferPointer) throws(SRTPError) -> Self {
        try Self(key.count == 32 ? CipherMethod.counter256 : CipherMethod.counter128, key, .seal)
    }

    private init(
        _ method: UnsafePointer<copenssl_cipher>?, _ key: UnsafeRawBufferPointer, _ purpose: Purpose
    ) throws(SRTPError) {
        let bytes = key.baseAddress?.assumingMemoryBound(to: UInt8.self)
        guard let method, let context = copenssl_cipher_new(method, bytes, key.count, purpose.rawValue) else {
            throw Self.failure()
        }
        self.context = context
        self.method = method
    }

    deinit { copenssl_cipher_free(method, context) }  // Wipes the key.

    /// Asks for the context to be in the cache when it is used.
    @inline(__always)
    internal borrowing func fetch() { cprefetch(context, COPENSSL_CONTEXT_BYTES) }

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
        let isDone = counter.withBytes {
            copenssl_cipher_count(method, context, $0, Self.bytes(text), text.count) == 1
        }
        guard isDone else { throw Self.failure() }
    }

    /// Encrypts `text` in place and writes the tag of 16 bytes to `tag`.
    @inline(__always)
    internal borrowing func seal(
        _ text: UnsafeMutableRawBufferPointer, tag: UnsafeMutableRawPointer, nonce: CounterBlock,
        associated: UnsafeMutableRawBufferPointer, _ more: UnsafeMutableRawBufferPointer
    ) throws(SRTPError) {
        let isDone = nonce.withBytes {
            copenssl_cipher_seal(
                method, context, $0, Self.bytes(associated), associated.count, Self.bytes(more), more.count,
                Self.bytes(text), text.count, tag.assumingMemoryBound(to: UInt8.self)) == 1
        }
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
        let result = nonce.withBytes {
            copenssl_cipher_open(
                method, context, $0, Self.bytes(associated), associated.count, Self.bytes(more), more.count,
                Self.bytes(text), text.count, tag.assumingMemoryBound(to: UInt8.self))
        }
        if result == 1 { return }
        guard result == 0 else { throw Self.failure() }
        ERR_clear_error()
        throw .unauthenticated
    }

    @inline(__always)
    private static func bytes(_ buffer: UnsafeMutableRawBufferPointer) -> UnsafeMutablePointer<UInt8>? {
        buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
    }
}
