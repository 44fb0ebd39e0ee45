internal import COpenSSL

/// Opens records that the client of an association sends: one AEAD key and the fixed part of its nonces, wiped when it
/// goes.
///
/// Source: RFC 5246 §6.2.3.3, §6.3; RFC 6347 §4.1.2.1; RFC 5288 §3 (AES-GCM); RFC 7905 §2 (ChaCha20-Poly1305).
internal struct ClientRecordKey: ~Copyable {
    /// Bytes of the longest key block that is wanted: two keys of 32 bytes, two nonces of 12.
    private static let mostBlock = 88
    private static let tagLength = 16
    private static let nonceLength = 12
    /// Bytes of a record before its fragment (RFC 6347 §4.1).
    internal static let headerLength = 13

    private let cipher: OpaquePointer
    private let keyLength: Int
    /// Bytes of the nonce that are the same in every record: 4, and the record brings 8; or all 12, mixed with its
    /// number.
    private let fixedLength: Int
    /// The key, then the fixed part of the nonce.
    private let secret: UnsafeMutableRawPointer

    /// - Parameter ssl: an `SSL *` whose handshake is done.
    /// - Returns: `nil` for a cipher that ``DTLSContext`` does not offer, and when OpenSSL is out of memory.
    internal init?(of ssl: OpaquePointer) {
        let lengths: (key: Int, fixed: Int)
        let method: OpaquePointer?
        switch copenssl_record_cipher(ssl) {
        case NID_aes_128_gcm: (method, lengths) = (EVP_aes_128_gcm(), (16, 4))
        case NID_aes_256_gcm: (method, lengths) = (EVP_aes_256_gcm(), (32, 4))
        case NID_chacha20_poly1305: (method, lengths) = (EVP_chacha20_poly1305(), (32, Self.nonceLength))
        default: return nil
        }
        guard let method else { return nil }
        let block = UnsafeMutableRawPointer.allocate(byteCount: Self.mostBlock, alignment: 8)
        defer {
            OPENSSL_cleanse(block, Self.mostBlock)
            block.deallocate()
        }
        let bytes = block.assumingMemoryBound(to: UInt8.self)
        guard copenssl_key_block(ssl, bytes, 2 * (lengths.key + lengths.fixed)) == 1 else {
            ERR_clear_error()
            return nil
        }
        cipher = method
        keyLength = lengths.key
        fixedLength = lengths.fixed
        secret = .allocate(byteCount: lengths.key + lengths.fixed, alignment: 8)
        secret.copyMemory(from: block, byteCount: lengths.key)
        (secret + lengths.key).copyMemory(from: block + 2 * lengths.key, byteCount: lengths.fixed)
    }

    deinit {
        OPENSSL_cleanse(secret, keyLength + fixedLength)
        secret.deallocate()
    }

    /// What a record adds to what it carries, header and all, in bytes.
    internal var overhead: Int {
        Self.headerLength + (Self.nonceLength - fixedLength) + Self.tagLength
    }

    /// Authenticates and decrypts one record.
    ///
    /// - Parameters:
    ///   - record: header and fragment, at least ``overhead`` bytes.
    ///   - plain: at least as long as the record is without ``overhead``.
    /// - Returns: whether it was the client's, and `plain` holds what it carried.
    internal borrowing func open(
        _ record: UnsafeRawBufferPointer, into plain: UnsafeMutableRawBufferPointer
    ) -> Bool {
        let length = record.count - overhead
        guard length > 0, length <= plain.count, length <= Int(UInt16.max) else { return false }
        let text = Self.headerLength + (Self.nonceLength - fixedLength)
        return withUnsafeTemporaryAllocation(byteCount: Self.nonceLength + Self.headerLength, alignment: 8) {
            scratch in
            let nonce = UnsafeMutableRawBufferPointer(rebasing: scratch[..<Self.nonceLength])
            let associated = UnsafeMutableRawBufferPointer(rebasing: scratch[Self.nonceLength...])
            writeNonce(of: record, into: nonce)
            // Epoch and number, type and version, and the length of what is carried.
            associated.copyBytes(from: record[3..<11])
            associated[8] = record[0]
            associated[9] = record[1]
            associated[10] = record[2]
            associated[11] = UInt8(truncatingIfNeeded: length >> 8)
            associated[12] = UInt8(truncatingIfNeeded: length)
            let body = UnsafeRawBufferPointer(rebasing: record[text..<(text + length)])
            let tag = UnsafeRawBufferPointer(rebasing: record[(text + length)...])
            return decrypt(body, nonce: nonce, associated: associated, tag: tag, into: plain)
        }
    }

    private borrowing func writeNonce(
        of record: UnsafeRawBufferPointer, into nonce: UnsafeMutableRawBufferPointer
    ) {
        nonce.copyBytes(from: UnsafeRawBufferPointer(start: secret + keyLength, count: fixedLength))
        if fixedLength < Self.nonceLength {
            UnsafeMutableRawBufferPointer(rebasing: nonce[fixedLength...])
                .copyBytes(from: record[Self.headerLength..<(Self.headerLength + 8)])
        } else {
            for offset in 0..<8 { nonce[4 + offset] ^= record[3 + offset] }
        }
    }

    private borrowing func decrypt(
        _ body: UnsafeRawBufferPointer, nonce: UnsafeMutableRawBufferPointer,
        associated: UnsafeMutableRawBufferPointer, tag: UnsafeRawBufferPointer,
        into plain: UnsafeMutableRawBufferPointer
    ) -> Bool {
        guard let context = EVP_CIPHER_CTX_new() else { return false }
        defer {
            EVP_CIPHER_CTX_free(context)
            ERR_clear_error()
        }
        func bytes(_ buffer: UnsafeMutableRawBufferPointer) -> UnsafeMutablePointer<UInt8>? {
            buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
        }
        var written: Int32 = 0
        var nothing: UInt64 = 0
        let key = secret.assumingMemoryBound(to: UInt8.self)
        guard EVP_DecryptInit_ex(context, cipher, nil, key, bytes(nonce)) == 1,
            EVP_CIPHER_CTX_ctrl(
                context, EVP_CTRL_AEAD_SET_TAG, Int32(Self.tagLength),
                UnsafeMutableRawPointer(mutating: tag.baseAddress)) == 1,
            EVP_DecryptUpdate(context, nil, &written, bytes(associated), Int32(associated.count)) == 1,
            EVP_DecryptUpdate(
                context, bytes(plain), &written, body.baseAddress?.assumingMemoryBound(to: UInt8.self),
                Int32(truncatingIfNeeded: body.count)) == 1
        else { return false }
        return withUnsafeMutableBytes(of: &nothing) { EVP_DecryptFinal_ex(context, bytes($0), &written) == 1 }
    }
}
