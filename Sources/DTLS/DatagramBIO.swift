internal import COpenSSL

/// An OpenSSL BIO over a ``DatagramPipe``: what is written is one datagram, what is read is one datagram.
internal enum DatagramBIO {
    /// The table of callbacks, made once for the process and never freed.
    ///
    /// `nil` when OpenSSL was out of memory.
    private nonisolated(unsafe) static let method: OpaquePointer? = {
        let type = BIO_get_new_index()
        guard type != -1, let method = BIO_meth_new(type | BIO_TYPE_SOURCE_SINK, "datagrams") else {
            return nil
        }
        guard BIO_meth_set_read(method, read) == 1, BIO_meth_set_write(method, write) == 1,
            BIO_meth_set_ctrl(method, control) == 1, BIO_meth_set_destroy(method, destroy) == 1
        else {
            BIO_meth_free(method)
            return nil
        }
        return method
    }()

    /// Makes a BIO that keeps `pipe` alive; `nil` when OpenSSL is out of memory.
    internal static func make(over pipe: DatagramPipe) -> OpaquePointer? {
        guard let method, let bio = BIO_new(method) else { return nil }
        BIO_set_data(bio, Unmanaged.passRetained(pipe).toOpaque())  // `destroy` releases it.
        BIO_set_init(bio, 1)
        return bio
    }

    /// The pipe of a BIO, not retained.
    private static func pipe(of bio: OpaquePointer?) -> DatagramPipe? {
        guard let data = BIO_get_data(bio) else { return nil }
        return Unmanaged<DatagramPipe>.fromOpaque(data).takeUnretainedValue()
    }

    private static let read: @convention(c) (OpaquePointer?, UnsafeMutablePointer<CChar>?, Int32) -> Int32 = {
        bio, buffer, capacity in
        guard let pipe = pipe(of: bio), let buffer, capacity >= 0 else { return -1 }
        copenssl_bio_clear_retry(bio)
        let count = pipe.read(into: UnsafeMutableRawBufferPointer(start: buffer, count: Int(capacity)))
        guard let count, count > 0 else {
            copenssl_bio_should_read_later(bio)
            return -1
        }
        return Int32(truncatingIfNeeded: count)
    }

    private static let write: @convention(c) (OpaquePointer?, UnsafePointer<CChar>?, Int32) -> Int32 = {
        bio, bytes, count in
        guard let pipe = pipe(of: bio), let bytes, count > 0 else { return -1 }
        copenssl_bio_clear_retry(bio)
        pipe.write(UnsafeRawBufferPointer(start: bytes, count: Int(count)))
        return count
    }

    private static let control: @convention(c) (OpaquePointer?, Int32, Int, UnsafeMutableRawPointer?) -> Int =
        {
            bio, command, number, _ in
            switch command {
            case BIO_CTRL_FLUSH, BIO_CTRL_DUP, BIO_CTRL_SET_CLOSE, BIO_CTRL_DGRAM_SET_NEXT_TIMEOUT: return 1
            case BIO_CTRL_GET_CLOSE: return 1
            case BIO_CTRL_PENDING: return pipe(of: bio)?.pendingBytes ?? 0
            // Always 0: OpenSSL counts what waits here against the datagram that it is about to fill.
            case BIO_CTRL_WPENDING: return 0
            case BIO_CTRL_DGRAM_QUERY_MTU, BIO_CTRL_DGRAM_GET_MTU, BIO_CTRL_DGRAM_GET_FALLBACK_MTU:
                return DatagramPipe.maximumTransmissionUnit
            case BIO_CTRL_DGRAM_SET_MTU: return number
            // The limit is on the payload, so no header is to be taken off.
            case BIO_CTRL_DGRAM_GET_MTU_OVERHEAD: return 0
            default: return 0
            }
        }

    private static let destroy: @convention(c) (OpaquePointer?) -> Int32 = { bio in
        guard let data = BIO_get_data(bio) else { return 0 }
        BIO_set_data(bio, nil)
        Unmanaged<DatagramPipe>.fromOpaque(data).release()
        return 1
    }
}
