internal import CLinuxNet
internal import Glibc
internal import RelayCore
package import RelayTypes

/// Room for one `recvmmsg(2)`: every buffer and header it will ever need, allocated once.
///
/// Owned by one worker and touched by that worker's thread alone, so it needs no lock. What is forwarded leaves from
/// the slot that it lies in.
///
/// With UDP_GRO one message may be a run of datagrams of one sender, one behind the other. A datagram that came alone
/// stays where it is, with room behind it for a longer SRTP trailer; each of a run is copied into a slot of its own,
/// because behind it the next one begins.
package struct ReceiveBatch: ~Copyable {
    /// Most messages taken per system call, and most datagrams between two flushes.
    package static var capacity: Int { 64 }
    /// Bytes kept for one datagram, room for an SRTP trailer included; a multiple of 64, so that slots share no cache
    /// line.
    package static var slotSize: Int { TransmitQueue.slotSize }
    /// Longest datagram taken, in bytes: a whole Ethernet payload is 1,472.
    package static var mostBytes: Int { slotSize - 64 }
    /// Bytes kept for one message: the longest run there can be.
    ///
    /// Neighbours are one slot further apart than a power of
    /// two, so that they do not fight for the same sets of the cache.
    private static var messageSize: Int { 65_536 + slotSize }
    /// Most bytes of a message; the rest is room for a trailer.
    private static var mostMessageBytes: Int { messageSize - 64 }

    private let bytes: UnsafeMutableRawPointer
    /// Where datagrams of runs are copied to.
    private let copies: UnsafeMutableRawPointer
    private var copied = 0
    private let messages: UnsafeMutablePointer<clinuxnet_message>
    private let headers: UnsafeMutablePointer<clinuxnet_header>

    package init() {
        // Most of it is never touched, and takes no memory: a run of 64 KiB is rare.
        bytes = .allocate(byteCount: Self.capacity * Self.messageSize, alignment: 64)
        copies = .allocate(byteCount: Self.capacity * Self.slotSize, alignment: 64)
        copies.initializeMemory(as: UInt8.self, repeating: 0, count: Self.capacity * Self.slotSize)
        messages = .allocate(capacity: Self.capacity)
        headers = .allocate(capacity: Self.capacity)
        messages.initialize(repeating: clinuxnet_message(), count: Self.capacity)
        headers.initialize(repeating: clinuxnet_header(), count: Self.capacity)
        clinuxnet_prepare(messages, headers, Int32(Self.capacity))
        for slot in 0..<Self.capacity {
            messages[slot].vector.iov_base = bytes + slot * Self.messageSize
            messages[slot].vector.iov_len = Self.mostMessageBytes
            // What lies behind a datagram is never sent, but whoever reads the whole slot finds zeros there.
            (bytes + slot * Self.messageSize)
                .initializeMemory(as: UInt8.self, repeating: 0, count: Self.slotSize)
        }
    }

    deinit {
        headers.deallocate()
        messages.deallocate()
        copies.deallocate()
        bytes.deallocate()
    }

    /// Takes what the socket has, without waiting.
    ///
    /// - Returns: how many messages there are, 0 to ``capacity``.
    package mutating func fill(from socket: borrowing UDPSocket) throws(SocketError) -> Int {
        copied = 0
        let count = clinuxnet_receive(socket.descriptor, messages, headers, Int32(Self.capacity))
        guard count >= 0 else { throw .receiveFailed(errno: -count) }
        return Int(count)
    }

    /// Bytes in a message, all datagrams of a run together.
    @inline(__always)
    package func length(_ message: Int) -> Int { Int(headers[message].msg_len) }

    /// Bytes in each datagram of a message; the last may be shorter.
    @inline(__always)
    package func segmentSize(_ message: Int) -> Int {
        let size = Int(clinuxnet_segment_size(headers + message))
        return size > 0 ? size : max(length(message), 1)
    }

    /// Whether the message was longer than its place, so that its end is lost, or a datagram is longer than a slot.
    @inline(__always)
    package func isTruncated(_ message: Int) -> Bool {
        headers[message].msg_hdr.msg_flags & Int32(MSG_TRUNC) != 0
            || min(segmentSize(message), length(message)) > Self.mostBytes
    }

    /// Where it came from.
    @inline(__always)
    package func source(_ message: Int, socket: UInt8) -> Endpoint {
        let address = clinuxnet_read_address(&messages[message].name)
        return Endpoint(
            high: address.high, low: address.low, port: address.port, isIPv6: address.is_ipv6, socket: socket)
    }

    /// The SSRC of RTP, if the message is RTP; not to be believed.
    @inline(__always)
    internal func ssrc(_ message: Int) -> UInt32 {
        UInt32(
            bigEndian: (bytes + message &* Self.messageSize).loadUnaligned(fromByteOffset: 8, as: UInt32.self)
        )
    }

    /// Copies may be overwritten: those that there are have been sent.
    @inline(__always)
    internal mutating func forgetCopies() { copied = 0 }

    /// The slot of one datagram, to read or to rewrite in place; ``slotSize`` bytes from where it starts.
    ///
    /// - Precondition: the message is not truncated, the datagram lies within it, and there is room for a copy: one
    ///   for each of ``capacity`` calls since ``forgetCopies()``.
    @inline(__always)
    internal mutating func slot(
        _ message: Int, from start: Int, length: Int
    ) -> UnsafeMutableRawPointer {
        precondition(
            message >= 0 && message < Self.capacity && start >= 0 && length >= 0 && length <= Self.mostBytes
                && start &+ length <= self.length(message), "no such datagram")
        let place = bytes + (message &* Self.messageSize &+ start)
        if start == 0, length == self.length(message) { return place }
        precondition(copied < Self.capacity, "no room for a copy")
        let copy = copies + copied &* Self.slotSize
        copied &+= 1
        copy.copyMemory(from: place, byteCount: length)
        return copy
    }

    /// The slot of a message of one datagram.
    package subscript(message: Int) -> MutableRawSpan {
        @inline(__always)
        @_lifetime(&self)
        mutating get {
            precondition(message >= 0 && message < Self.capacity, "no such message")
            let span = MutableRawSpan(
                _unsafeStart: bytes + message &* Self.messageSize, byteCount: Self.slotSize)
            return _overrideLifetime(span, mutating: &self)
        }
    }
}
