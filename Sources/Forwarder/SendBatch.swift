internal import CLinuxNet
internal import Glibc
internal import RelayTypes

/// What goes out by one socket with the next `sendmmsg(2)`: headers only, allocated once.
///
/// The bytes stay in the slots that they are in, and must stay there until ``flush(to:)``.
package struct SendBatch: ~Copyable {
    /// Datagrams between two flushes.
    package let capacity: Int
    package private(set) var count = 0
    private let messages: UnsafeMutablePointer<clinuxnet_message>
    private let headers: UnsafeMutablePointer<clinuxnet_header>

    package init(capacity: Int) {
        precondition(capacity > 0, "a send batch has room for one datagram at least")
        self.capacity = capacity
        messages = .allocate(capacity: capacity)
        headers = .allocate(capacity: capacity)
        messages.initialize(repeating: clinuxnet_message(), count: capacity)
        headers.initialize(repeating: clinuxnet_header(), count: capacity)
        clinuxnet_prepare(messages, headers, Int32(capacity))
    }

    deinit {
        headers.deallocate()
        messages.deallocate()
    }

    package var isEmpty: Bool { count == 0 }

    /// - Returns: `false` when it is full.
    @inline(__always)
    internal mutating func append(
        _ bytes: UnsafeMutableRawPointer, length: Int, to destination: Endpoint
    ) -> Bool {
        guard count < capacity else { return false }
        messages[count].vector.iov_base = bytes
        messages[count].vector.iov_len = length
        headers[count].msg_hdr.msg_namelen = clinuxnet_write_address(
            &messages[count].name, destination.high, destination.low, destination.port, destination.isIPv6)
        count &+= 1
        return true
    }

    /// Hands everything to the kernel, and is empty afterwards, whatever the kernel said.
    ///
    /// What it does not take is lost, as on any full link: media that waits is worth nothing, and everything else is
    /// repeated by its protocol.
    ///
    /// - Returns: how many datagrams were lost.
    package mutating func flush(to socket: borrowing UDPSocket) -> Int {
        var start = 0
        var lost = 0
        while start < count {
            let sent = clinuxnet_send(socket.descriptor, headers + start, Int32(count &- start))
            if sent > 0 {
                start &+= Int(sent)
            } else if sent == -EAGAIN || sent == -ENOBUFS || sent == 0 {
                lost &+= count &- start  // The socket's buffer is full: so it is for the rest.
                break
            } else {
                lost &+= 1  // About this destination only: unreachable, too long, forbidden by a filter.
                start &+= 1
            }
        }
        count = 0
        return lost
    }
}
