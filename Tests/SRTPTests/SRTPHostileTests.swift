import ReferenceTools
import SRTP
import Testing

@Suite("Bytes from the network are refused, and never trap")
struct SRTPHostileTests {
    @Test(
        "an RTP packet with any one bit flipped is refused, and the true one still passes",
        arguments: SRTPSuite.allCases, Implementation.allCases)
    func flippedRTP(suite: SRTPSuite, implementation: Implementation) throws {
        var ends = try Ends(suite, implementation)
        let packet = Packet.rtp(sequence: 500, csrcs: 2, extensionWords: 2)
        let sealed = try ends.alice.protect(rtp: packet)
        for bit in 0..<(8 * sealed.count) {
            var forged = sealed
            forged[bit / 8] ^= 1 << UInt8(bit % 8)
            let error = failure { () throws(SRTPError) in try ends.bob.unprotect(rtp: forged) }
            #expect(error == .unauthenticated || error == .malformed, "bit \(bit)")
        }
        #expect(try ends.bob.unprotect(rtp: sealed) == packet)
    }

    @Test(
        "an RTCP packet with any one bit flipped is refused, and the true one still passes",
        arguments: SRTPSuite.allCases, Implementation.allCases)
    func flippedRTCP(suite: SRTPSuite, implementation: Implementation) throws {
        var ends = try Ends(suite, implementation)
        let packet = Packet.rtcp()
        let sealed = try ends.alice.protect(rtcp: packet)
        for bit in 0..<(8 * sealed.count) {
            var forged = sealed
            forged[bit / 8] ^= 1 << UInt8(bit % 8)
            let error = failure { () throws(SRTPError) in try ends.bob.unprotect(rtcp: forged) }
            #expect(error == .unauthenticated || error == .malformed, "bit \(bit)")
        }
        #expect(try ends.bob.unprotect(rtcp: sealed) == packet)
    }

    @Test("a packet cut at any length is refused", arguments: SRTPSuite.allCases, Implementation.allCases)
    func truncated(suite: SRTPSuite, implementation: Implementation) throws {
        var ends = try Ends(suite, implementation)
        let rtp = try ends.alice.protect(rtp: Packet.rtp(sequence: 500, csrcs: 3, extensionWords: 4))
        let rtcp = try ends.alice.protect(rtcp: Packet.rtcp())
        for length in 0..<rtp.count {
            let error = failure { () throws(SRTPError) in try ends.bob.unprotect(rtp: Array(rtp[..<length])) }
            #expect(error == .unauthenticated || error == .malformed, "length \(length)")
        }
        for length in 0..<rtcp.count {
            let error = failure { () throws(SRTPError) in try ends.bob.unprotect(rtcp: Array(rtcp[..<length]))
            }
            #expect(error == .unauthenticated || error == .malformed, "length \(length)")
        }
    }

    @Test(
        "headers that say more than there is are malformed, whichever way they go",
        arguments: SRTPSuite.allCases, Implementation.allCases)
    func lyingHeaders(suite: SRTPSuite, implementation: Implementation) throws {
        var ends = try Ends(suite, implementation)
        var rows: [[UInt8]] = []
        let fixed = Packet.rtp(sequence: 1, payload: [])
        rows.append(Array(fixed.dropLast()))
        rows.append([0x8f] + fixed.dropFirst() + [UInt8](repeating: 0, count: 59))  // 15 CSRCs need 60.
        rows.append([0x90] + fixed.dropFirst())  // Extension without a header.
        rows.append([0x90] + fixed.dropFirst() + [0, 0, 0])
        rows.append([0x90] + fixed.dropFirst() + [0xbe, 0xde, 0, 1])
        rows.append(
            [0x90] + fixed.dropFirst() + [0xbe, 0xde, 0xff, 0xff] + [UInt8](repeating: 0, count: 400))
        rows.append([0x40] + fixed.dropFirst())  // Version 1.
        rows.append([])
        for row in rows {
            let padded = row + [UInt8](repeating: 0, count: row.isEmpty ? 0 : suite.rtpTrailerLength)
            let outward = failure { () throws(SRTPError) in try ends.alice.protect(rtp: row) }
            let inward = failure { () throws(SRTPError) in try ends.bob.unprotect(rtp: padded) }
            #expect(outward == .malformed, "\(row.hex)")
            #expect(inward == .malformed, "\(row.hex)")
        }
        for row in [[], [0x80], [0x80, 201, 0, 1, 0, 0, 0], [0x40, 201, 0, 1, 0, 0, 0, 1]] as [[UInt8]] {
            let padded = row + [UInt8](repeating: 0, count: row.isEmpty ? 0 : suite.rtcpTrailerLength)
            let outward = failure { () throws(SRTPError) in try ends.alice.protect(rtcp: row) }
            let inward = failure { () throws(SRTPError) in try ends.bob.unprotect(rtcp: padded) }
            #expect(outward == .malformed, "\(row.hex)")
            #expect(inward == .malformed, "\(row.hex)")
        }
    }

    @Test("the smallest packets work", arguments: SRTPSuite.allCases, Implementation.allCases)
    func smallest(suite: SRTPSuite, implementation: Implementation) throws {
        var ends = try Ends(suite, implementation)
        let rtp = Packet.rtp(sequence: 1, payload: [])
        let rtcp = Packet.rtcp(words: 0)
        #expect(try ends.bob.unprotect(rtp: try ends.alice.protect(rtp: rtp)) == rtp)
        #expect(try ends.bob.unprotect(rtcp: try ends.alice.protect(rtcp: rtcp)) == rtcp)
    }

    @Test(
        "an extension of the greatest length works, and one a word longer does not",
        arguments: SRTPSuite.allCases, Implementation.allCases)
    func longExtension(suite: SRTPSuite, implementation: Implementation) throws {
        var ends = try Ends(suite, implementation)
        let packet = Packet.rtp(sequence: 1, payload: [1], extensionWords: 300)
        var sealed = try ends.alice.protect(rtp: packet)
        #expect(try ends.bob.unprotect(rtp: sealed) == packet)
        // The same packet, saying that its extension reaches into the tag.
        sealed[15] &+= 1
        let error = failure { () throws(SRTPError) in try ends.bob.unprotect(rtp: sealed) }
        #expect(error == .malformed)
    }

    @Test("random bytes are refused", arguments: SRTPSuite.allCases, Implementation.allCases)
    func random(suite: SRTPSuite, implementation: Implementation) throws {
        let seed: UInt64 = 0xbad
        var random = SplitMix64(seed: seed)
        var ends = try Ends(suite, implementation)
        for step in 0..<3_000 {
            var bytes = random.bytes(Int.random(in: 0...120, using: &random))
            if !bytes.isEmpty, step % 2 == 0 { bytes[0] = 0x80 | bytes[0] & 0x3f }
            let rtp = failure { () throws(SRTPError) in try ends.bob.unprotect(rtp: bytes) }
            let rtcp = failure { () throws(SRTPError) in try ends.bob.unprotect(rtcp: bytes) }
            guard let rtp, let rtcp, rtp != .replayed || rtcp != .replayed else {
                Issue.record("step \(step), seed \(seed)")
                return
            }
        }
    }

    @Test(
        "random changes of true packets are refused, and the stream goes on", arguments: SRTPSuite.allCases,
        Implementation.allCases)
    func mutated(suite: SRTPSuite, implementation: Implementation) throws {
        let seed: UInt64 = 0xfeed
        var random = SplitMix64(seed: seed)
        var ends = try Ends(suite, implementation)
        for step in 0..<1_500 {
            let packet = Packet.rtp(
                sequence: UInt16(truncatingIfNeeded: step), csrcs: step % 16,
                extensionWords: step % 3 == 0 ? step % 7 : nil)
            let sealed = try ends.alice.protect(rtp: packet)
            var forged = sealed
            for _ in 0...Int.random(in: 0...3, using: &random) {
                forged[Int.random(in: 0..<min(forged.count, 40), using: &random)] = UInt8(
                    truncatingIfNeeded: random.next())
            }
            if forged != sealed {
                let error = failure { () throws(SRTPError) in try ends.bob.unprotect(rtp: forged) }
                #expect(error != nil, "step \(step), seed \(seed)")
            }
            #expect(try ends.bob.unprotect(rtp: sealed) == packet, "step \(step), seed \(seed)")
        }
    }

    @Test("the other profiles' packets are refused", arguments: SRTPSuite.allCases, SRTPSuite.allCases)
    func otherProfile(sender: SRTPSuite, receiver: SRTPSuite) throws {
        guard sender != receiver else { return }
        for implementation in Implementation.allCases {
            var one = try Ends(sender, implementation)
            var other = try Ends(receiver, implementation)
            let rtp = try one.alice.protect(rtp: Packet.rtp(sequence: 1))
            let rtcp = try one.alice.protect(rtcp: Packet.rtcp())
            let rtpError = failure { () throws(SRTPError) in try other.bob.unprotect(rtp: rtp) }
            let rtcpError = failure { () throws(SRTPError) in try other.bob.unprotect(rtcp: rtcp) }
            #expect(rtpError == .unauthenticated)
            #expect(rtcpError == .unauthenticated || rtcpError == .malformed)
        }
    }
}

@Suite("Our own mistakes are errors too")
struct SRTPCallerTests {
    @Test(
        "a slot without room for the trailer is refused, and one with just enough works",
        arguments: SRTPSuite.allCases, Implementation.allCases)
    func room(suite: SRTPSuite, implementation: Implementation) throws {
        var ends = try Ends(suite, implementation)
        let rtp = Packet.rtp(sequence: 1)
        let rtcp = Packet.rtcp()
        for isRTP in [true, false] {
            let packet = isRTP ? rtp : rtcp
            let trailer = isRTP ? suite.rtpTrailerLength : suite.rtcpTrailerLength
            for room in 0...trailer {
                var slot = packet + [UInt8](repeating: 0, count: room)
                var span = slot.mutableSpan
                var bytes = span.mutableBytes
                let error = failure { () throws(SRTPError) in
                    isRTP
                        ? try ends.alice.protectRTP(&bytes, length: packet.count)
                        : try ends.alice.protectRTCP(&bytes, length: packet.count)
                }
                #expect(error == (room < trailer ? .noRoom : nil), "room \(room)")
            }
        }
    }

    @Test(
        "a length outside the slot is refused", arguments: [-1, 33, Int.max, Int.min],
        Implementation.allCases)
    func length(length: Int, implementation: Implementation) throws {
        var ends = try Ends(.aeadAES128GCM, implementation)
        var slot = Packet.rtp(sequence: 1)
        var span = slot.mutableSpan
        var bytes = span.mutableBytes
        let inward = failure { () throws(SRTPError) in try ends.alice.unprotectRTP(&bytes, length: length) }
        let outward = failure { () throws(SRTPError) in try ends.alice.protectRTP(&bytes, length: length) }
        #expect(inward == .malformed)
        #expect(outward == .malformed)
    }

    @Test("libsrtp2 is not given a slot that is not on a multiple of 4")
    func alignment() throws {
        var ends = try Ends(.aeadAES128GCM, .libSRTP)
        var slot = [0] + Packet.rtp(sequence: 1) + [UInt8](repeating: 0, count: 32)
        var span = slot.mutableSpan
        var bytes = span.mutableBytes
        var shifted = bytes._mutatingExtracting(1...)
        let error = failure { () throws(SRTPError) in try ends.alice.protectRTP(&shifted, length: 32) }
        #expect(error == .library(2))
    }

    @Test("keys of a wrong length are refused", arguments: SRTPSuite.allCases, Implementation.allCases)
    func keyLength(suite: SRTPSuite, implementation: Implementation) {
        let right = [UInt8](repeating: 7, count: suite.keyLength + suite.saltLength)
        for wrong in [[], Array(right.dropLast()), right + [7]] as [[UInt8]] {
            #expect(throws: SRTPError.self) {
                _ = try TestedSession(implementation, suite: suite, inbound: wrong, outbound: right)
            }
            #expect(throws: SRTPError.self) {
                _ = try TestedSession(implementation, suite: suite, inbound: right, outbound: wrong)
            }
            #expect(throws: SRTPError.self) {
                let exported = right + wrong
                _ = try TestedSession(implementation, suite: suite, exported: exported, isServer: true)
            }
        }
    }

    @Test("thousands of sessions come and go", arguments: Implementation.allCases)
    func comeAndGo(implementation: Implementation) throws {
        for step in 0..<Rounds.of(1_000) {
            let suite = SRTPSuite.allCases[step % 3]
            var ends = try Ends(suite, implementation, seed: UInt64(step))
            if step % 100 == 0 {
                let packet = Packet.rtp(sequence: 1)
                #expect(try ends.bob.unprotect(rtp: try ends.alice.protect(rtp: packet)) == packet)
            }
        }
    }
}
