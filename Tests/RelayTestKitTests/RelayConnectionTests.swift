import Forwarder
import MediaControl
import RelayTestKit
import RelayTypes
import Testing

@Suite("A browser gets a leg", .serialized)
struct RelayConnectionTests {
    @Test(
        "through libnice's full agent, with each profile, over IPv4 and IPv6, and two of them see each other",
        arguments: SRTPProfile.allCases, [false, true])
    func fullAgent(profile: SRTPProfile, usesIPv6: Bool) async throws {
        let relay = try RelayHarness()
        func configuration(_ sender: UInt32) -> BrowserConfiguration {
            var configuration = BrowserConfiguration(senderID: sender)
            configuration.engine = .libnice
            configuration.usesIPv6 = usesIPv6
            configuration.profiles = [profile]
            return configuration
        }
        let ada = try await relay.connect(configuration(1))
        let bob = try await relay.connect(configuration(2))
        let slot = try await relay.pair(ada, bob)
        for (joined, partner) in [(ada, bob), (bob, ada)] {
            #expect(
                await joined.record.wait { record in
                    record.stream(joined.sources.audio).packets > 20
                        && record.stream(joined.sources.video).keyFrames > 0
                        && record.stream(joined.sources.video).packets > 20
                })
            let record = joined.record.value
            #expect(record.profile == profile)
            #expect(record.dtlsVersion == "DTLSv1.2")
            #expect(record.packets(from: partner.id) == record.packetCount)
            #expect(record.undecipherable == 0)
        }
        let snapshot = try await relay.inspect(slot)
        #expect(snapshot.first.profile == profile)
        #expect(snapshot.first.state == .connected)
        #expect(snapshot.first.remote?.isIPv6 == usesIPv6)
        ada.browser.vanish()
        bob.browser.vanish()
        relay.stop()
    }

    @Test("through any mixture of profiles")
    func mixture() async throws {
        let relay = try RelayHarness()
        let ada = try await relay.connect(1) { $0.profiles = [.aes128CMSHA1_80] }
        let bob = try await relay.connect(2) { $0.profiles = [.aeadAES256GCM, .aes128CMSHA1_80] }
        #expect(bob.record.value.profile == .aeadAES256GCM)
        _ = try await relay.pair(ada, bob)
        #expect(await ada.record.wait { $0.packetCount > 50 })
        #expect(await bob.record.wait { $0.packetCount > 50 })
        #expect(ada.record.value.undecipherable == 0)
        #expect(bob.record.value.undecipherable == 0)
        ada.browser.vanish()
        bob.browser.vanish()
        relay.stop()
    }

    @Test("with the server's first choice, whatever the browser prefers (RFC 5764 §4.1.2)")
    func preference() async throws {
        let relay = try RelayHarness()
        let ada = try await relay.connect(1) { $0.profiles = SRTPProfile.allCases.reversed() }
        #expect(ada.record.value.profile == .aeadAES128GCM)
        ada.browser.vanish()
        relay.stop()
    }

    @Test("through a path that loses a fifth of everything", arguments: [11, 12, 13] as [UInt64])
    func lossyHandshake(seed: UInt64) async throws {
        let relay = try RelayHarness()
        let ada = try await relay.connect(1) { configuration in
            configuration.loss = .init(outboundPercent: 20, inboundPercent: 20, seed: seed)
        }
        ada.browser.vanish()
        relay.stop()
    }

    @Test("not with a certificate that its answer does not name (RFC 8122 §5)")
    func wrongFingerprint() async throws {
        let relay = try RelayHarness()
        var configuration = BrowserConfiguration(senderID: 1)
        configuration.faults = .wrongFingerprint
        let ada = try await relay.join(configuration)
        #expect(await relay.told.wait { $0.ended[ada.slot] == .fingerprintMismatch })
        #expect(!relay.told.value.connected.contains(ada.slot))
        #expect(ada.record.value.packetCount == 0)
        ada.browser.vanish()
        relay.stop()
    }

    @Test("not without a certificate")
    func noCertificate() async throws {
        let relay = try RelayHarness()
        var configuration = BrowserConfiguration(senderID: 1)
        configuration.faults = .noCertificate
        let ada = try await relay.join(configuration)
        #expect(
            await relay.told.wait { told in
                if case .handshakeFailed? = told.ended[ada.slot] { true } else { false }
            })
        #expect(!relay.told.value.connected.contains(ada.slot))
        ada.browser.vanish()
        relay.stop()
    }

    @Test("and no answer at all for a wrong signature (RFC 8489 §9.1.3)")
    func wrongIntegrity() async throws {
        let relay = try RelayHarness()
        var configuration = BrowserConfiguration(senderID: 1)
        configuration.faults = .wrongIntegrity
        let ada = try await relay.join(configuration)
        #expect(try await relay.waitForDrops(.stunUnauthenticated, atLeast: 5))
        let record = ada.record.value
        #expect(record.phase == .checking)
        #expect(record.ice.successes == 0)
        #expect(record.ice.errors.isEmpty)
        #expect(record.ice.ignored == 0)
        #expect(record.undecipherable == 0)
        ada.browser.vanish()
        relay.stop()
    }

    @Test("and loses it when consent runs out (RFC 7675 §5.1)")
    func consent() async throws {
        let relay = try RelayHarness(consentTimeout: 1)
        let ada = try await relay.connect(1) { $0.consentInterval = 100 }
        let bob = try await relay.connect(2) { $0.consentInterval = 100 }
        _ = try await relay.pair(ada, bob)
        #expect(await ada.record.wait { $0.packetCount > 50 })
        ada.browser.perform(.renewConsent(false))
        #expect(await relay.told.wait { $0.ended[ada.slot] == .consentExpired })
        // It goes on sending, and its partner gets nothing more of it.
        // What was on its way has long arrived when the first of these are dropped.
        let dropped = relay.server.counters().droppedPackets[.unknownAddress, default: 0]
        #expect(try await relay.waitForDrops(.unknownAddress, atLeast: dropped + 20))
        let last = bob.record.value.packets.last { $0.mark?.sender == 1 }?.mark?.counter
        #expect(try await relay.waitForDrops(.unknownAddress, atLeast: dropped + 60))
        #expect(bob.record.value.packets.last { $0.mark?.sender == 1 }?.mark?.counter == last)
        #expect(relay.told.value.ended[bob.slot] == nil)
        ada.browser.vanish()
        bob.browser.vanish()
        relay.stop()
    }

    @Test("and keeps it on another address (RFC 8445 §7.3)")
    func addressChange() async throws {
        let relay = try RelayHarness()
        let ada = try await relay.connect(1)
        let bob = try await relay.connect(2)
        _ = try await relay.pair(ada, bob)
        #expect(await ada.record.wait { $0.packetCount > 50 })
        let before = try #require(ada.record.value.ice.local)
        ada.browser.perform(.changeAddress)
        #expect(await ada.record.wait { $0.ice.local != before })
        let after = try #require(ada.record.value.ice.local)
        #expect(
            await relay.told.wait { told in
                told.moved[ada.slot]?.last.map { $0.port == after.port } ?? false
            })
        let (atAda, atBob) = (ada.record.value.packetCount, bob.record.value.packetCount)
        #expect(await ada.record.wait { $0.packetCount > atAda + 50 })
        #expect(await bob.record.wait { $0.packetCount > atBob + 50 })
        #expect(ada.record.value.undecipherable == 0)
        ada.browser.vanish()
        bob.browser.vanish()
        relay.stop()
    }

    @Test("until either side says close_notify")
    func closing() async throws {
        let relay = try RelayHarness()
        let ada = try await relay.connect(1)
        let bob = try await relay.connect(2)
        ada.browser.close()
        #expect(await relay.told.wait { $0.ended[ada.slot] == .closedByBrowser })
        try await relay.carryOut(.closeLeg(bob.slot))
        #expect(await bob.record.wait { $0.phase == .closedByServer })
        #expect(relay.told.value.ended[bob.slot] == nil)
        bob.browser.vanish()
        relay.stop()
    }
}
