import COpenSSL
import ReferenceTools
import Testing

@testable import SRTP

@Suite("Keys are used up, never used twice (RFC 3711 §9.2)")
struct KeyLimitTests {
    private static let ssrc: UInt32 = 0x1234_5678

    private static func session(_ suite: SRTPSuite) throws -> EVPSRTPSession {
        let key = [UInt8](repeating: 7, count: suite.keyLength + suite.saltLength)
        return try EVPSRTPSession(suite: suite, inbound: key, outbound: key)
    }

    @Test("the 2^48th RTP packet of a stream is the last one sent", arguments: SRTPSuite.allCases)
    func rtp(suite: SRTPSuite) throws {
        var session = try Self.session(suite)
        session.setNewest(rtp: 1 << 48 - 2, rtcp: 0, ssrc: Self.ssrc)
        let last = try session.protect(rtp: Packet.rtp(sequence: 0xffff))
        for sequence: UInt16 in [0, 1, 0x7ffe] {
            let error = failure { () throws(SRTPError) in
                try session.protect(rtp: Packet.rtp(sequence: sequence))
            }
            #expect(error == .keyLimit)
        }
        let again = failure { () throws(SRTPError) in try session.protect(rtp: Packet.rtp(sequence: 0xffff)) }
        #expect(again == .replayed)
        // The receiver is at the same point, so that it takes the last one, and nothing after it.
        #expect(try session.unprotect(rtp: last) == Packet.rtp(sequence: 0xffff))
        var next = last
        (next[2], next[3]) = (0, 0)
        let beyond = failure { () throws(SRTPError) in try session.unprotect(rtp: next) }
        #expect(beyond == .keyLimit)
    }

    @Test("the SRTCP index ends at 2^31 - 1 and does not start again", arguments: SRTPSuite.allCases)
    func rtcp(suite: SRTPSuite) throws {
        var session = try Self.session(suite)
        session.setNewest(rtp: 0, rtcp: 1 << 31 - 2, ssrc: Self.ssrc)
        let last = try session.protect(rtcp: Packet.rtcp())
        #expect(try session.unprotect(rtcp: last) == Packet.rtcp())
        for _ in 0..<3 {
            let error = failure { () throws(SRTPError) in try session.protect(rtcp: Packet.rtcp()) }
            #expect(error == .keyLimit)
        }
        // Other streams count for themselves.
        _ = try session.protect(rtcp: Packet.rtcp(ssrc: 1))
    }

    @Test("a session sends 64 SSRCs and no more", arguments: SRTPSuite.allCases)
    func streams(suite: SRTPSuite) throws {
        var session = try Self.session(suite)
        for ssrc in 1...UInt32(EVPSRTPSession.mostStreams) {
            _ = try session.protect(rtp: Packet.rtp(sequence: 1, ssrc: ssrc))
        }
        let rtp = failure { () throws(SRTPError) in
            try session.protect(rtp: Packet.rtp(sequence: 1, ssrc: 99))
        }
        let rtcp = failure { () throws(SRTPError) in try session.protect(rtcp: Packet.rtcp(ssrc: 99)) }
        #expect(rtp == .tooManyStreams)
        #expect(rtcp == .tooManyStreams)
        _ = try session.protect(rtp: Packet.rtp(sequence: 2, ssrc: 1))
    }

    @Test("SRTCP that says it is not encrypted is malformed", arguments: SRTPSuite.allCases)
    func unencrypted(suite: SRTPSuite) throws {
        var session = try Self.session(suite)
        var sealed = try session.protect(rtcp: Packet.rtcp())
        sealed[sealed.count - (suite == .aes128CMSHA1_80 ? 14 : 4)] &= 0x7f
        let error = failure { () throws(SRTPError) in try session.unprotect(rtcp: sealed) }
        #expect(error == .malformed)
    }

    @Test("what is refused leaves nothing in OpenSSL's error queue", arguments: SRTPSuite.allCases)
    func errorQueue(suite: SRTPSuite) throws {
        ERR_clear_error()
        var session = try Self.session(suite)
        #expect(ERR_peek_error() == 0)
        for isRTP in [true, false] {
            var forged =
                isRTP
                ? try session.protect(rtp: Packet.rtp(sequence: 1)) : try session.protect(rtcp: Packet.rtcp())
            forged[12] ^= 1
            let error = failure { () throws(SRTPError) in
                isRTP ? try session.unprotect(rtp: forged) : try session.unprotect(rtcp: forged)
            }
            #expect(error == .unauthenticated)
            #expect(ERR_peek_error() == 0)
        }
    }
}

@Suite("A replay window forgets nothing and invents nothing")
struct ReplayWindowTests {
    @Test(
        "it says what a set of all used indices would say", arguments: [1, 3, 63, 64, 65, 500, 1_023, 1_024])
    func model(stride: UInt64) {
        var random = SplitMix64(seed: stride)
        var window = ReplayWindow<16>()
        var used: Set<UInt64> = []
        var newest: UInt64 = 0
        for step in 0..<3_000 {
            let index =
                Bool.random(using: &random)
                ? newest + .random(in: 0...stride, using: &random)
                : newest - min(newest, .random(in: 0...1_100, using: &random))
            let isFresh = !used.contains(index) && index + 1_024 > newest
            if window.isFresh(index) != isFresh { Issue.record("step \(step), stride \(stride)") }
            guard isFresh else { continue }
            window.use(index)
            used.insert(index)
            newest = max(newest, index)
            #expect(window.newest == newest)
        }
    }

    @Test(
        "sequence numbers become indices as RFC 3711 Appendix A says, but never below rollover 0",
        arguments: [
            (0, 0, 0), (0, 65_535, 65_535), (32_767, 65_535, 65_535), (65_535, 0, 65_536),
            (65_535, 32_766, 98_302), (65_535, 32_767, 32_767), (65_536, 65_535, 65_535),
            (65_536, 32_768, 98_304), (65_536, 32_769, 32_769), (98_304, 0, 65_536),
            (98_305, 0, 131_072),
        ] as [(UInt64, UInt16, UInt64)])
    func guess(newest: UInt64, sequenceNumber: UInt16, index: UInt64) {
        #expect(ReplayWindow<16>(newest: newest).index(of: sequenceNumber) == index)
    }
}
