package import RelayTypes
internal import Synchronization

/// Which way a captured packet went, as a browser's leg sees it.
package enum CaptureDirection: UInt8, Sendable, BitwiseCopyable {
    /// From the browser, decrypted, before the splice.
    case inbound = 1
    /// To the browser, after the splice, before it is encrypted.
    case outbound = 2
}

/// Which ways are captured.
package struct CaptureDirections: OptionSet, Sendable, BitwiseCopyable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let inbound = CaptureDirections(rawValue: CaptureDirection.inbound.rawValue)
    package static let outbound = CaptureDirections(rawValue: CaptureDirection.outbound.rawValue)
    package static let both: CaptureDirections = [.inbound, .outbound]
}

/// What a worker is asked to copy of one pair's packets, and where to.
package struct CaptureRequest: Sendable, Equatable {
    package let ring: CaptureRing
    /// Whose legs.
    package let sides: [Side]
    package let directions: CaptureDirections
    /// Nothing behind the headers of RTP; of RTCP only reports and feedback.
    package let headersOnly: Bool

    package init(ring: CaptureRing, sides: [Side], directions: CaptureDirections, headersOnly: Bool) {
        self.ring = ring
        self.sides = sides
        self.directions = directions
        self.headersOnly = headersOnly
    }
}

/// What is known of a captured packet beside its bytes.
package struct CapturedPacket: Sendable, Equatable, BitwiseCopyable {
    package var at: MonotonicInstant
    package var side: Side
    package var direction: CaptureDirection
    /// Why an inbound packet went no further; `nil` where it did, or was meant for the server.
    package var dropped: DropReason?
    /// Bytes in the packet, without SRTP's own.
    package var originalLength: Int

    package init(
        at: MonotonicInstant, side: Side, direction: CaptureDirection, dropped: DropReason?,
        originalLength: Int
    ) {
        self.at = at
        self.side = side
        self.direction = direction
        self.dropped = dropped
        self.originalLength = originalLength
    }
}

/// Captured packets on their way up from one worker: bounded, one writer, one reader, and neither waits for the other.
///
/// All memory is taken when it is made, and touched, so that the worker meets no page fault. What does not fit is
/// counted and lost. Records are a multiple of 8 bytes; one that does not fit before the end starts over at the
/// beginning.
@safe
package final class CaptureRing: @unchecked Sendable {
    // Unchecked: memory behind pointers that never change. Its bytes between `read` and `written` are the reader's,
    // the others the writer's; the two words are atomics.

    /// Bytes in front of each packet.
    private static let headerLength = 24
    /// In the place of a length: the next record is at the beginning.
    private static let wrapMark = UInt32.max

    /// Bytes of memory; a power of two.
    package let capacity: Int
    private let memory: UnsafeMutableRawPointer
    private let written = Atomic<UInt64>(0)
    private let read = Atomic<UInt64>(0)
    private let firstSeen = Atomic<UInt64>(0)
    private let secondSeen = Atomic<UInt64>(0)
    private let firstLost = Atomic<UInt64>(0)
    private let secondLost = Atomic<UInt64>(0)
    private let isEnded = Atomic<Bool>(false)

    /// - Parameter capacity: rounded up to a power of two, at least 4 KiB.
    package init(capacity: Int) {
        var rounded = 4_096
        while rounded < capacity, rounded < 1 << 30 { rounded *= 2 }
        self.capacity = rounded
        unsafe memory = .allocate(byteCount: rounded, alignment: 64)
        unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: rounded)
    }

    deinit { unsafe memory.deallocate() }

    /// Packets of one leg that should have been captured so far.
    package func seen(_ side: Side) -> UInt64 {
        switch side {
        case .first: firstSeen.load(ordering: .relaxed)
        case .second: secondSeen.load(ordering: .relaxed)
        }
    }

    /// Those of ``seen(_:)`` for which there was no room.
    package func lost(_ side: Side) -> UInt64 {
        switch side {
        case .first: firstLost.load(ordering: .relaxed)
        case .second: secondLost.load(ordering: .relaxed)
        }
    }

    /// Whether the writer has stopped for good: what is there is all there will be.
    package var hasEnded: Bool { isEnded.load(ordering: .acquiring) }

    // MARK: The writer

    /// Copies the first bytes of a packet; called by the worker only.
    ///
    /// Nobody sees it before ``publish(through:)``.
    ///
    /// - Parameters:
    ///   - length: how many of the packet's bytes are kept.
    ///   - position: where the writer is, which it keeps itself; moved on.
    /// - Returns: where the record is, for ``mark(_:dropped:)``; `nil` when there was no room.
    package func write(
        _ packet: RawSpan, length: Int, _ facts: CapturedPacket, at position: inout UInt64
    ) -> Int? {
        switch facts.side {
        case .first: firstSeen.store(seen(.first) &+ 1, ordering: .relaxed)
        case .second: secondSeen.store(seen(.second) &+ 1, ordering: .relaxed)
        }
        let length = min(max(length, 0), packet.byteCount)
        let size = (Self.headerLength &+ length &+ 7) & ~7
        var place = Int(truncatingIfNeeded: position) & (capacity &- 1)
        let skipped = place &+ size > capacity ? capacity &- place : 0
        let used = Int(truncatingIfNeeded: position &- read.load(ordering: .acquiring))
        guard used &+ skipped &+ size <= capacity else {
            switch facts.side {
            case .first: firstLost.store(lost(.first) &+ 1, ordering: .relaxed)
            case .second: secondLost.store(lost(.second) &+ 1, ordering: .relaxed)
            }
            return nil
        }
        if skipped > 0 {
            unsafe (memory + place).storeBytes(of: Self.wrapMark, as: UInt32.self)
            place = 0
        }
        let record = unsafe memory + place
        unsafe record.storeBytes(of: UInt32(truncatingIfNeeded: length), as: UInt32.self)
        unsafe record.storeBytes(
            of: UInt32(truncatingIfNeeded: facts.originalLength), toByteOffset: 4, as: UInt32.self)
        unsafe record.storeBytes(of: facts.at.nanoseconds, toByteOffset: 8, as: UInt64.self)
        unsafe record.storeBytes(of: facts.direction.rawValue, toByteOffset: 16, as: UInt8.self)
        unsafe record.storeBytes(of: facts.side == .first ? 0 : 1, toByteOffset: 17, as: UInt8.self)
        unsafe record.storeBytes(of: facts.dropped?.rawValue ?? .max, toByteOffset: 18, as: UInt8.self)
        unsafe packet.withUnsafeBytes { bytes in
            guard length > 0, let start = bytes.baseAddress else { return }
            unsafe (record + Self.headerLength).copyMemory(from: start, byteCount: length)
        }
        position &+= UInt64(truncatingIfNeeded: skipped &+ size)
        return place
    }

    /// Notes why the packet of a record went no further, before the record is published.
    package func mark(_ place: Int, dropped reason: DropReason) {
        precondition(place >= 0 && place &+ Self.headerLength <= capacity, "no such record")
        unsafe memory.storeBytes(of: reason.rawValue, toByteOffset: place &+ 18, as: UInt8.self)
    }

    /// Lets the reader see everything before `position`.
    package func publish(through position: UInt64) { written.store(position, ordering: .releasing) }

    /// Says that nothing more comes; called by the worker, after the last ``publish(through:)``.
    package func end() { isEnded.store(true, ordering: .releasing) }

    // MARK: The reader

    /// Gives everything that was published, oldest first; called by one reader only.
    package func drain(_ body: (CapturedPacket, RawSpan) -> Void) {
        let end = written.load(ordering: .acquiring)
        var position = read.load(ordering: .relaxed)
        while position != end {
            let place = Int(truncatingIfNeeded: position) & (capacity &- 1)
            let record = unsafe memory + place
            let length = unsafe record.load(as: UInt32.self)
            if length == Self.wrapMark {
                position &+= UInt64(truncatingIfNeeded: capacity &- place)
                continue
            }
            let kept = Int(length)
            let outcome = unsafe record.load(fromByteOffset: 18, as: UInt8.self)
            let direction = unsafe record.load(fromByteOffset: 16, as: UInt8.self)
            let packet = CapturedPacket(
                at: MonotonicInstant(
                    nanoseconds: unsafe record.load(fromByteOffset: 8, as: UInt64.self)),
                side: unsafe record.load(fromByteOffset: 17, as: UInt8.self) == 0 ? .first : .second,
                direction: CaptureDirection(rawValue: direction) ?? .inbound,
                dropped: DropReason(rawValue: outcome),
                originalLength: Int(unsafe record.load(fromByteOffset: 4, as: UInt32.self)))
            let bytes = unsafe UnsafeRawBufferPointer(start: record + Self.headerLength, count: kept)
            unsafe body(packet, bytes.bytes)
            position &+= UInt64(truncatingIfNeeded: (Self.headerLength &+ kept &+ 7) & ~7)
        }
        read.store(position, ordering: .releasing)
    }
}

extension CaptureRing: Equatable {
    /// A ring is itself and no other.
    package static func == (one: CaptureRing, other: CaptureRing) -> Bool { one === other }
}
