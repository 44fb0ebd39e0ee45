import Glibc

/// One inherited UDP socket, bound to every address: each leg has a local address of its own (ip(7), IP_PKTINFO).
///
/// The player uses the same socket for media, so that the server sees both from one place.
struct DatagramSocket: Sendable {
    /// SOL_IP control message with an `in_pktinfo`: header 16, body 12, padded to 32.
    private static let controlBytes = 32
    private static let headerBytes = 16

    let descriptor: Int32

    init(descriptor: Int32) {
        self.descriptor = descriptor
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_IP), IP_PKTINFO, &on, socklen_t(MemoryLayout<Int32>.size))
        var room: Int32 = 8 << 20
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &room, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Waits for a datagram, `milliseconds` at most.
    func isReadable(within milliseconds: Int32) -> Bool {
        var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&polled, 1, milliseconds) > 0
    }

    /// Sends from one of this machine's addresses, given as a number in host byte order.
    func send(_ bytes: [UInt8], from local: UInt32, to host: UInt32, port: UInt16) {
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = port.bigEndian
        name.sin_addr.s_addr = host.bigEndian
        var information = in_pktinfo()
        information.ipi_spec_dst.s_addr = local.bigEndian
        var control = [UInt8](repeating: 0, count: Self.controlBytes)
        control.withUnsafeMutableBytes { raw in
            var head = cmsghdr()
            head.cmsg_len = Self.headerBytes + MemoryLayout<in_pktinfo>.size
            head.cmsg_level = Int32(IPPROTO_IP)
            head.cmsg_type = IP_PKTINFO
            raw.storeBytes(of: head, as: cmsghdr.self)
            raw.storeBytes(of: information, toByteOffset: Self.headerBytes, as: in_pktinfo.self)
        }
        bytes.withUnsafeBytes { payload in
            var vector = iovec(
                iov_base: UnsafeMutableRawPointer(mutating: payload.baseAddress), iov_len: payload.count)
            control.withUnsafeMutableBytes { control in
                withUnsafeMutablePointer(to: &name) { name in
                    withUnsafeMutablePointer(to: &vector) { vector in
                        var message = msghdr()
                        message.msg_name = UnsafeMutableRawPointer(name)
                        message.msg_namelen = socklen_t(MemoryLayout<sockaddr_in>.size)
                        message.msg_iov = vector
                        message.msg_iovlen = 1
                        message.msg_control = control.baseAddress
                        message.msg_controllen = control.count
                        _ = sendmsg(descriptor, &message, Int32(MSG_DONTWAIT))
                    }
                }
            }
        }
    }

    /// - Returns: a datagram and the local address that it came to, or `nil` when there is none.
    func receive() -> (bytes: [UInt8], local: UInt32)? {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var control = [UInt8](repeating: 0, count: 256)
        var local: UInt32 = 0
        let length = buffer.withUnsafeMutableBytes { payload in
            var vector = iovec(iov_base: payload.baseAddress, iov_len: payload.count)
            return control.withUnsafeMutableBytes { control in
                withUnsafeMutablePointer(to: &vector) { vector in
                    var message = msghdr()
                    message.msg_iov = vector
                    message.msg_iovlen = 1
                    message.msg_control = control.baseAddress
                    message.msg_controllen = control.count
                    let length = recvmsg(descriptor, &message, Int32(MSG_DONTWAIT))
                    local = Self.local(UnsafeRawBufferPointer(rebasing: control[..<message.msg_controllen]))
                    return length
                }
            }
        }
        guard length >= 0 else { return nil }
        return ([UInt8](buffer.prefix(length)), local)
    }

    private static func local(_ control: UnsafeRawBufferPointer) -> UInt32 {
        var offset = 0
        while offset + headerBytes <= control.count {
            let head = control.loadUnaligned(fromByteOffset: offset, as: cmsghdr.self)
            guard head.cmsg_len >= headerBytes, offset + head.cmsg_len <= control.count else { return 0 }
            if head.cmsg_level == Int32(IPPROTO_IP), head.cmsg_type == IP_PKTINFO {
                let found = control.loadUnaligned(fromByteOffset: offset + headerBytes, as: in_pktinfo.self)
                return UInt32(bigEndian: found.ipi_addr.s_addr)
            }
            offset += (head.cmsg_len + 7) & ~7
        }
        return 0
    }
}
