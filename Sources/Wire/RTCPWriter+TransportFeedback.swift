/// One packet with a transport-wide number that has arrived.
package struct TransportArrival: Sendable, Equatable, BitwiseCopyable {
    /// The transport-wide number.
    package var sequenceNumber: UInt16
    /// On any clock that only moves forward.
    package var microseconds: UInt64

    package init(sequenceNumber: UInt16, microseconds: UInt64) {
        self.sequenceNumber = sequenceNumber
        self.microseconds = microseconds
    }

    /// In units of receive deltas.
    fileprivate var ticks: UInt64 { microseconds / 250 }
}

/// Transport-wide feedback of the server's own (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1).
extension RTCPWriter {
    /// Appends feedback about packets that have arrived; numbers between them count as lost.
    ///
    /// - Parameters:
    ///   - base: the first number that the message speaks of, where numbers before the first arrival are lost.
    ///   - arrivals: in the order of their transport-wide numbers, which grow.
    ///   - feedbackCount: one more than in the last message.
    /// - Returns: how many arrivals the message covers. It ends before one whose number does not grow, one more than
    ///   8.19 s before or after its predecessor, and where the buffer is full. 0: nothing is written.
    @discardableResult
    package mutating func appendTransportFeedback(
        sender: UInt32, media: UInt32, feedbackCount: UInt8, base: UInt16? = nil,
        arrivals: Span<TransportArrival>, into output: inout MutableRawSpan
    ) -> Int {
        // Each arrival takes at most 3 more bytes, each gap at most 2 for every 7 numbers: measured as it goes.
        guard arrivals.count > 0 else { return 0 }
        let base = base ?? arrivals[0].sequenceNumber
        var number = usable(arrivals, base: base, room: output.byteCount &- length)
        while number > 0 {
            if write(
                arrivals.extracting(0..<number), base: base, sender: sender, media: media,
                feedbackCount: feedbackCount, into: &output)
            {
                return number
            }
            number = number / 2
        }
        return 0
    }

    /// How many arrivals can be in one message as far as numbers and times go.
    private func usable(_ arrivals: Span<TransportArrival>, base: UInt16, room: Int) -> Int {
        var statuses = 1 &+ Int(arrivals[0].sequenceNumber &- base)
        guard statuses <= TransportFeedbackView.maximumStatusCount else { return 0 }
        var number = 1
        // Less than a byte for an arrival is impossible: its delta takes one.
        while number < min(arrivals.count, room) {
            let step = Int(arrivals[number].sequenceNumber &- arrivals[number &- 1].sequenceNumber)
            statuses = statuses &+ step
            guard step > 0, statuses <= TransportFeedbackView.maximumStatusCount,
                Self.delta(from: arrivals[number &- 1].ticks, to: arrivals[number].ticks) != nil
            else { break }
            number = number &+ 1
        }
        return number
    }

    private static func delta(from earlier: UInt64, to later: UInt64) -> Int16? {
        Int16(exactly: Int64(bitPattern: later &- earlier))
    }

    /// Writes one message about all of `arrivals`, or nothing when it does not fit.
    private mutating func write(
        _ arrivals: Span<TransportArrival>, base: UInt16, sender: UInt32, media: UInt32,
        feedbackCount: UInt8, into output: inout MutableRawSpan
    ) -> Bool {
        let before = self
        guard
            let start = beginFeedback(
                RTCPPacketType.transportFeedback, format: RTCPFeedbackFormat.transportWide, sender: sender,
                media: media, byteCount: TransportFeedbackView.fixedLength, into: &output)
        else { return false }
        let statusCount = Int(arrivals[arrivals.count &- 1].sequenceNumber &- base) &+ 1
        // A unit of the reference time, 64 ms, is 256 ticks of 250 µs.
        let reference = arrivals[0].ticks / 256
        output.store(uint16: base, at: start &+ 12)
        output.store(uint16: UInt16(truncatingIfNeeded: statusCount), at: start &+ 14)
        output.store(uint24: UInt32(truncatingIfNeeded: reference), at: start &+ 16)
        output.store(uint8: feedbackCount, at: start &+ 19)

        guard var position = writeChunks(arrivals, base: base, from: length, into: &output),
            writeDeltas(arrivals, reference: reference, position: &position, into: &output),
            let padded = pad(from: position, into: &output),
            extend(by: padded &- length, into: &output) != nil
        else {
            self = before
            return false
        }
        return true
    }

    /// Writes the packet status chunks.
    ///
    /// - Returns: where they end, or `nil` when they do not fit.
    private func writeChunks(
        _ arrivals: Span<TransportArrival>, base: UInt16, from start: Int, into output: inout MutableRawSpan
    ) -> Int? {
        var position = start
        var symbols = TransportSymbols(arrivals, base: base)
        var remaining = Int(arrivals[arrivals.count &- 1].sequenceNumber &- base) &+ 1
        while remaining > 0 {
            guard position &+ 2 <= output.byteCount else { return nil }
            let run = min(symbols.run(), remaining, TransportStatusChunk.maximumRun)
            var word: UInt16
            var taken: Int
            if run >= 14 || run == remaining {
                word = symbols.current << 13 | UInt16(truncatingIfNeeded: run)
                taken = run
            } else {
                (word, taken) = symbols.vector(remaining: remaining)
            }
            symbols.advance(by: taken)
            output.store(uint16: word, at: position)
            position = position &+ 2
            remaining = remaining &- taken
        }
        return position
    }

    private func writeDeltas(
        _ arrivals: Span<TransportArrival>, reference: UInt64, position: inout Int,
        into output: inout MutableRawSpan
    ) -> Bool {
        var last = reference &* 256
        for index in 0..<arrivals.count {
            let delta = arrivals[index].ticks &- last
            last = arrivals[index].ticks
            let width = delta <= 255 ? 1 : 2
            guard position &+ width <= output.byteCount else { return false }
            if width == 1 {
                output.store(uint8: UInt8(truncatingIfNeeded: delta), at: position)
            } else {
                output.store(uint16: UInt16(truncatingIfNeeded: delta), at: position)
            }
            position = position &+ width
        }
        return true
    }

    /// Zeros up to the next 32-bit boundary.
    private func pad(from end: Int, into output: inout MutableRawSpan) -> Int? {
        var position = end
        while (position &- blockStart) & 3 != 0 {
            guard position < output.byteCount else { return nil }
            output.store(uint8: 0, at: position)
            position = position &+ 1
        }
        return position
    }
}

/// The packet status symbols of a list of arrivals, gaps included, one after the other.
private struct TransportSymbols: ~Escapable {
    private let arrivals: Span<TransportArrival>
    private var index = 0
    private var sequenceNumber: UInt16
    private var lastTicks: UInt64

    @_lifetime(copy arrivals)
    init(_ arrivals: Span<TransportArrival>, base: UInt16) {
        self.arrivals = arrivals
        sequenceNumber = base
        lastTicks = arrivals[0].ticks / 256 &* 256
    }

    var current: UInt16 {
        guard index < arrivals.count, arrivals[index].sequenceNumber == sequenceNumber else {
            return TransportStatusChunk.notReceived
        }
        return arrivals[index].ticks &- lastTicks <= 255
            ? TransportStatusChunk.smallDelta : TransportStatusChunk.largeDelta
    }

    /// How many times the current symbol comes from here on; never 0.
    func run() -> Int {
        let symbol = current
        if symbol == TransportStatusChunk.notReceived {
            guard index < arrivals.count else { return TransportStatusChunk.maximumRun }
            return Int(arrivals[index].sequenceNumber &- sequenceNumber)
        }
        var ahead = self
        var count = 0
        while count < TransportStatusChunk.maximumRun, ahead.index < arrivals.count, ahead.current == symbol {
            ahead.advance(by: 1)
            count = count &+ 1
        }
        return count
    }

    /// A vector chunk of what comes next: 14 one-bit symbols when none needs two, otherwise 7 of two bits.
    func vector(remaining: Int) -> (word: UInt16, taken: Int) {
        var ahead = self
        var word: UInt16 = 0x8000
        for bit in 0..<14 where bit < remaining {
            guard ahead.current != TransportStatusChunk.largeDelta else {
                return wideVector(remaining: remaining)
            }
            word |= ahead.current << UInt16(truncatingIfNeeded: 13 &- bit)
            ahead.advance(by: 1)
        }
        return (word, min(14, remaining))
    }

    private func wideVector(remaining: Int) -> (word: UInt16, taken: Int) {
        var ahead = self
        var word: UInt16 = 0xc000
        for place in 0..<7 where place < remaining {
            word |= ahead.current << UInt16(truncatingIfNeeded: 12 &- 2 &* place)
            ahead.advance(by: 1)
        }
        return (word, min(7, remaining))
    }

    @_lifetime(self: copy self)
    mutating func advance(by count: Int) {
        let target = sequenceNumber &+ UInt16(truncatingIfNeeded: count)
        while index < arrivals.count,
            arrivals[index].sequenceNumber &- sequenceNumber
                < target &- sequenceNumber
        {
            lastTicks = arrivals[index].ticks
            index = index &+ 1
        }
        sequenceNumber = target
    }
}
