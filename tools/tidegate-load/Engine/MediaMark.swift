internal import Wire

/// What every media packet carries behind its codec's header: who made it, in which pair, when, its number.
///
/// ```
///  0  run (8)      8  sender (4)   12  pair (4)    16  counter (4)  20  kind (1), zero (3)
/// 24  sent (8)    32  sent again (8)
/// ```
struct MediaMark: Equatable, BitwiseCopyable {
    /// What kind of packet carries it.
    enum Kind: UInt8 {
        case audio = 1
        case video = 2
        /// Of a flood: real sound, but not of the rhythm.
        case flood = 3
        /// Under an SSRC and a payload type that nobody announced.
        case unannounced = 4
    }

    /// Bytes on the wire.
    static let length = 40

    /// The same for all packets of a run, so that nothing else is taken for a mark.
    var run: UInt64
    var sender: UInt32
    /// 0: none.
    var pair: UInt32
    /// Of its sender and kind, from 0, without gaps.
    var counter: UInt32
    var kind: Kind
    /// On the monotonic clock, in nanoseconds: when the packet was made and first sent.
    var sent: UInt64
    /// When it was sent again, as a retransmission; 0 for the first time.
    var sentAgain: UInt64 = 0

    init(run: UInt64, sender: UInt32, pair: UInt32, counter: UInt32, kind: Kind, sent: UInt64) {
        self.run = run
        self.sender = sender
        self.pair = pair
        self.counter = counter
        self.kind = kind
        self.sent = sent
    }

    /// Reads the mark at `offset`.
    ///
    /// - Returns: `nil` where there is none of this run.
    @inline(__always)
    init?(_ bytes: RawSpan, at offset: Int, run: UInt64) {
        guard offset >= 0, offset <= bytes.byteCount &- Self.length, bytes.uint64(at: offset) == run,
            let kind = Kind(rawValue: bytes.byte(at: offset &+ 20))
        else { return nil }
        self.run = run
        sender = bytes.uint32(at: offset &+ 8)
        pair = bytes.uint32(at: offset &+ 12)
        counter = bytes.uint32(at: offset &+ 16)
        self.kind = kind
        sent = bytes.uint64(at: offset &+ 24)
        sentAgain = bytes.uint64(at: offset &+ 32)
    }

    /// - Precondition: ``length`` bytes from `offset` on.
    @inline(__always)
    func store(into bytes: inout MutableRawSpan, at offset: Int) {
        bytes.store(uint64: run, at: offset)
        bytes.store(uint32: sender, at: offset &+ 8)
        bytes.store(uint32: pair, at: offset &+ 12)
        bytes.store(uint32: counter, at: offset &+ 16)
        bytes.store(uint32: UInt32(kind.rawValue) << 24, at: offset &+ 20)
        bytes.store(uint64: sent, at: offset &+ 24)
        bytes.store(uint64: sentAgain, at: offset &+ 32)
    }
}
