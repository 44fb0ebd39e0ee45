internal import COpenSSL

/// One key or salt derived from a master key; wiped when it goes.
internal struct SessionKey: ~Copyable {
    /// Bytes of the longest, a key of AES-256.
    private static let capacity = 32

    private let storage: UnsafeMutableRawPointer
    private let length: Int

    /// - Precondition: `length` is no more than 32.
    fileprivate init(zeros length: Int) {
        precondition(length <= Self.capacity, "no SRTP session key is that long")
        self.length = length
        storage = .allocate(byteCount: Self.capacity, alignment: 16)
        storage.initializeMemory(as: UInt8.self, repeating: 0, count: Self.capacity)
    }

    deinit {
        OPENSSL_cleanse(storage, Self.capacity)  // Unlike memset, the compiler may not leave this out.
        storage.deallocate()
    }

    fileprivate var buffer: UnsafeMutableRawBufferPointer { .init(start: storage, count: length) }

    internal borrowing func withBytes<Result: ~Copyable>(
        _ body: (UnsafeRawBufferPointer) throws(SRTPError) -> Result
    ) throws(SRTPError) -> Result {
        try body(UnsafeRawBufferPointer(buffer))
    }
}

/// Turns one direction's master key and salt into session keys.
///
/// The pseudo-random function is AES in counter mode, with as many key bits as the master key has; the key
/// derivation rate is 0.
///
/// Source: RFC 3711 §4.3.1, §4.3.3; RFC 6188 §3 (AES-256); RFC 7714 §11 (salts of 96 bits).
internal struct KeyDerivation: ~Copyable {
    private let context: CipherContext
    private let salt: CounterBlock

    /// - Parameter master: the master key, then the master salt.
    internal init(_ suite: SRTPSuite, master: RawSpan) throws(SRTPError) {
        guard master.byteCount == suite.keyLength + suite.saltLength else {
            throw .library(SRTPStatus.badParameter)
        }
        let context = try master.withUnsafeBytes { bytes throws(SRTPError) in
            try CipherContext.counterMode(.init(rebasing: bytes[..<suite.keyLength]))
        }
        self.context = context
        salt = master.withUnsafeBytes { CounterBlock(salt: .init(rebasing: $0[suite.keyLength...])) }
    }

    /// The first `length` bytes of the key stream for `label`.
    internal borrowing func derive(_ label: UInt8, length: Int) throws(SRTPError) -> SessionKey {
        let key = SessionKey(zeros: length)
        try context.crypt(key.buffer, from: salt.labelled(label))
        return key
    }
}
