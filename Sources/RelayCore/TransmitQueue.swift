package import RelayTypes

/// Datagrams of the server's own making, and RTCP: written in place into slots that are allocated once, and
/// kept until the batch is flushed.
///
/// Forwarded media does not come here: it leaves from the slot that it arrived in.
@safe
@usableFromInline package struct TransmitQueue: ~Copyable {
    /// Bytes in a slot: a whole Ethernet payload and room for the SRTP trailer.
    @inlinable package static var slotSize: Int { 1_600 }
    /// Bytes that every slot keeps free for the SRTP or SRTCP trailer; the longest is 20.
    @inlinable package static var trailerRoom: Int { 32 }

    private struct Entry: BitwiseCopyable {
        var length: Int
        var destination: Endpoint
    }

    @usableFromInline package let capacity: Int
    @usableFromInline package private(set) var count = 0
    private let bytes: UnsafeMutableRawPointer
    private let entries: UnsafeMutablePointer<Entry>

    package init(capacity: Int) {
        precondition(capacity > 0, "a transmit queue has at least one slot")
        self.capacity = capacity
        unsafe bytes = .allocate(byteCount: capacity * Self.slotSize, alignment: 64)
        unsafe bytes.initializeMemory(as: UInt8.self, repeating: 0, count: capacity * Self.slotSize)
        unsafe entries = .allocate(capacity: capacity)
        let empty = Entry(length: 0, destination: Endpoint(ipv4: 0, port: 0))
        unsafe entries.initialize(repeating: empty, count: capacity)
    }

    deinit {
        unsafe bytes.deallocate()
        unsafe entries.deallocate()
    }

    @inlinable package var isEmpty: Bool { count == 0 }
    /// Slots that are free.
    @inlinable package var room: Int { capacity &- count }

    /// The slot that ``commit(length:to:)`` sends.
    ///
    /// Write into it first.
    ///
    /// - Precondition: ``room`` is at least 1.
    package var next: MutableRawSpan {
        @_lifetime(&self)
        mutating get {
            precondition(count < capacity, "the transmit queue is full")
            let span = unsafe MutableRawSpan(
                _unsafeStart: bytes + count &* Self.slotSize, byteCount: Self.slotSize)
            return unsafe _overrideLifetime(span, mutating: &self)
        }
    }

    /// Queues the first `length` bytes of ``next``.
    package mutating func commit(length: Int, to destination: Endpoint) {
        precondition(count < capacity && length >= 0 && length <= Self.slotSize, "not a slot")
        unsafe entries[count] = Entry(length: length, destination: destination)
        count &+= 1
    }

    /// The datagram at `index`.
    @_lifetime(borrow self)
    package func datagram(_ index: Int) -> RawSpan {
        precondition(index >= 0 && index < count, "no such datagram")
        let span = unsafe RawSpan(
            _unsafeStart: bytes + index &* Self.slotSize, byteCount: entries[index].length)
        return unsafe _overrideLifetime(span, borrowing: self)
    }

    package func destination(_ index: Int) -> Endpoint {
        precondition(index >= 0 && index < count, "no such datagram")
        return unsafe entries[index].destination
    }

    /// Forgets everything: it has been sent.
    package mutating func removeAll() { count = 0 }
}
