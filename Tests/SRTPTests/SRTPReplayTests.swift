import ReferenceTools
import SRTP
import Testing

@Suite("Nothing is taken twice, nor too late (RFC 3711 §3.3.1, §3.3.2)")
struct SRTPReplayTests {
    @Test("an RTP packet is taken once", arguments: SRTPSuite.allCases, Implementation.allCases)
    func rtpOnce(suite: SRTPSuite, implementation: Implementation) throws {
        var ends = try Ends(suite, implementation)
        let packet = Packet.rtp(sequence: 7)
        let sealed = try ends.alice.protect(rtp: packet)
        #expect(try ends.bob.unprotect(rtp: sealed) == packet)
        for _ in 0..<3 {
            let error = failure { () throws(SRTPError) in try ends.bob.unprotect(rtp: sealed) }
            #expect(error == .replayed)
        }
    }

    @Test("an RTCP packet is taken once", arguments: SRTPSuite.allCases, Implementation.allCases)
    func rtcpOnce(suite: SRTPSuite, implementation: Implementation) throws {
        var ends = try Ends(suite, implementation)
        let packet = Packet.rtcp()
        let sealed = try ends.alice.protect(rtcp: packet)
        #expect(try ends.bob.unprotect(rtcp: sealed) == packet)
        let error = failure { () throws(SRTPError) in try ends.bob.unprotect(rtcp: sealed) }
        #expect(error == .replayed)
    }

    @Test(
        "a sender cannot use a sequence number twice", arguments: SRTPSuite.allCases, Implementation.allCases)
    func senderOnce(suite: SRTPSuite, implementation: Implementation) throws {
        var ends = try Ends(suite, implementation)
        _ = try ends.alice.protect(rtp: Packet.rtp(sequence: 7))
        let error = failure { () throws(SRTPError) in try ends.alice.protect(rtp: Packet.rtp(sequence: 7)) }
        #expect(error == .replayed)
    }

    @Test(
        "a packet 1,023 behind the newest is taken, one 1,024 behind is not", arguments: SRTPSuite.allCases,
        Implementation.allCases)
    func window(suite: SRTPSuite, implementation: Implementation) throws {
        var ends = try Ends(suite, implementation)
        let first: UInt16 = 1_000
        let window = EVPSRTPSession.replayWindow
        var sealed: [[UInt8]] = []
        for step in 0...window {
            sealed.append(try ends.alice.protect(rtp: Packet.rtp(sequence: first + UInt16(step))))
        }
        _ = try ends.bob.unprotect(rtp: sealed[window])
        let inside = failure { () throws(SRTPError) in try ends.bob.unprotect(rtp: sealed[1]) }
        let outside = failure { () throws(SRTPError) in try ends.bob.unprotect(rtp: sealed[0]) }
        #expect(inside == nil)
        #expect(outside == .replayed)
    }

    @Test("shuffled packets all come through once", arguments: SRTPSuite.allCases, Implementation.allCases)
    func shuffled(suite: SRTPSuite, implementation: Implementation) throws {
        let seed: UInt64 = 20_261
        var random = SplitMix64(seed: seed)
        var ends = try Ends(suite, implementation, seed: seed)
        var waiting: [(plain: [UInt8], sealed: [UInt8])] = []
        var taken = 0
        let total = 2_000
        for step in 0..<total {
            let packet = Packet.rtp(sequence: UInt16(truncatingIfNeeded: 64_000 + step))
            waiting.append((packet, try ends.alice.protect(rtp: packet)))
            if waiting.count < 200, step + 1 < total { continue }
            for (plain, sealed) in waiting.shuffled(using: &random) {
                #expect(try ends.bob.unprotect(rtp: sealed) == plain, "seed \(seed)")
                taken += 1
                let again = failure { () throws(SRTPError) in try ends.bob.unprotect(rtp: sealed) }
                #expect(again == .replayed, "seed \(seed)")
            }
            waiting = []
        }
        #expect(taken == total)
    }

    @Test(
        "sequence numbers wrap twice, packets around the wrap come late or not at all",
        arguments: SRTPSuite.allCases, Implementation.allCases)
    func rollover(suite: SRTPSuite, implementation: Implementation) throws {
        let seed: UInt64 = 65_536
        var random = SplitMix64(seed: seed)
        var ends = try Ends(suite, implementation, seed: seed)
        var late: (plain: [UInt8], sealed: [UInt8])?
        for index in 65_000..<(65_000 + 2 * 65_536) {
            // All of them around the wraps, one of 64 between.
            let isNear = !(2_000..<63_536).contains(index % 65_536)
            guard isNear || index % 64 == 0 else { continue }
            let packet = Packet.rtp(sequence: UInt16(truncatingIfNeeded: index), payload: [1, 2, 3])
            let sealed = try ends.alice.protect(rtp: packet)
            if let held = late {
                // One that was held back arrives after its successor: at a wrap, from the rollover before.
                #expect(try ends.bob.unprotect(rtp: sealed) == packet, "index \(index)")
                #expect(try ends.bob.unprotect(rtp: held.sealed) == held.plain, "late, before index \(index)")
                late = nil
                continue
            }
            switch index % 65_536 {
            case 65_535: late = (packet, sealed)
            default:
                // A tenth is lost.
                guard Int.random(in: 0..<10, using: &random) > 0 else { continue }
                let opened = try ends.bob.unprotect(rtp: sealed)
                if opened != packet { Issue.record("index \(index), seed \(seed)") }
            }
        }
    }

    @Test("each SSRC has a window of its own", arguments: SRTPSuite.allCases, Implementation.allCases)
    func streams(suite: SRTPSuite, implementation: Implementation) throws {
        var ends = try Ends(suite, implementation)
        for ssrc in 1...UInt32(EVPSRTPSession.mostStreams) {
            let packet = Packet.rtp(sequence: 7, ssrc: ssrc)
            let sealed = try ends.alice.protect(rtp: packet)
            #expect(try ends.bob.unprotect(rtp: sealed) == packet)
        }
    }

    @Test(
        "a peer cannot have more SSRCs than the limit, and forged packets use none up",
        arguments: Implementation.allCases)
    func streamLimit(implementation: Implementation) throws {
        // Senders have the limit too, so that these take turns under one key.
        var one = try Ends(.aeadAES128GCM, implementation)
        let limit = UInt32(EVPSRTPSession.mostStreams)
        for first in stride(from: UInt32(1), to: 1_000, by: Int(limit)) {
            var other = try Ends(.aeadAES128GCM, implementation)
            for ssrc in first..<(first + limit) {
                var forged = try other.alice.protect(rtp: Packet.rtp(sequence: 1, ssrc: 0x8000_0000 + ssrc))
                forged[forged.count - 1] ^= 1
                let error = failure { () throws(SRTPError) in try one.bob.unprotect(rtp: forged) }
                #expect(error == .unauthenticated)
            }
        }
        for ssrc in 1...limit {
            _ = try one.bob.unprotect(rtp: try one.alice.protect(rtp: Packet.rtp(sequence: 1, ssrc: ssrc)))
        }
        var other = try Ends(.aeadAES128GCM, implementation)
        let tooMany = try other.alice.protect(rtp: Packet.rtp(sequence: 1, ssrc: 9_999))
        let rtcp = try other.alice.protect(rtcp: Packet.rtcp(ssrc: 9_999))
        let known = try one.alice.protect(rtp: Packet.rtp(sequence: 2, ssrc: 1))
        let error = failure { () throws(SRTPError) in try one.bob.unprotect(rtp: tooMany) }
        let rtcpError = failure { () throws(SRTPError) in try one.bob.unprotect(rtcp: rtcp) }
        let knownError = failure { () throws(SRTPError) in try one.bob.unprotect(rtp: known) }
        #expect(error == .tooManyStreams)
        #expect(rtcpError == .tooManyStreams)
        #expect(knownError == nil)
    }
}
