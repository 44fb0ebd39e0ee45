internal import CLinuxNet
internal import Glibc
internal import RelayCore
package import RelayTypes

/// Room for one `recvmmsg(2)`: every buffer and header it will ever need, allocated once.
///
/// Owned by one worker and touched by that worker's thread alone, so it needs no lock. What is forwarded leaves from
/// the slot that it arrived in.
package struct ReceiveBatch: ~Copyable {
    /// Most datagrams taken per system call.
    package static let capacity = 64
    /// Bytes kept for one datagram, room for an SRTP trailer included; a multiple of 64, so that slots share no cache
    /// line.
    package static let slotSize = TransmitQueue.slotSize
    /// Longest datagram taken, in bytes: a whole Ethernet payload is 1,472.
    package static let mostBytes = slotSize - 64

    private let bytes: UnsafeMutableRawPointer
    private let messages: UnsafeMutablePointer<clinuxnet_message>
    private let headers: UnsafeMutablePointer<clinuxnet_header>

    package init() {
        bytes = .allocate(byteCount: Self.capacity * Self.slotSize, alignment: 64)
        bytes.initializeMemory(as: UInt8.self, repeating: 0, count: Self.capacity * Self.slotSize)
        messages = .allocate(capacity: Self.capacity)
        headers = .allocate(capacity: Self.capacity)
        messages.initialize(repeating: clinuxnet_message(), count: Self.capacity)
        headers.initialize(repeating: clinuxnet_header(), count: Self.capacity)
        clinuxnet_prepare(messages, headers, Int32(Self.capacity))
        for slot in 0..<Self.capacity {
            messages[slot].vector.iov_base = bytes + slot * Self.slotSize
            messages[slot].vector.iov_len = Self.mostBytes
        }
    }

    deinit {
        headers.deallocate()
        messages.deallocate()
        bytes.deallocate()
    }

    /// Takes what the socket has, without waiting.
    ///
    /// - Returns: how many slots are filled, 0 to ``capacity``.
    package mutating func fill(from socket: borrowing UDPSocket) throws(SocketError) -> Int {
        let count = clinuxnet_receive(socket.descriptor, messages, headers, Int32(Self.capacity))
        guard count >= 0 else { throw .receiveFailed(errno: -count) }
        return Int(count)
    }

    /// Whether the datagram was longer than a slot, so that its end is lost.
    @inline(__always)
    package func isTruncated(_ slot: Int) -> Bool {
        headers[slot].msg_hdr.msg_flags & Int32(MSG_TRUNC) != 0
    }

    /// Bytes in the datagram.
    @inline(__always)
    package func length(_ slot: Int) -> Int { Int(headers[slot].msg_len) }

    /// Where it came from.
    @inline(__always)
    package func source(_ slot: Int, socket: UInt8) -> Endpoint {
        let address = clinuxnet_read_address(&messages[slot].name)
        return Endpoint(
            high: address.high, low: address.low, port: address.port, isIPv6: address.is_ipv6, socket: socket)
    }

    /// The whole slot, to read or to rewrite in place.
    package subscript(slot: Int) -> MutableRawSpan {
        @inline(__always)
        @_lifetime(&self)
        mutating get {
            precondition(slot >= 0 && slot < Self.capacity, "no such slot")
            let span = MutableRawSpan(_unsafeStart: bytes + slot &* Self.slotSize, byteCount: Self.slotSize)
            return _overrideLifetime(span, mutating: &self)
        }
    }

    /// Where a slot starts, for the send batch, which is flushed before this one is filled again.
    @inline(__always)
    internal func address(_ slot: Int) -> UnsafeMutableRawPointer { bytes + slot &* Self.slotSize }
}
