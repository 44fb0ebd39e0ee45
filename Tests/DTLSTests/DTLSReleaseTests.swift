import DTLS
import ReferenceTools
import Testing

@Suite("After release() an association still hears and says what ends it (RFC 6347 §4.2.4, RFC 5246 §7.2.1)")
struct DTLSReleaseTests {
    static let ciphers = [
        "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305",
    ]

    /// Two ends that are up, the server released.
    private func released(_ cipher: String = ciphers[0], timing: DTLSTiming = .standard) throws -> Ends {
        let ends = try Ends(serverCiphers: cipher, timing: timing)
        ends.run()
        #expect(ends.server.cipher == cipher)
        ends.server.release()
        return ends
    }

    @Test("the client's close_notify is heard and answered, with every cipher", arguments: ciphers)
    func closedByClient(cipher: String) throws {
        let ends = try released(cipher)
        #expect(ends.server.isFinished)
        ends.client.close()
        ends.toServer(ends.client.pending())
        #expect(ends.server.progress == .closed)
        #expect(!ends.server.isFinished)
        #expect(ends.server.pending().count == 1)
        #expect(ends.server.error == nil)
    }

    @Test("the client hears the server's close_notify, with every cipher", arguments: ciphers)
    func closedByServer(cipher: String) throws {
        let ends = try released(cipher)
        #expect(ends.server.pending().isEmpty, "nothing is said before its time")
        ends.server.close()
        let farewell = ends.server.pending()
        #expect(farewell.count == 1)
        ends.toClient(farewell)
        #expect(ends.client.progress == .closed)
        ends.server.close()
        #expect(ends.server.pending().isEmpty, "once")
    }

    @Test(
        "a last flight that was lost is sent again when the client repeats its own, and then the client is up"
    )
    func lastFlight() throws {
        let ends = try Ends(timing: .simulated)
        ends.toServer(ends.client.pending())
        ends.toClient(ends.server.pending())
        ends.toServer(ends.client.pending())
        #expect(ends.server.progress == .finished)
        // A slow machine may have sent an earlier flight again before it.
        let first = try #require(ends.server.pending().last)
        let keys = try ends.server.keys(56)
        ends.server.release()
        for _ in 0..<3 {
            try ends.client.handleTimeout()
            ends.toServer(ends.client.pending())
            let again = ends.server.pending()
            let isSame = again == [first]
            #expect(isSame, "and lost")
        }
        try ends.client.handleTimeout()
        ends.run()
        #expect(ends.areFinished)
        let ofClient = try ends.client.keys(56)
        #expect(ofClient == keys)
    }

    @Test("a last flight that waits when the memory is given back still goes out, once")
    func flightWaits() throws {
        let ends = try Ends()
        ends.toServer(ends.client.pending())
        ends.toClient(ends.server.pending())
        ends.toServer(ends.client.pending())
        ends.server.release()
        let flight = ends.server.pending()
        ends.toClient(flight)
        #expect(ends.client.isFinished)
        #expect(ends.server.pending().isEmpty)
    }

    @Test("a repeated flight is answered a bounded number of times")
    func bounded() throws {
        let ends = try Ends(timing: .simulated)
        ends.toServer(ends.client.pending())
        ends.toClient(ends.server.pending())
        var flights: [[[UInt8]]] = [ends.client.pending()]
        for _ in 0..<11 {
            try ends.client.handleTimeout()
            flights.append(ends.client.pending())
        }
        ends.toServer(flights.removeFirst())
        _ = ends.server.pending()
        ends.server.release()
        var answers = 0
        for flight in flights {
            ends.toServer(flight)
            answers += ends.server.pending().count
        }
        #expect(answers == flights.count)
        // What has been answered is not answered again.
        for flight in flights { ends.toServer(flight) }
        #expect(ends.server.pending().isEmpty)
        #expect(ends.server.isFinished)
    }

    @Test("keys, certificate and profile are gone, and a second release() changes nothing")
    func nothingLater() throws {
        let ends = try released()
        ends.server.release()
        var error: DTLSError?
        do throws(DTLSError) { _ = try ends.server.keys(56) } catch let caught { error = caught }
        #expect(error == .closed)
        #expect(ends.server.digest(.sha256) == nil)
        #expect(ends.server.selectedProfile == nil)
        #expect(ends.server.cipher.isEmpty)
        #expect(ends.server.retransmitDeadline == nil)
    }

    @Test("before the handshake is done there is nothing to release, and it goes on")
    func tooEarly() throws {
        let ends = try Ends()
        ends.server.release()
        ends.toServer(ends.client.pending())
        ends.server.release()
        ends.run()
        #expect(ends.areFinished)
    }

    @Test("a client's association keeps everything")
    func client() throws {
        let ends = try Ends()
        ends.run()
        ends.client.release()
        _ = try ends.client.keys(56)
        ends.server.close()
        ends.toClient(ends.server.pending())
        #expect(ends.client.progress == .closed)
    }

    @Test("an alert with any bit wrong, cut short or in the clear ends nothing; the right one does")
    func forged() throws {
        let ends = try released()
        ends.client.close()
        let alert = try #require(ends.client.pending().first)
        for position in alert.indices {
            for bit in 0..<8 {
                var forged = alert
                forged[position] ^= 1 << UInt8(bit)
                ends.server.receive(forged)
            }
            ends.server.receive(Array(alert[..<position]))
        }
        ends.server.receive([21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 1, 0])
        #expect(ends.server.isFinished)
        #expect(ends.server.pending().isEmpty)
        ends.server.receive(alert)
        #expect(ends.server.progress == .closed)
    }

    @Test("an alert of another association ends nothing")
    func stranger() throws {
        let ends = try released()
        let others = try released()
        others.client.close()
        ends.toServer(others.client.pending())
        #expect(ends.server.isFinished)
    }

    @Test("random records, seeded, end nothing and bring no answer", arguments: UInt64(1)...4)
    func random(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let ends = try released()
        for _ in 0..<2_000 {
            var datagram: [UInt8] = []
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                let length = Int.random(in: 0...60, using: &random)
                let said = Bool.random(using: &random) ? length : Int.random(in: 0...70, using: &random)
                datagram += [
                    UInt8.random(in: 20...23, using: &random), 0xfe, 0xfd, 0,
                    UInt8.random(in: 0...2, using: &random),
                    0, 0, 0, 0, 0, UInt8.random(in: 0...255, using: &random), 0, UInt8(said),
                ]
                for _ in 0..<length { datagram.append(UInt8.random(in: 0...255, using: &random)) }
            }
            ends.server.receive(datagram)
        }
        #expect(ends.server.isFinished && ends.server.error == nil, "seed \(seed)")
        #expect(ends.server.pending().isEmpty, "seed \(seed)")
        ends.client.close()
        ends.toServer(ends.client.pending())
        #expect(ends.server.progress == .closed, "seed \(seed)")
    }
}
