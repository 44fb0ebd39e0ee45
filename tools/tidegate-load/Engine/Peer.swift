internal import ReferenceTools
internal import RelayTypes
internal import Wire

/// One simulated browser, as its thread keeps it: plain numbers, in place.
struct Peer: BitwiseCopyable {
    /// How far it has come.
    enum Phase: UInt8 {
        case empty = 0
        case checking = 1
        /// ICE is done; waits until fewer handshakes are under way.
        case waiting = 2
        case handshaking = 3
        case connected = 4
        case closed = 5
    }

    /// One SSRC's numbers, as it sends.
    struct Stream: BitwiseCopyable {
        var ssrc: UInt32 = 0
        var sequenceNumber: UInt16 = 0
        var timestamp: UInt32 = 0
        /// Of the mark.
        var counter: UInt32 = 0
        var packets: UInt32 = 0
        var octets: UInt32 = 0
    }

    /// One SSRC's reception (RFC 3550 A.3, A.8).
    struct Reception: BitwiseCopyable {
        var ssrc: UInt32 = 0
        var first: UInt32 = 0
        var highest: UInt32 = 0
        var packets: UInt32 = 0
        var expectedBefore: UInt32 = 0
        var packetsBefore: UInt32 = 0
        /// Middle of the last sender report's NTP time; 0 for none.
        var lastReport: UInt32 = 0
        var lastReportAt: UInt64 = 0
    }

    var number: UInt32 = 0
    var phase = Phase.empty
    var isFullICE = false
    var isSending = false
    var wantsKeyFrame = true
    var descriptor: Int32 = -1
    var pair: UInt32 = 0
    var server = Endpoint(ipv4: 0, port: 0)
    var generator = SplitMix64(seed: 0)

    // What it sends.
    var audio = Stream()
    var video = Stream()
    var retransmission = Stream()
    var floodCounter: UInt32 = 0
    var unannouncedCounter: UInt32 = 0
    var transportSequence: UInt16 = 0
    var pictureID: UInt16 = 0
    /// When what comes next is due, in nanoseconds, and where the rhythm stopped.
    var nextAudio: UInt64 = 0
    var nextVideo: UInt64 = 0
    var stoppedAt: UInt64 = 0
    var historyNext = 0
    var bursts = Bursts()

    // What it receives.
    var sources = OutboundSources(audio: 0, video: 0, retransmission: 0)
    var receptions = InlineArray<3, Reception>(repeating: Reception())
    var audioMarks = MarkTrack()
    var videoMarks = MarkTrack()
    var arrivals = 0
    var feedbackCount: UInt8 = 0
    var soundPair: UInt32 = 0
    var picturePair: UInt32 = 0
    var pictureFrom: UInt32 = 0
    /// Of sound: relative transit time and jitter, in microseconds (RFC 3550 A.8).
    var transit: Int64 = 0
    var jitter: Int64 = 0
    var hasTransit = false

    // Its connection.
    var checks = 0
    var lastConsent: UInt64 = 0
    var startedAt: UInt64 = 0

    // Its record.
    var sentPackets: UInt64 = 0
    var receivedPackets: UInt64 = 0
    var unannouncedPackets: UInt64 = 0
    var leaks = InlineArray<5, UInt64>(repeating: 0)

    // A test's lossy path.
    var outboundLoss = SplitMix64(seed: 0)
    var inboundLoss = SplitMix64(seed: 0)
}

/// What of a misbehaviour is left to do.
struct Bursts: BitwiseCopyable {
    var garbage = 0
    var flood = 0
    var replay = 0
    var unknownSource = 0

    var isEmpty: Bool { garbage <= 0 && flood <= 0 && replay <= 0 && unknownSource <= 0 }
}

/// A video packet that may be asked for again: it is made anew from this.
struct SentVideo: BitwiseCopyable {
    var sequenceNumber: UInt16 = 0
    var pictureID: UInt16 = 0
    var timestamp: UInt32 = 0
    var counter: UInt32 = 0
    var pair: UInt32 = 0
    var sent: UInt64 = 0
    var isFirst = false
    var isKeyFrame = false
    var marker = false
    var isFilled = false
}

/// The larger parts of a peer, one memory block for each thread.
struct PeerMemory: ~Copyable {
    /// Packets kept for retransmission: 2 s of 1 Mbit/s.
    static let history = 256
    /// Arrivals that one feedback tells of.
    static let mostArrivals = 128
    /// Protected packets kept for replays, and the longest that is.
    static let (replays, replayBytes) = (4, 256)

    let peers: UnsafeMutablePointer<Peer>
    let pictures: UnsafeMutablePointer<PictureTrack>
    let histories: UnsafeMutablePointer<SentVideo>
    let arrivals: UnsafeMutablePointer<TransportArrival>
    let replays: UnsafeMutablePointer<UInt8>
    let replayLengths: UnsafeMutablePointer<Int32>
    let count: Int

    init(count: Int, hasVideo: Bool) {
        self.count = count
        let some = max(1, count)
        peers = .allocate(capacity: some)
        peers.initialize(repeating: Peer(), count: some)
        let videos = hasVideo ? some : 1
        pictures = .allocate(capacity: videos)
        pictures.initialize(repeating: PictureTrack(), count: videos)
        histories = .allocate(capacity: videos &* Self.history)
        histories.initialize(repeating: SentVideo(), count: videos &* Self.history)
        arrivals = .allocate(capacity: some &* Self.mostArrivals)
        arrivals.initialize(
            repeating: TransportArrival(sequenceNumber: 0, microseconds: 0), count: some &* Self.mostArrivals)
        replays = .allocate(capacity: some &* Self.replays &* Self.replayBytes)
        replays.initialize(repeating: 0, count: some &* Self.replays &* Self.replayBytes)
        replayLengths = .allocate(capacity: some &* Self.replays)
        replayLengths.initialize(repeating: 0, count: some &* Self.replays)
    }

    deinit {
        peers.deallocate()
        pictures.deallocate()
        histories.deallocate()
        arrivals.deallocate()
        replays.deallocate()
        replayLengths.deallocate()
    }
}
