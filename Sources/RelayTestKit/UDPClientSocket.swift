internal import Glibc
internal import RelayTypes

/// A non-blocking UDP socket that is connected to one server address, so that the kernel drops
/// whatever comes from another one: an answer from the wrong address is an answer that never came.
struct UDPClientSocket: ~Copyable {
    let descriptor: Int32
    /// The local end.
    let local: Endpoint

    init(to server: Endpoint) throws(TestKitError) {
        let family = server.isIPv6 ? AF_INET6 : AF_INET
        let descriptor = socket(
            family, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue),
            0)
        guard descriptor >= 0 else { throw .system("socket", errno: errno) }
        // Room for a burst while the other threads of a small machine have their turn.
        var size: Int32 = 1 << 20
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        let connected = NumericAddress.withSocketAddress(server) { connect(descriptor, $0, $1) }
        guard connected == 0 else {
            let code = errno
            close(descriptor)
            throw .system("connect", errno: code)
        }
        guard let local = NumericAddress.local(of: descriptor) else {
            let code = errno
            close(descriptor)
            throw .system("getsockname", errno: code)
        }
        self.descriptor = descriptor
        self.local = local
    }

    deinit { close(descriptor) }

    /// Best effort, like the network.
    borrowing func send(_ datagram: [UInt8]) {
        _ = datagram.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, 0) }
    }

    /// - Returns: the next datagram, or `nil` when none is there.
    borrowing func receive() -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 2_048)
        while true {
            let count = buffer.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
            if count >= 0 {
                buffer.removeSubrange(count...)
                return buffer
            }
            // ECONNREFUSED reports an ICMP error about something sent earlier; the next read may succeed.
            guard errno == EINTR || errno == ECONNREFUSED else { return nil }
        }
    }
}
