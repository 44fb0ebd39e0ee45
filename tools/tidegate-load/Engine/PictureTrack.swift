/// What one receiver knows of the picture: which packets are there, which are missing, whether it can be decoded.
///
/// By the RTP header and the VP8 descriptor alone, as a browser must: the numbers are the server's, and go on across
/// partners.
struct PictureTrack: BitwiseCopyable {
    /// A packet that has not come yet.
    struct Missing: BitwiseCopyable {
        var number: UInt32 = 0
        /// When to ask for it next, in nanoseconds.
        var due: UInt64 = 0
        var requests: UInt8 = 0
    }

    /// Packets that are remembered.
    private static let span: UInt32 = 1_024
    /// Gaps wider than this are a new beginning, not a loss.
    private static let widestGap: UInt32 = 200
    /// How often a packet is asked for, and how long between, in nanoseconds.
    static let (mostRequests, requestInterval): (UInt8, UInt64) = (10, 60_000_000)
    /// Between two requests for a key frame, in nanoseconds.
    private static let keyInterval: UInt64 = 300_000_000

    /// Extended by the number of wraps; the first packet starts at 65,536.
    private(set) var highest: UInt32 = 0
    private var seen = InlineArray<16, UInt64>(repeating: 0)
    private var ends = InlineArray<16, UInt64>(repeating: 0)
    private(set) var missing = InlineArray<64, Missing>(repeating: Missing())
    private(set) var missingCount = 0
    /// Where a key frame starts that is not whole yet; 0 for none.
    private var keyStart: UInt32 = 0
    /// Nothing can be decoded before a key frame is whole.
    private(set) var needsKeyFrame = true
    private var nextKeyRequest: UInt64 = 0

    /// Another partner's picture begins.
    mutating func begin() {
        needsKeyFrame = true
        keyStart = 0
        missingCount = 0
        nextKeyRequest = 0
    }

    /// The extended number nearest to the highest.
    func extended(_ sequenceNumber: UInt16) -> UInt32 {
        guard highest != 0 else { return 65_536 &+ UInt32(sequenceNumber) }
        let step = Int16(bitPattern: sequenceNumber &- UInt16(truncatingIfNeeded: highest))
        return UInt32(bitPattern: Int32(bitPattern: highest) &+ Int32(step))
    }

    /// Takes a packet.
    ///
    /// - Returns: whether a key frame became whole with it.
    mutating func take(_ number: UInt32, marker: Bool, startsKeyFrame: Bool, at now: UInt64) -> Bool {
        let step = Int32(bitPattern: number &- highest)
        if highest == 0 || step > Int32(Self.widestGap) || step < -Int32(Self.span) {
            seen = InlineArray(repeating: 0)
            ends = InlineArray(repeating: 0)
            missingCount = 0
            highest = number
        } else if step > 0 {
            var passed = highest
            while passed != number {
                passed &+= 1
                set(&seen, passed, false)
                set(&ends, passed, false)
                if passed != number { miss(passed, at: now) }
            }
            highest = number
        } else {
            found(number)
        }
        set(&seen, number, true)
        if marker { set(&ends, number, true) }
        if startsKeyFrame { keyStart = number }
        guard keyStart != 0, isWhole(from: keyStart) else { return false }
        keyStart = 0
        needsKeyFrame = false
        return true
    }

    /// Whether to ask for a key frame now.
    mutating func wantsKeyFrame(at now: UInt64) -> Bool {
        guard needsKeyFrame, keyStart == 0, now >= nextKeyRequest else { return false }
        nextKeyRequest = now &+ Self.keyInterval
        return true
    }

    /// When ``due(_:at:)`` next has something; `nil` for never.
    var deadline: UInt64? {
        var earliest = UInt64.max
        for index in 0..<missingCount { earliest = min(earliest, missing[index].due) }
        return missingCount == 0 ? nil : earliest
    }

    /// The number at `index`, where it is to be asked for now; it will be due again later.
    mutating func due(_ index: Int, at now: UInt64) -> UInt16? {
        guard missing[index].due <= now else { return nil }
        missing[index].requests &+= 1
        missing[index].due = now &+ Self.requestInterval
        return UInt16(truncatingIfNeeded: missing[index].number)
    }

    /// Gives up what was asked for too often: the picture is broken until the next key frame.
    mutating func abandon() {
        var index = 0
        while index < missingCount {
            if missing[index].requests >= Self.mostRequests {
                remove(index)
                needsKeyFrame = true
                keyStart = 0
            } else {
                index &+= 1
            }
        }
    }

    private mutating func miss(_ number: UInt32, at now: UInt64) {
        guard missingCount < 64 else {
            needsKeyFrame = true
            return
        }
        missing[missingCount] = Missing(number: number, due: now, requests: 0)
        missingCount &+= 1
    }

    private mutating func found(_ number: UInt32) {
        for index in 0..<missingCount where missing[index].number == number {
            remove(index)
            return
        }
    }

    private mutating func remove(_ index: Int) {
        missingCount &-= 1
        missing[index] = missing[missingCount]
    }

    private func isWhole(from start: UInt32) -> Bool {
        var number = start
        while number &- start < 64, Int32(bitPattern: number &- highest) <= 0, isSet(seen, number) {
            if isSet(ends, number) { return true }
            number &+= 1
        }
        return false
    }

    @inline(__always)
    private func isSet(_ bits: InlineArray<16, UInt64>, _ number: UInt32) -> Bool {
        bits[Int(number >> 6 & 15)] & 1 << UInt64(number & 63) != 0
    }

    @inline(__always)
    private func set(_ bits: inout InlineArray<16, UInt64>, _ number: UInt32, _ value: Bool) {
        let bit: UInt64 = 1 << UInt64(number & 63)
        if value { bits[Int(number >> 6 & 15)] |= bit } else { bits[Int(number >> 6 & 15)] &= ~bit }
    }
}
