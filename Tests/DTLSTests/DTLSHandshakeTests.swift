import DTLS
import Testing

@Suite("A handshake gives both ends the same keys (RFC 5764)")
struct DTLSHandshakeTests {
    @Test("finishes in four flights, with DTLS 1.2 and the certificates of both")
    func finishes() throws {
        let ends = try Ends()
        let hello = ends.client.pending()
        #expect(hello.count == 1)
        ends.toServer(hello)
        #expect(ends.server.progress == .needsDatagram)
        let serverFlight = ends.server.pending()
        ends.toClient(serverFlight)
        #expect(ends.client.progress == .needsDatagram)
        ends.toServer(ends.client.pending())
        #expect(ends.server.progress == .finished)
        ends.toClient(ends.server.pending())
        #expect(ends.client.progress == .finished)
        #expect(ends.client.pending().isEmpty && ends.server.pending().isEmpty)

        #expect(ends.server.version == "DTLSv1.2")
        #expect(ends.server.cipher.hasPrefix("ECDHE-ECDSA-"))
        for algorithm in DTLSDigest.allCases {
            let clientDigest = try #require(Ends.clientCertificate).digest(algorithm)
            let serverDigest = try #require(Ends.serverCertificate).digest(algorithm)
            let seenByServer = ends.server.digest(algorithm)
            let seenByClient = ends.client.digest(algorithm)
            #expect(seenByServer == clientDigest)
            #expect(seenByClient == serverDigest)
        }
        let deadlines = (ends.server.retransmitDeadline, ends.client.retransmitDeadline)
        #expect(deadlines == (nil, nil))
    }

    @Test("the exported keys are equal at both ends, for every length", arguments: [1, 56, 60, 88, 200])
    func keys(length: Int) throws {
        let ends = try Ends()
        ends.run()
        let ofServer = try ends.server.keys(length)
        let ofClient = try ends.client.keys(length)
        #expect(ofServer == ofClient)
        #expect(length < 8 || ofServer.contains { $0 != 0 })
        let others = try Ends()
        others.run()
        let ofOthers = try others.server.keys(length)
        #expect(length < 8 || ofServer != ofOthers)
    }

    @Test("before the handshake is done there are no keys, no certificate and no profile")
    func nothingEarly() throws {
        let ends = try Ends()
        ends.toServer(ends.client.pending())
        var error: DTLSError?
        do throws(DTLSError) { _ = try ends.server.keys(56) } catch let caught { error = caught }
        let digest = ends.server.digest(.sha256)
        let profile = ends.server.selectedProfile
        #expect(error == .closed)
        #expect(digest == nil)
        #expect(profile == nil)
    }

    static let gcm128 = "SRTP_AEAD_AES_128_GCM"
    static let gcm256 = "SRTP_AEAD_AES_256_GCM"
    static let sha1 = "SRTP_AES128_CM_SHA1_80"

    @Test(
        "the server's order of profiles decides (RFC 5764 §4.1.1)",
        arguments: [
            ("\(gcm128):\(gcm256):\(sha1)", 7),
            ("\(sha1):\(gcm256):\(gcm128)", 7),
            ("\(sha1):\(gcm128)", 7),
            ("\(sha1):\(gcm256)", 8),
            ("\(gcm256):\(sha1)", 8),
            ("SRTP_AES128_CM_SHA1_32:\(sha1)", 1),
            (gcm128, 7), (gcm256, 8), (sha1, 1),
        ] as [(String, UInt16)])
    func serverOrder(clientProfiles: String, expected: UInt16) throws {
        let ends = try Ends(clientProfiles: clientProfiles)
        ends.run()
        #expect(ends.areFinished)
        let profiles = (ends.server.selectedProfile, ends.client.selectedProfile)
        #expect(profiles == (expected, expected))
    }

    @Test("another order of the server's gives another profile")
    func otherOrder() throws {
        let ends = try Ends(serverProfiles: "\(Self.sha1):\(Self.gcm256):\(Self.gcm128)")
        ends.run()
        let profile = ends.server.selectedProfile
        #expect(profile == 1)
    }

    @Test(
        "without a profile in common the handshake fails, and says so",
        arguments: [
            ("SRTP_AES128_CM_SHA1_32", DTLSContext.defaultProfiles), (gcm128, "\(gcm256):\(sha1)"),
        ])
    func noCommonProfile(clientProfiles: String, serverProfiles: String) throws {
        let ends = try Ends(clientProfiles: clientProfiles, serverProfiles: serverProfiles)
        ends.run()
        #expect(ends.server.error == .noCommonProfile)
        // The alert reached the client.
        guard case .handshakeFailed = ends.client.error else {
            Issue.record("the client saw \(String(describing: ends.client.error))")
            return
        }
        #expect(!ends.server.isFinished && !ends.client.isFinished)
    }

    @Test("a client without a certificate is refused")
    func noCertificate() throws {
        let ends = try Ends(clientCertificate: nil)
        ends.run()
        guard case .handshakeFailed(let stack) = ends.server.error else {
            Issue.record("the server saw \(String(describing: ends.server.error))")
            return
        }
        #expect("\(stack)".contains("certificate"))
        #expect(!ends.server.isFinished)
        let digest = ends.server.digest(.sha256)
        #expect(digest == nil)
    }

    @Test("another certificate has another digest: the caller's comparison would fail")
    func otherCertificate() throws {
        let other = try DTLSCertificate.generated()
        let ends = try Ends(clientCertificate: other)
        ends.run()
        let seen = ends.server.digest(.sha256)
        #expect(try seen == other.fingerprint())
        #expect(try seen != Ends.clientCertificate?.fingerprint())
    }
}

@Suite("An association ends when one side says so (RFC 5246 §7.2.1)")
struct DTLSCloseTests {
    @Test("close_notify of the client")
    func byClient() throws {
        let ends = try Ends()
        ends.run()
        ends.client.close()
        ends.run()
        #expect(ends.server.progress == .closed)
        #expect(!ends.server.isFinished && !ends.client.isFinished)
        ends.server.receive([22, 0xfe, 0xfd])
        #expect(ends.server.error == .closed)
    }

    @Test("close_notify of the server, answered in kind")
    func byServer() throws {
        let ends = try Ends()
        ends.run()
        ends.server.close()
        let notices = ends.server.pending()
        #expect(notices.count == 1)
        ends.toClient(notices)
        #expect(ends.client.progress == .closed)
        #expect(ends.client.pending().count == 1)
    }

    @Test("closing twice says it once, and an unfinished handshake says nothing")
    func quiet() throws {
        var ends = try Ends()
        ends.server.close()
        #expect(ends.server.pending().isEmpty)
        ends = try Ends()
        ends.run()
        ends.server.close()
        ends.server.close()
        #expect(ends.server.pending().count == 1)
        ends.server.close()
        #expect(ends.server.pending().isEmpty)
    }
}
