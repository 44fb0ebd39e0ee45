/// 16 bytes that a cipher starts from: a salt, with an SSRC, an index or a label mixed in.
internal struct CounterBlock {
    /// Bytes 0 to 7, as a number.
    private let high: UInt64
    /// Bytes 8 to 15, as a number.
    private let low: UInt64

    private init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// A salt of at most 16 bytes, filled up with zeros on the right (RFC 7714 §11).
    internal init(salt: UnsafeRawBufferPointer) {
        var high: UInt64 = 0
        var low: UInt64 = 0
        for position in 0..<16 {
            let byte = position < salt.count ? UInt64(salt[position]) : 0
            if position < 8 { high = high << 8 | byte } else { low = low << 8 | byte }
        }
        self.init(high: high, low: low)
    }

    /// Where the key stream for a session key starts, with key derivation rate 0 (RFC 3711 §4.3.1).
    internal func labelled(_ label: UInt8) -> Self { Self(high: high ^ UInt64(label), low: low) }

    /// Where the key stream of AES-CM for one packet starts (RFC 3711 §4.1.1).
    ///
    /// - Parameter index: 48 bits for RTP, 31 for RTCP.
    @inline(__always)
    internal func counter(ssrc: UInt32, index: UInt64) -> Self {
        Self(high: high ^ UInt64(ssrc), low: low ^ index << 16)
    }

    /// The nonce of AES-GCM for one packet, in the first 12 bytes (RFC 7714 §8.1, §9.1).
    ///
    /// - Parameter index: 48 bits for RTP, 31 for RTCP.
    @inline(__always)
    internal func nonce(ssrc: UInt32, index: UInt64) -> Self {
        Self(high: high ^ UInt64(ssrc) << 16 ^ index >> 32, low: low ^ index << 32)
    }

    @inline(__always)
    internal func withBytes<Result>(_ body: (UnsafePointer<UInt8>?) -> Result) -> Result {
        withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) {
            body($0.baseAddress?.assumingMemoryBound(to: UInt8.self))
        }
    }
}
