import ReferenceTools
import SRTP
import Testing

@Suite("Both implementations give the standards' packets (RFC 3711, RFC 7714)")
struct VectorTests {
    /// Master key and salt of RFC 3711 B.3.
    ///
    /// The packet is the one that libsrtp's own test program expects.
    @Test("a known packet with the master key of RFC 3711 B.3", arguments: Implementation.allCases)
    func knownPacket(implementation: Implementation) throws {
        let master = [UInt8](hex: "e1f97a0d3e018be0d64fa32c06de4139 0ec675ad498afeebb6960b3aabe6")
        var session = try TestedSession(
            implementation, suite: .aes128CMSHA1_80, inbound: master, outbound: master)
        let plain = [UInt8](hex: "800f1234decafbadcafebabe" + "abababababababababababababababab")
        let sealed = try session.protect(rtp: plain)
        #expect(
            sealed.hex
                == "800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb")
        #expect(try session.unprotect(rtp: sealed) == plain)
    }

    @Test("whole RTP packets equal the reference's", arguments: SRTPSuite.allCases, Implementation.allCases)
    func rtp(suite: SRTPSuite, implementation: Implementation) throws {
        var random = SplitMix64(seed: 3_711)
        let master = random.bytes(suite.keyLength + suite.saltLength)
        let other = random.bytes(master.count)
        var sender = try TestedSession(implementation, suite: suite, inbound: other, outbound: master)
        var receiver = try TestedSession(implementation, suite: suite, inbound: master, outbound: other)
        let reference = ReferenceSRTP(suite: suite, master: master)
        let first = UInt64(65_516)  // Wraps on the way.
        for step in 0..<Rounds.of(40) {
            let csrcs = Int.random(in: 0...15, using: &random)
            let words = Bool.random(using: &random) ? Int.random(in: 0...10, using: &random) : nil
            let payload = random.bytes(Int.random(in: 0...200, using: &random))
            let index = first + UInt64(step)
            let packet = Packet.rtp(
                sequence: UInt16(truncatingIfNeeded: index), payload: payload, csrcs: csrcs,
                extensionWords: words)
            let expected = reference.protect(
                rtp: packet, headerLength: packet.count - payload.count, index: index)
            let sealed = try sender.protect(rtp: packet)
            #expect(sealed == expected, "step \(step)")
            #expect(try receiver.unprotect(rtp: expected) == packet, "step \(step)")
        }
    }

    @Test("whole RTCP packets equal the reference's", arguments: SRTPSuite.allCases, Implementation.allCases)
    func rtcp(suite: SRTPSuite, implementation: Implementation) throws {
        var random = SplitMix64(seed: 7_714)
        let master = random.bytes(suite.keyLength + suite.saltLength)
        let other = random.bytes(master.count)
        var sender = try TestedSession(implementation, suite: suite, inbound: other, outbound: master)
        var receiver = try TestedSession(implementation, suite: suite, inbound: master, outbound: other)
        let reference = ReferenceSRTP(suite: suite, master: master)
        for index in 1...Rounds.of(40) {  // Both start with index 1.
            let packet = Packet.rtcp(words: Int.random(in: 0...60, using: &random))
            let expected = reference.protect(rtcp: packet, index: UInt32(index))
            let sealed = try sender.protect(rtcp: packet)
            #expect(sealed == expected, "index \(index)")
            #expect(try receiver.unprotect(rtcp: expected) == packet, "index \(index)")
        }
    }
}
