package import RelayTypes

/// What a synthetic browser has been through: a value, for conditions to look at.
package struct BrowserRecord: Sendable {
    /// How far it has come.
    package enum Phase: Sendable, Equatable {
        case new
        /// Connectivity checks are under way.
        case checking
        /// DTLS is under way.
        case handshaking
        case connected
        /// The server said close_notify.
        case closedByServer
        /// It was told to close.
        case closed
        case failed(String)
    }

    /// One received RTP packet.
    package struct Packet: Sendable, Equatable {
        package var ssrc: UInt32
        package var payloadType: UInt8
        /// As on the wire; for a retransmission that of the retransmission stream.
        package var sequenceNumber: UInt16
        /// Of the packet that a retransmission repeats (RFC 4588 §4).
        package var originalSequenceNumber: UInt16?
        package var timestamp: UInt32
        package var marker: Bool
        package var transportSequence: UInt16?
        /// The `mid` header extension.
        package var mid: String?
        package var startsKeyFrame: Bool
        package var mark: MediaMark?
        package var length: Int
        package var arrival: MonotonicInstant
    }

    /// What came on one SSRC.
    package struct Stream: Sendable, Equatable {
        package var packets = 0
        package var bytes = 0
        package var payloadTypes: Set<UInt8> = []
        /// Key frames by their first packets.
        package var keyFrames = 0
        /// Sequence numbers that were passed over.
        package var skipped = 0
        package var highestSequenceNumber: UInt16 = 0
    }

    /// What it has sent.
    package struct Sent: Sendable, Equatable {
        package var audioPackets = 0
        package var videoPackets = 0
        package var keyFrames = 0
        package var retransmissions = 0
        package var rtcpPackets = 0
        package var negativeAcknowledgements = 0

        package init() {}
    }

    /// Most entries of ``packets`` and of ``feedback``; the older half goes when they are full.
    package static let logLimit = 8_192

    package var phase = Phase.new
    package var profile: SRTPProfile?
    package var dtlsVersion: String?
    package var ice = ICETally()
    package var sent = Sent()
    /// By SSRC.
    package var streams: [UInt32: Stream] = [:]
    /// The latest RTP packets, in the order of arrival.
    package private(set) var packets: [Packet] = []
    /// All RTP packets ever.
    package private(set) var packetCount = 0
    /// The latest RTCP blocks, in the order of arrival.
    package private(set) var feedback: [RTCPBlock] = []
    package private(set) var feedbackCounts: [RTCPBlock.Kind: Int] = [:]
    /// Lost packets that came by retransmission.
    package var recovered = 0
    /// Lost packets that were asked for often enough and did not come.
    package var abandoned = 0
    /// Packets that did not authenticate, or were not what they should be.
    package var undecipherable = 0

    package init() {}

    package func packets(from sender: UInt32) -> Int { packets.count { $0.mark?.sender == sender } }

    /// What came on an SSRC; all zeros when nothing has.
    package func stream(_ ssrc: UInt32) -> Stream { streams[ssrc] ?? Stream() }

    package func count(of kind: RTCPBlock.Kind) -> Int { feedbackCounts[kind, default: 0] }

    mutating func add(_ packet: Packet, skipped: Int) {
        packetCount += 1
        if packets.count >= Self.logLimit { packets.removeFirst(Self.logLimit / 2) }
        packets.append(packet)
        var stream = streams[packet.ssrc] ?? Stream()
        stream.packets += 1
        stream.bytes += packet.length
        stream.payloadTypes.insert(packet.payloadType)
        if packet.startsKeyFrame { stream.keyFrames += 1 }
        stream.skipped += skipped
        if stream.packets == 1 || Int16(bitPattern: packet.sequenceNumber &- stream.highestSequenceNumber) > 0
        {
            stream.highestSequenceNumber = packet.sequenceNumber
        }
        streams[packet.ssrc] = stream
    }

    mutating func add(_ blocks: [RTCPBlock]) {
        for block in blocks { feedbackCounts[block.kind, default: 0] += 1 }
        if feedback.count >= Self.logLimit { feedback.removeFirst(Self.logLimit / 2) }
        feedback += blocks
    }
}
