internal import RelayCore
internal import RelayTypes

/// DTLS datagrams that wait for their turn: a handshake step costs 100 to 1,000 times a packet, so a worker takes one
/// between two batches of media.
///
/// Bounded, allocated once, and nobody can fill it alone.
internal struct HandshakeQueue: ~Copyable {
    /// Datagrams that wait at most; a handshake has about four.
    internal static var capacity: Int { 512 }
    /// Of one address: the longest flight of a browser, certificate chain included, has fewer.
    internal static var mostOfOne: Int { 16 }

    private let bytes: UnsafeMutableRawPointer
    private let entries: UnsafeMutablePointer<Entry>
    private var first = 0
    internal private(set) var count = 0

    private struct Entry: BitwiseCopyable {
        var length: Int
        var source: Endpoint
    }

    internal init() {
        bytes = .allocate(byteCount: Self.capacity * TransmitQueue.slotSize, alignment: 64)
        bytes.initializeMemory(as: UInt8.self, repeating: 0, count: Self.capacity * TransmitQueue.slotSize)
        entries = .allocate(capacity: Self.capacity)
        entries.initialize(
            repeating: Entry(length: 0, source: Endpoint(ipv4: 0, port: 0)), count: Self.capacity)
    }

    deinit {
        bytes.deallocate()
        entries.deallocate()
    }

    internal var isEmpty: Bool { count == 0 }

    /// - Returns: `false` when there is no room, or the sender has had its share: DTLS repeats what is lost.
    internal mutating func append(_ datagram: UnsafeRawPointer, length: Int, from source: Endpoint) -> Bool {
        guard count < Self.capacity, length >= 0, length <= TransmitQueue.slotSize else { return false }
        var own = 0
        for offset in 0..<count where entries[place(offset)].source == source { own &+= 1 }
        guard own < Self.mostOfOne else { return false }
        let place = place(count)
        (bytes + place &* TransmitQueue.slotSize).copyMemory(from: datagram, byteCount: length)
        entries[place] = Entry(length: length, source: source)
        count &+= 1
        return true
    }

    /// The oldest; it stays where it is until the next call of ``append(_:length:from:)``.
    internal mutating func takeFirst() -> (datagram: UnsafeMutableRawPointer, length: Int, source: Endpoint)?
    {
        guard count > 0 else { return nil }
        let place = first
        first = self.place(1)
        count &-= 1
        return (bytes + place &* TransmitQueue.slotSize, entries[place].length, entries[place].source)
    }

    private func place(_ offset: Int) -> Int { (first &+ offset) % Self.capacity }
}
