internal import CLinuxNet
internal import Glibc
internal import RelayTypes

/// What goes out by one socket with the next `sendmmsg(2)`: headers only, allocated once.
///
/// The bytes stay in the slots that they are in, and must stay there until ``flush(to:)``. Datagrams of one size for
/// one destination, one after another, are one message that the kernel cuts up (UDP_SEGMENT): it goes through the
/// network stack once. Only the last of such a run may be shorter. Order is kept.
package struct SendBatch: ~Copyable {
    /// Most datagrams and bytes in a run: what the kernel takes, and an IPv4 packet holds with its headers.
    internal static var mostSegments: Int { 64 }
    internal static var mostRunBytes: Int { 65_000 }
    /// Runs that the kernel may refuse, one after another, before none is tried any more.
    private static var mostRefusals: Int { 16 }

    /// Datagrams between two flushes.
    package let capacity: Int
    /// Datagrams that wait.
    package private(set) var count = 0
    /// Whether runs are joined: the kernel can, and has not refused too often (a route without checksums, or with a
    /// small MTU).
    package private(set) var joinsRuns: Bool
    private var refusals = 0
    /// Messages that wait: runs, and datagrams alone.
    private var messages = 0
    private let vectors: UnsafeMutablePointer<iovec>
    private let targets: UnsafeMutablePointer<clinuxnet_target>
    private let headers: UnsafeMutablePointer<clinuxnet_header>
    /// By message: where its datagrams start, how many they are, and the size of all but the last.
    private let runs: UnsafeMutablePointer<Run>
    private var last = Endpoint(ipv4: 0, port: 0)

    private struct Run: BitwiseCopyable {
        var first: Int
        var count: Int
        var size: Int
        var bytes: Int
        /// Its last datagram is shorter: it takes no more.
        var isClosed: Bool
    }

    package init(capacity: Int, joinsRuns: Bool = false) {
        precondition(capacity > 0, "a send batch has room for one datagram at least")
        self.capacity = capacity
        self.joinsRuns = joinsRuns
        vectors = .allocate(capacity: capacity)
        targets = .allocate(capacity: capacity)
        headers = .allocate(capacity: capacity)
        runs = .allocate(capacity: capacity)
        vectors.initialize(repeating: iovec(), count: capacity)
        targets.initialize(repeating: clinuxnet_target(), count: capacity)
        headers.initialize(repeating: clinuxnet_header(), count: capacity)
        runs.initialize(
            repeating: Run(first: 0, count: 0, size: 0, bytes: 0, isClosed: true), count: capacity)
    }

    deinit {
        vectors.deallocate()
        targets.deallocate()
        headers.deallocate()
        runs.deallocate()
    }

    package var isEmpty: Bool { count == 0 }

    /// - Returns: `false` when it is full.
    @inline(__always)
    internal mutating func append(
        _ bytes: UnsafeMutableRawPointer, length: Int, to destination: Endpoint
    ) -> Bool {
        guard count < capacity else { return false }
        vectors[count].iov_base = bytes
        vectors[count].iov_len = length
        if joinsRuns, messages > 0, continues(destination, length) {
            runs[messages &- 1].count &+= 1
            runs[messages &- 1].bytes &+= length
            runs[messages &- 1].isClosed = length < runs[messages &- 1].size
        } else {
            headers[messages].msg_hdr.msg_namelen = clinuxnet_write_address(
                &targets[messages].name, destination.high, destination.low, destination.port,
                destination.isIPv6)
            runs[messages] = Run(
                first: count, count: 1, size: length, bytes: length, isClosed: length == 0)
            last = destination
            messages &+= 1
        }
        count &+= 1
        return true
    }

    /// Whether a datagram may be the next of the newest run.
    @inline(__always)
    private func continues(_ destination: Endpoint, _ length: Int) -> Bool {
        let run = runs[messages &- 1]
        return !run.isClosed && length <= run.size && length > 0 && run.count < Self.mostSegments
            && run.bytes &+ length <= Self.mostRunBytes && last.port == destination.port
            && last.high == destination.high && last.low == destination.low
            && last.isIPv6 == destination.isIPv6
    }

    /// Hands everything to the kernel, and is empty afterwards, whatever the kernel said.
    ///
    /// What it does not take is lost, as on any full link: media that waits is worth nothing, and everything else is
    /// repeated by its protocol.
    ///
    /// - Returns: how many datagrams were lost.
    package mutating func flush(to socket: borrowing UDPSocket) -> Int {
        for message in 0..<messages {
            let run = runs[message]
            clinuxnet_address_message(
                headers + message, targets + message, vectors + run.first,
                Int32(truncatingIfNeeded: run.count),
                run.count > 1 ? UInt16(truncatingIfNeeded: run.size) : 0)
        }
        var start = 0
        var lost = 0
        while start < messages {
            let sent = clinuxnet_send(socket.descriptor, headers + start, Int32(messages &- start))
            if sent > 0 {
                start &+= Int(sent)
            } else if Self.isFull(sent) {
                // The socket's buffer is full: so it is for the rest.
                lost &+= count &- runs[start].first
                break
            } else {
                if runs[start].count > 1 {
                    lost &+= sendSingly(start, to: socket)
                } else {
                    lost &+= 1  // About this destination only: unreachable, too long, forbidden by a filter.
                }
                start &+= 1
            }
        }
        count = 0
        messages = 0
        return lost
    }

    /// Sends the datagrams of a run that the kernel refused to cut, one by one.
    ///
    /// - Returns: how many were lost.
    private mutating func sendSingly(_ message: Int, to socket: borrowing UDPSocket) -> Int {
        refusals &+= 1
        if refusals >= Self.mostRefusals { joinsRuns = false }
        let run = runs[message]
        var lost = 0
        for datagram in run.first..<(run.first &+ run.count) {
            clinuxnet_address_message(headers + message, targets + message, vectors + datagram, 1, 0)
            if clinuxnet_send(socket.descriptor, headers + message, 1) <= 0 { lost &+= 1 }
        }
        return lost
    }

    @inline(__always)
    private static func isFull(_ result: Int32) -> Bool {
        result == -EAGAIN || result == -ENOBUFS || result == 0
    }
}
