/// The datagrams of one association that are on their way in or out: bounded, in order, boundaries kept.
///
/// OpenSSL 3.0 has no in-memory BIO that keeps datagram boundaries; ``DatagramBIO`` makes one out of this.
/// A full queue drops, as a network does; DTLS sends again.
internal final class DatagramPipe {
    /// Most datagrams that wait in either direction.
    ///
    /// A flight with a long certificate chain has about ten.
    internal static let capacity = 32
    /// Longest datagram taken, in bytes: what a receive slot holds.
    internal static let mostBytes = 2_048
    /// Longest datagram that OpenSSL makes, in bytes.
    ///
    /// With the headers of UDP and IPv6 it is 1,248 bytes long, and every IPv6 path carries 1,280
    /// (RFC 8200 §5).
    internal static let maximumTransmissionUnit = 1_200

    private var inbound: [[UInt8]] = []
    private var outbound: [[UInt8]] = []

    /// How OpenSSL's timers are to run.
    internal let timing: DTLSTiming
    /// What OpenSSL writes before it reads the next datagram is dropped: with ``DTLSTiming/simulated`` it can
    /// only be a flight sent again because the system's clock went on.
    internal var isMutedUntilRead = false
    /// Set by the callback that finds no SRTP profile in common.
    internal var foundNoProfile = false

    internal init(timing: DTLSTiming) { self.timing = timing }

    internal var hasOutbound: Bool { !outbound.isEmpty }

    /// Queues a datagram for OpenSSL to read.
    internal func push(_ datagram: RawSpan) {
        guard inbound.count < Self.capacity, datagram.byteCount <= Self.mostBytes else { return }
        datagram.withUnsafeBytes { inbound.append(Array($0)) }
    }

    /// Length of the next inbound datagram, 0 when there is none.
    internal var pendingBytes: Int { inbound.first?.count ?? 0 }

    /// Moves the next inbound datagram into `buffer`; what does not fit is lost, as with `recv(2)`.
    ///
    /// - Returns: bytes moved, or `nil` when there is none.
    internal func read(into buffer: UnsafeMutableRawBufferPointer) -> Int? {
        guard !inbound.isEmpty else { return nil }
        isMutedUntilRead = false
        let datagram = Self.takeFirst(of: &inbound)
        let count = min(buffer.count, datagram.count)
        buffer.copyBytes(from: datagram[..<count])
        return count
    }

    /// Takes a datagram that OpenSSL writes.
    internal func write(_ datagram: UnsafeRawBufferPointer) {
        guard !isMutedUntilRead, !datagram.isEmpty, outbound.count < Self.capacity else { return }
        outbound.append(Array(datagram))
    }

    /// Takes a datagram that was made beforehand.
    internal func write(_ datagram: [UInt8]) { datagram.withUnsafeBytes { write($0) } }

    /// The newest datagram that waits to be sent; empty when none does.
    internal var newestOutbound: [UInt8] { outbound.last ?? [] }

    /// Takes all that waits to be sent, and its memory.
    internal func takeOutbound() -> [[UInt8]] {
        defer { outbound = [] }
        return outbound
    }

    /// Moves the next outbound datagram into `buffer`.
    ///
    /// - Returns: its length, 0 when there is none.
    internal func pop(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard !outbound.isEmpty else { return 0 }
        let datagram = Self.takeFirst(of: &outbound)
        precondition(datagram.count <= buffer.count, "a buffer for DTLS datagrams is too short")
        buffer.copyBytes(from: datagram)
        return datagram.count
    }

    /// A queue that is empty keeps no memory: it is empty for nearly all of an association's life.
    private static func takeFirst(of queue: inout [[UInt8]]) -> [UInt8] {
        guard queue.count > 1 else {
            defer { queue = [] }
            return queue[0]
        }
        return queue.removeFirst()
    }
}
