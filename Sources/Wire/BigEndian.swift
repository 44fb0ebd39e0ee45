/// Network byte order, and the only unsafe code in the module.
///
/// Every access is bounds-checked by the span and traps outside of it, so that callers check lengths first.
extension RawSpan {
    @inlinable @inline(__always)
    package func byte(at offset: Int) -> UInt8 {
        unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    @inlinable @inline(__always)
    package func uint16(at offset: Int) -> UInt16 {
        unsafe UInt16(bigEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self))
    }

    /// The 24 bits at `offset`, in the lower bits of the result.
    @inlinable @inline(__always)
    package func uint24(at offset: Int) -> UInt32 {
        UInt32(byte(at: offset)) << 16 | UInt32(uint16(at: offset &+ 1))
    }

    @inlinable @inline(__always)
    package func uint32(at offset: Int) -> UInt32 {
        unsafe UInt32(bigEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    @inlinable @inline(__always)
    package func uint64(at offset: Int) -> UInt64 {
        unsafe UInt64(bigEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}

extension MutableRawSpan {
    @inlinable @inline(__always)
    @_lifetime(self: copy self)
    package mutating func store(uint8 value: UInt8, at offset: Int) {
        storeBytes(of: value, toByteOffset: offset, as: UInt8.self)
    }

    @inlinable @inline(__always)
    @_lifetime(self: copy self)
    package mutating func store(uint16 value: UInt16, at offset: Int) {
        storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt16.self)
    }

    /// Stores the lower 24 bits of `value`.
    @inlinable @inline(__always)
    @_lifetime(self: copy self)
    package mutating func store(uint24 value: UInt32, at offset: Int) {
        store(uint8: UInt8(truncatingIfNeeded: value >> 16), at: offset)
        store(uint16: UInt16(truncatingIfNeeded: value), at: offset &+ 1)
    }

    @inlinable @inline(__always)
    @_lifetime(self: copy self)
    package mutating func store(uint32 value: UInt32, at offset: Int) {
        storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt32.self)
    }

    @inlinable @inline(__always)
    @_lifetime(self: copy self)
    package mutating func store(uint64 value: UInt64, at offset: Int) {
        storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt64.self)
    }

    /// Copies all of `source` to `offset`.
    ///
    /// - Returns: `false`, with nothing written, when it does not fit.
    @_lifetime(self: copy self)
    package mutating func store(bytes source: RawSpan, at offset: Int) -> Bool {
        guard offset >= 0, offset <= byteCount, source.byteCount <= byteCount &- offset else { return false }
        unsafe withUnsafeMutableBytes { target in
            unsafe source.withUnsafeBytes { bytes in
                unsafe UnsafeMutableRawBufferPointer(rebasing: target[offset...]).copyMemory(from: bytes)
            }
        }
        return true
    }
}
