import ReferenceTools
import SRTP

/// What one implementation made of one packet.
enum Verdict: Equatable {
    case taken([UInt8])
    case refused(SRTPError)

    init(_ body: () throws(SRTPError) -> [UInt8]) {
        do throws(SRTPError) { self = .taken(try body()) } catch { self = .refused(error) }
    }

    /// Whether both say the same about a packet from the network.
    ///
    /// One difference is let pass: RTCP without the E flag is malformed for us before anything else is looked
    /// at, and libsrtp2 with AES-GCM looks at the index and the tag.
    func agrees(with other: Self, withoutEncryption: Bool) -> Bool {
        if withoutEncryption, case .refused = self, case .refused(.malformed) = other { return true }
        return self == other
    }
}

/// One kind of packet as it is on its way.
struct Sealed {
    var bytes: [UInt8]
    var isRTP: Bool
}

/// One sender in both implementations, under the same keys.
struct TwinSenders: ~Copyable {
    private var lib: LibSRTPSession
    private var evp: EVPSRTPSession

    init(_ suite: SRTPSuite, inbound: [UInt8], outbound: [UInt8]) throws {
        let lib = try LibSRTPSession(suite: suite, inbound: inbound, outbound: outbound)
        let evp = try EVPSRTPSession(suite: suite, inbound: inbound, outbound: outbound)
        self.lib = lib
        self.evp = evp
    }

    /// - Returns: what libsrtp2 says, and what OpenSSL says.
    mutating func protect(_ packet: Sealed) -> (Verdict, Verdict) {
        let isRTP = packet.isRTP
        let bytes = packet.bytes
        return (
            Verdict { () throws(SRTPError) in
                try isRTP ? lib.protect(rtp: bytes) : lib.protect(rtcp: bytes)
            },
            Verdict { () throws(SRTPError) in
                try isRTP ? evp.protect(rtp: bytes) : evp.protect(rtcp: bytes)
            }
        )
    }

    /// - Returns: what libsrtp2 says, and what OpenSSL says.
    mutating func unprotect(_ packet: Sealed) -> (Verdict, Verdict) {
        let isRTP = packet.isRTP
        let bytes = packet.bytes
        return (
            Verdict { () throws(SRTPError) in
                try isRTP ? lib.unprotect(rtp: bytes) : lib.unprotect(rtcp: bytes)
            },
            Verdict { () throws(SRTPError) in
                try isRTP ? evp.unprotect(rtp: bytes) : evp.unprotect(rtcp: bytes)
            }
        )
    }
}

/// Senders, a bad network, and a receiver, each in both implementations.
struct DifferentialNetwork: ~Copyable {
    /// Of how many packets are replays and forgeries made.
    private static let memory = 300

    private let suite: SRTPSuite
    /// Two, as each takes 64 SSRCs and the receiver must be offered more.
    private var first: TwinSenders
    private var second: TwinSenders
    private var receiver: TwinSenders
    /// The last sequence number of each stream; the position is the SSRC.
    private var sequenceNumbers: [UInt16] = []
    private var waiting: [Sealed] = []
    private var past: [Sealed] = []

    private(set) var taken = 0
    private(set) var refused = 0

    init(_ suite: SRTPSuite, streams: Int, random: inout SplitMix64) throws {
        let master = random.bytes(suite.keyLength + suite.saltLength)
        let other = random.bytes(master.count)
        let first = try TwinSenders(suite, inbound: other, outbound: master)
        let second = try TwinSenders(suite, inbound: other, outbound: master)
        let receiver = try TwinSenders(suite, inbound: master, outbound: other)
        self.suite = suite
        self.first = first
        self.second = second
        self.receiver = receiver
        for _ in 0..<streams { sequenceNumbers.append(UInt16(truncatingIfNeeded: random.next())) }
    }

    /// Sends one packet, and delivers one.
    ///
    /// - Returns: where the implementations differ, or `nil`.
    mutating func step(_ random: inout SplitMix64) -> String? {
        let stream = Int.random(in: 0..<sequenceNumbers.count, using: &random)
        let plain = self.plain(stream, &random)
        let (libSealed, evpSealed) = stream % 2 == 0 ? first.protect(plain) : second.protect(plain)
        if libSealed != evpSealed { return "protecting \(plain): \(libSealed), \(evpSealed)" }
        if case .taken(let bytes) = evpSealed {
            waiting.append(Sealed(bytes: bytes, isRTP: plain.isRTP))
        }

        let arriving = self.arriving(&random)
        let (libOpened, evpOpened) = receiver.unprotect(arriving)
        let agree = libOpened.agrees(
            with: evpOpened, withoutEncryption: !arriving.isRTP && lacksEncryption(arriving.bytes))
        if !agree { return "unprotecting \(arriving): \(libOpened), \(evpOpened)" }
        if case .taken = evpOpened { taken += 1 } else { refused += 1 }
        return nil
    }

    /// A packet to protect: mostly the next of its stream, now and then one that must not be sent.
    private mutating func plain(_ stream: Int, _ random: inout SplitMix64) -> Sealed {
        let payload = random.bytes(Int.random(in: 0...60, using: &random))
        guard Int.random(in: 0..<4, using: &random) > 0 else {
            var bytes = Packet.rtcp(ssrc: UInt32(stream), words: payload.count / 4)
            if Int.random(in: 0..<50, using: &random) == 0 {
                bytes.removeLast(Int.random(in: 1...bytes.count, using: &random))
            }
            return Sealed(bytes: bytes, isRTP: false)
        }
        let step: UInt16
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<85: step = 1
        case 85..<90: step = .random(in: 0...3_000, using: &random)  // Loss, and a number used twice.
        case 90..<92: step = .random(in: 0...40_000, using: &random)  // Wraps soon.
        case 92..<98: step = 0 &- .random(in: 0...1_500, using: &random)  // Late.
        default: step = .random(in: 0...(.max), using: &random)
        }
        sequenceNumbers[stream] &+= step
        var bytes = Packet.rtp(
            sequence: sequenceNumbers[stream], ssrc: UInt32(stream), payload: payload,
            csrcs: Int.random(in: 0...9, using: &random) % 5,
            extensionWords: Bool.random(using: &random) ? Int.random(in: 0...4, using: &random) : nil)
        if Int.random(in: 0..<50, using: &random) == 0 {
            bytes[0] = UInt8(truncatingIfNeeded: random.next())
        }
        return Sealed(bytes: bytes, isRTP: true)
    }

    /// What the network makes of it: late, twice, changed, cut, longer, or nothing that anybody sent.
    private mutating func arriving(_ random: inout SplitMix64) -> Sealed {
        let dice = Int.random(in: 0..<100, using: &random)
        if dice < 3 || waiting.isEmpty && past.isEmpty {
            var bytes = random.bytes(Int.random(in: 0...80, using: &random))
            if !bytes.isEmpty { bytes[0] = 0x80 | bytes[0] & 0x3f }
            return Sealed(bytes: bytes, isRTP: Bool.random(using: &random))
        }
        if dice < 65, !waiting.isEmpty {
            // Mostly in order, some late by a little; what waits for too long is lost.
            let reach = min(waiting.count, Int.random(in: 0..<5, using: &random) == 0 ? 40 : 1)
            let packet = waiting.remove(at: Int.random(in: 0..<reach, using: &random))
            if waiting.count > 100 { waiting.removeFirst(50) }
            past.append(packet)
            if past.count > Self.memory { past.removeFirst(Self.memory / 2) }
            return packet
        }
        let source = waiting.isEmpty || Bool.random(using: &random) && !past.isEmpty ? past : waiting
        var packet = source[Int.random(in: 0..<source.count, using: &random)]
        switch dice {
        case 65..<75: break  // A replay, or early.
        case 75..<91:
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let position = Int.random(in: 0..<packet.bytes.count, using: &random)
                // The header, the trailer, or anywhere.
                let near = min(position % 24, packet.bytes.count - 1)
                let target = [near, packet.bytes.count - 1 - near, position][position % 3]
                packet.bytes[target] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            }
        case 91..<95: packet.bytes.removeLast(Int.random(in: 1...packet.bytes.count, using: &random))
        case 95..<98: packet.bytes += random.bytes(Int.random(in: 1...24, using: &random))
        default: packet.isRTP.toggle()
        }
        return packet
    }

    /// Whether the E flag of an SRTCP packet is clear.
    private func lacksEncryption(_ bytes: [UInt8]) -> Bool {
        let fromEnd = suite == .aes128CMSHA1_80 ? 14 : 4
        return bytes.count >= fromEnd && bytes[bytes.count - fromEnd] & 0x80 == 0
    }
}
