internal import Glibc

/// A master key and its master salt in one piece, as libsrtp2 wants them; wiped when it goes.
internal struct MasterKey: ~Copyable {
    /// Bytes of the longest: 256 bits of key and 96 of salt are 44, 128 and 112 are 30.
    private static let capacity = 64

    private let storage: UnsafeMutableRawPointer
    private let length: Int

    /// - Precondition: both ranges lie in `material`, and hold no more than 64 bytes together.
    internal init(_ material: RawSpan, key: Range<Int>, salt: Range<Int>) {
        precondition(key.count + salt.count <= Self.capacity, "no SRTP profile has such a long key")
        storage = .allocate(byteCount: Self.capacity, alignment: 16)
        length = key.count + salt.count
        var end = 0
        for offset in key {
            let byte = material.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
            storage.storeBytes(of: byte, toByteOffset: end, as: UInt8.self)
            end += 1
        }
        for offset in salt {
            let byte = material.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
            storage.storeBytes(of: byte, toByteOffset: end, as: UInt8.self)
            end += 1
        }
    }

    deinit {
        // Unlike memset, the compiler may not leave this out.
        explicit_bzero(storage, Self.capacity)
        storage.deallocate()
    }

    internal var bytes: RawSpan {
        @_lifetime(borrow self)
        borrowing get {
            let all = RawSpan(_unsafeStart: UnsafeRawPointer(storage), byteCount: length)
            return _overrideLifetime(all, borrowing: self)
        }
    }

    /// Lends the bytes to libsrtp2, which copies them and wants them mutable all the same.
    internal borrowing func withUnsafeKey<Result>(_ body: (UnsafeMutablePointer<UInt8>?) -> Result) -> Result
    {
        body(storage.assumingMemoryBound(to: UInt8.self))
    }
}
