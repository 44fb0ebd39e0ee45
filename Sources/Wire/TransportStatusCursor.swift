/// One packet in transport-wide feedback.
package struct TransportStatus: Sendable, Equatable, BitwiseCopyable {
    /// The transport-wide number.
    package let sequenceNumber: UInt16
    /// Time since the packet received before it, or since the reference time for the first, in 250 µs; `nil` when the
    /// packet has not been received.
    package let delta: Int16?
}

/// A packet status chunk: a run of one symbol, or a vector of 7 or 14.
///
/// ```
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5
/// |0| S |       Run Length        |
/// |1|S|       symbol list         |
/// ```
///
/// Source: draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1.3 and §3.1.4.
struct TransportStatusChunk: BitwiseCopyable {
    static let notReceived: UInt16 = 0
    static let smallDelta: UInt16 = 1
    static let largeDelta: UInt16 = 2
    static let maximumRun = 0x1fff

    let word: UInt16

    init(_ word: UInt16) { self.word = word }

    /// How many statuses it holds.
    var count: Int {
        if word & 0x8000 == 0 { return Int(word & 0x1fff) }
        return word & 0x4000 == 0 ? 14 : 7
    }

    /// - Precondition: `index` is less than ``count``.
    func symbol(at index: Int) -> UInt16 {
        if word & 0x8000 == 0 { return word >> 13 & 3 }
        if word & 0x4000 == 0 { return word >> UInt16(truncatingIfNeeded: 13 &- index) & 1 }
        return word >> UInt16(truncatingIfNeeded: 12 &- 2 &* index) & 3
    }

    /// Bytes of receive deltas that the first `number` symbols call for; `nil` when a symbol is reserved.
    func deltaBytes(first number: Int) -> Int? {
        if word & 0x8000 == 0 {
            let symbol = word >> 13 & 3
            return symbol == 3 ? nil : Int(symbol) &* number
        }
        var sum = 0
        for index in 0..<number {
            let symbol = symbol(at: index)
            guard symbol != 3 else { return nil }
            sum = sum &+ Int(symbol)
        }
        return sum
    }
}

/// Walks over the statuses of a ``TransportFeedbackView``, oldest first.
package struct TransportStatusCursor: ~Escapable {
    private let bytes: RawSpan
    private var chunkPosition = TransportFeedbackView.fixedLength
    private var indexInChunk = 0
    private var deltaPosition: Int
    private var sequenceNumber: UInt16
    private var remaining: Int

    @_lifetime(copy bytes)
    init(_ bytes: RawSpan, deltaPosition: Int, sequenceNumber: UInt16, remaining: Int) {
        self.bytes = bytes
        self.deltaPosition = deltaPosition
        self.sequenceNumber = sequenceNumber
        self.remaining = remaining
    }

    /// The next status, or `nil` after the last.
    package mutating func next() -> TransportStatus? {
        guard remaining > 0 else { return nil }
        var chunk = TransportStatusChunk(bytes.uint16(at: chunkPosition))
        while indexInChunk >= chunk.count {  // The view has checked that there is another chunk.
            chunkPosition = chunkPosition &+ 2
            indexInChunk = 0
            chunk = TransportStatusChunk(bytes.uint16(at: chunkPosition))
        }
        var delta: Int16?
        switch chunk.symbol(at: indexInChunk) {
        case TransportStatusChunk.smallDelta:
            delta = Int16(bytes.byte(at: deltaPosition))
            deltaPosition = deltaPosition &+ 1
        case TransportStatusChunk.largeDelta:
            delta = Int16(bitPattern: bytes.uint16(at: deltaPosition))
            deltaPosition = deltaPosition &+ 2
        default: break
        }
        let status = TransportStatus(sequenceNumber: sequenceNumber, delta: delta)
        sequenceNumber = sequenceNumber &+ 1
        indexInChunk = indexInChunk &+ 1
        remaining = remaining &- 1
        return status
    }
}
