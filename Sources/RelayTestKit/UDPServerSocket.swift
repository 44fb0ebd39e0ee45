// For the compiler, the definitions of `sockaddr_in` and its kin belong to both modules: libnice includes them too.
internal import CNiceAgent
internal import Glibc
internal import RelayTypes

/// A non-blocking UDP socket bound to a free port of one address, for many peers.
struct UDPServerSocket: ~Copyable {
    let descriptor: Int32
    let local: Endpoint

    init(on address: Endpoint) throws(TestKitError) {
        let family = address.isIPv6 ? AF_INET6 : AF_INET
        let descriptor = socket(
            family, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue),
            0)
        guard descriptor >= 0 else { throw .system("socket", errno: errno) }
        let bound = NumericAddress.withSocketAddress(address) { bind(descriptor, $0, $1) }
        guard bound == 0, let local = NumericAddress.local(of: descriptor) else {
            let code = errno
            close(descriptor)
            throw .system("bind", errno: code)
        }
        self.descriptor = descriptor
        self.local = local
    }

    deinit { close(descriptor) }

    /// - Returns: the next datagram and who sent it, or `nil` when none is there.
    borrowing func receive() -> (datagram: [UInt8], source: Endpoint)? {
        var buffer = [UInt8](repeating: 0, count: 2_048)
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let count = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                recvfrom(descriptor, &buffer, buffer.count, 0, $0, &length)
            }
        }
        guard count >= 0, let source = NumericAddress.endpoint(from: storage) else { return nil }
        buffer.removeSubrange(count...)
        return (buffer, source)
    }

    /// Best effort, like the network.
    borrowing func send(_ datagram: [UInt8], to peer: Endpoint) {
        _ = NumericAddress.withSocketAddress(peer) {
            sendto(descriptor, datagram, datagram.count, 0, $0, $1)
        }
    }
}
