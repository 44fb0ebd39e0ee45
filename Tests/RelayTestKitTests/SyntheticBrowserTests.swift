import RelayTestKit
import RelayTypes
import Testing

@Suite("A synthetic browser and an echo", .serialized)
struct SyntheticBrowserTests {
    static let audio: UInt32 = 0xa0d1_0001
    static let video: UInt32 = 0x71de_0001
    static let retransmission: UInt32 = 0x71de_0002

    @Test(
        "connect and hear themselves", arguments: [BrowserConfiguration.Engine.light, .libnice],
        [false, true])
    func echo(engine: BrowserConfiguration.Engine, usesIPv6: Bool) async throws {
        let server = try EchoServer(usesIPv6: usesIPv6)
        var configuration = BrowserConfiguration(senderID: 7)
        configuration.engine = engine
        configuration.usesIPv6 = usesIPv6
        let browser = try SyntheticBrowser(configuration)
        _ = try browser.answer(server.offer)
        #expect(
            await browser.record.wait { record in
                record.stream(Self.audio).packets > 20
                    && record.stream(Self.video).packets > 40
            })
        let record = browser.record.value
        #expect(record.phase == .connected)
        #expect(record.profile == .aeadAES128GCM)
        #expect(record.stream(Self.audio).payloadTypes == [111])
        #expect(record.stream(Self.video).payloadTypes == [96])
        #expect(record.undecipherable == 0)
        // The first frame, and one for the PLI.
        #expect(record.sent.keyFrames == 2)
        #expect(record.count(of: .pictureLossIndication) == 1)
        #expect(record.packets(from: 7) == record.packetCount)
        #expect(Set(record.packets.compactMap(\.mid)) == ["0", "1"])
        browser.close()
        #expect(browser.record.value.phase == .closed)
        server.stop()
    }

    @Test("agree on the profile that only one offers", arguments: SRTPProfile.allCases)
    func profiles(profile: SRTPProfile) async throws {
        let server = try EchoServer()
        var configuration = BrowserConfiguration(senderID: 7)
        configuration.profiles = [profile]
        let browser = try SyntheticBrowser(configuration)
        _ = try browser.answer(server.offer)
        #expect(await browser.record.wait { $0.packetCount > 10 })
        #expect(browser.record.value.profile == profile)
        browser.vanish()
        server.stop()
    }

    @Test("lose packets, ask for them, and get them again (RFC 4585 §6.2.1, RFC 4588)")
    func loss() async throws {
        let server = try EchoServer()
        var configuration = BrowserConfiguration(senderID: 7)
        configuration.loss = .init(outboundPercent: 0, inboundPercent: 10, seed: 42)
        configuration.media.framesPerSecond = 60
        let browser = try SyntheticBrowser(configuration)
        _ = try browser.answer(server.offer)
        #expect(await browser.record.wait { $0.recovered >= 10 })
        let record = browser.record.value
        #expect(record.sent.retransmissions >= 10)
        #expect(record.stream(Self.retransmission).payloadTypes == [97])
        #expect(record.packets.contains { $0.originalSequenceNumber != nil && $0.mark?.sender == 7 })
        browser.vanish()
        server.stop()
    }

    @Test("change the address and go on")
    func address() async throws {
        let server = try EchoServer()
        let browser = try SyntheticBrowser(BrowserConfiguration(senderID: 7))
        _ = try browser.answer(server.offer)
        #expect(await browser.record.wait { $0.packetCount > 10 })
        let before = browser.record.value
        browser.perform(.changeAddress)
        #expect(
            await browser.record.wait { $0.ice.mapped != before.ice.mapped && $0.ice.mapped == $0.ice.local })
        let count = browser.record.value.packetCount
        #expect(await browser.record.wait { $0.packetCount > count + 20 })
        browser.vanish()
        server.stop()
    }

    @Test("get no answer for a wrong signature (RFC 8489 §9.1.3)")
    func wrongIntegrity() async throws {
        let server = try EchoServer()
        var configuration = BrowserConfiguration(senderID: 7)
        configuration.faults = .wrongIntegrity
        let browser = try SyntheticBrowser(configuration)
        _ = try browser.answer(server.offer)
        #expect(await browser.record.wait { $0.ice.requests >= 5 })
        #expect(browser.record.value.ice.successes == 0)
        #expect(browser.record.value.ice.ignored == 0)
        #expect(browser.record.value.phase == .checking)
        browser.vanish()
        server.stop()
    }
}
