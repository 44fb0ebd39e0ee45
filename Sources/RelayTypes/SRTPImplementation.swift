/// Who does the cipher work of SRTP.
package enum SRTPImplementation: String, Sendable, CaseIterable, BitwiseCopyable {
    /// OpenSSL's ciphers under our own packet layout and replay windows: several times as fast.
    case openssl
    /// libsrtp2, an independent implementation of the whole, to fall back on.
    case libsrtp2
}
