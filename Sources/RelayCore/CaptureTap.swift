internal import MediaControl
internal import RelayTypes

/// Where the worker is in the ring of the capture that it carries out, and what it copies.
///
/// At a fixed address, because the ciphers of two legs lead there.
@unsafe
internal struct CaptureWriter {
    /// Kept alive by the ``CaptureDesk``.
    internal var ring: Unmanaged<CaptureRing>?
    internal var position: UInt64 = 0
    /// The record of the packet that is being worked on, until its fate is known; -1: none.
    internal var pending = -1
    internal var now = MonotonicInstant(nanoseconds: 0)
    internal var directions = CaptureDirections.both
    internal var headersOnly = true
}

/// The way from one leg's cipher to the capture: what has been decrypted, and what is about to be encrypted.
@safe
internal struct CaptureTap: BitwiseCopyable {
    private let writer: UnsafeMutablePointer<CaptureWriter>
    private let side: Side

    @unsafe
    internal init(writer: UnsafeMutablePointer<CaptureWriter>, side: Side) {
        unsafe self.writer = writer
        self.side = side
    }

    /// Copies what may be copied of one packet.
    @inline(never)
    internal func note(_ packet: RawSpan, _ direction: CaptureDirection, isFeedback: Bool) {
        guard unsafe writer.pointee.directions.contains(CaptureDirections(rawValue: direction.rawValue)),
            let ring = unsafe writer.pointee.ring
        else { return }
        let facts = CapturedPacket(
            at: unsafe writer.pointee.now, side: side, direction: direction, dropped: nil,
            originalLength: packet.byteCount)
        let isWhole = unsafe writer.pointee.headersOnly == false
        let length: Int
        if isWhole {
            length = packet.byteCount
        } else if isFeedback {
            length = PacketHeaders.length(ofFeedback: packet)
        } else {
            length = PacketHeaders.length(ofMedia: packet)
        }
        let place = unsafe ring.takeUnretainedValue()
            .write(packet, length: length, facts, at: &writer.pointee.position)
        if direction == .inbound { unsafe writer.pointee.pending = place ?? -1 }
    }
}

/// The capture that a worker carries out: at most one.
@safe
internal struct CaptureDesk: ~Copyable {
    private let writer: UnsafeMutablePointer<CaptureWriter>
    /// Its index and its ring, while there is a capture.
    private(set) internal var pair: Int?
    private var ring: CaptureRing?
    /// Asked for each packet.
    private(set) internal var isActive = false

    internal init() {
        unsafe writer = .allocate(capacity: 1)
        unsafe writer.initialize(to: CaptureWriter())
    }

    deinit {
        ring?.end()
        unsafe writer.deinitialize(count: 1)
        unsafe writer.deallocate()
    }

    internal mutating func begin(_ request: CaptureRequest, pair index: Int) {
        unsafe writer.pointee = CaptureWriter(
            ring: Unmanaged.passUnretained(request.ring), directions: request.directions,
            headersOnly: request.headersOnly)
        ring = request.ring
        pair = index
        isActive = true
    }

    /// - Precondition: no cipher has a tap any more.
    internal mutating func end() {
        if let ring {
            unsafe ring.publish(through: writer.pointee.position)
            ring.end()
        }
        unsafe writer.pointee.ring = nil
        ring = nil
        pair = nil
        isActive = false
    }

    internal func isInto(_ other: CaptureRing) -> Bool { ring === other }

    internal func tap(_ side: Side) -> CaptureTap { unsafe CaptureTap(writer: writer, side: side) }

    /// Begins a packet, or a turn of timers.
    internal func begin(at now: MonotonicInstant) {
        unsafe writer.pointee.now = now
        unsafe writer.pointee.pending = -1
    }

    /// Lets the reader see what was copied since, with what has become of the packet.
    internal func finish(dropped reason: DropReason? = nil) {
        guard let ring else { return }
        if let reason, unsafe writer.pointee.pending >= 0 {
            unsafe ring.mark(writer.pointee.pending, dropped: reason)
        }
        unsafe writer.pointee.pending = -1
        unsafe ring.publish(through: writer.pointee.position)
    }
}
