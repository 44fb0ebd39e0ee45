import DTLS
import ReferenceTools
import Testing

@Suite("Handshakes get through a bad network (RFC 6347 §4.2.4)")
struct DTLSLossTests {
    @Test("loss, duplication and reordering, by seed", arguments: UInt64(1)...60)
    func badNetwork(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let ends = try Ends(timing: .simulated)
        var underway: [(toServer: Bool, datagram: [UInt8])] = []
        func send(_ datagrams: [[UInt8]], toServer: Bool) {
            for datagram in datagrams {
                if Int.random(in: 0..<100, using: &random) < 25 { continue }
                underway.append((toServer, datagram))
                if Int.random(in: 0..<100, using: &random) < 15 { underway.append((toServer, datagram)) }
            }
        }
        for _ in 0..<400 where !ends.areFinished {
            send(ends.client.pending(), toServer: true)
            send(ends.server.pending(), toServer: false)
            if underway.isEmpty {
                try ends.client.handleTimeout()
                try ends.server.handleTimeout()
                continue
            }
            let next = underway.remove(at: Int.random(in: 0..<underway.count, using: &random))
            if next.toServer {
                ends.server.receive(next.datagram)
            } else {
                ends.client.receive(next.datagram)
            }
            #expect(!ends.haveFailed, "seed \(seed)")
        }
        #expect(ends.areFinished, "seed \(seed)")
        let ofServer = try ends.server.keys(56)
        let ofClient = try ends.client.keys(56)
        #expect(ofServer == ofClient, "seed \(seed)")
    }

    @Test("the server's last flight is sent again when the client repeats its own")
    func lastFlight() throws {
        let ends = try Ends(timing: .simulated)
        ends.toServer(ends.client.pending())
        ends.toClient(ends.server.pending())
        ends.toServer(ends.client.pending())
        #expect(ends.server.progress == .finished)
        #expect(!ends.server.pending().isEmpty, "and lost")
        for _ in 0..<3 {
            try ends.client.handleTimeout()
            ends.toServer(ends.client.pending())
            #expect(ends.server.progress == .finished)
            #expect(ends.server.pending().isEmpty == false, "and lost")
        }
        try ends.client.handleTimeout()
        ends.run()
        #expect(ends.areFinished)
    }

    @Test("datagrams that come twice change nothing")
    func duplicates() throws {
        let ends = try Ends()
        var seen: [(toServer: Bool, datagram: [UInt8])] = []
        for _ in 0..<4 {
            for datagram in ends.client.pending() {
                ends.server.receive(datagram)
                ends.server.receive(datagram)
                seen.append((true, datagram))
            }
            for datagram in ends.server.pending() {
                ends.client.receive(datagram)
                ends.client.receive(datagram)
                seen.append((false, datagram))
            }
        }
        #expect(ends.areFinished)
        for (toServer, datagram) in seen {
            if toServer { ends.server.receive(datagram) } else { ends.client.receive(datagram) }
        }
        #expect(ends.areFinished && !ends.haveFailed)
    }

    @Test("a flight that is never answered is sent a bounded number of times", arguments: [true, false])
    func givesUp(isServer: Bool) throws {
        let ends = try Ends(timing: .simulated)
        let hello = ends.client.pending()
        if isServer {
            ends.toServer(hello)
            #expect(!ends.server.pending().isEmpty)
        }
        var sent = 0
        var failure: DTLSError?
        for _ in 0..<30 where failure == nil {
            do throws(DTLSError) {
                if isServer { try ends.server.handleTimeout() } else { try ends.client.handleTimeout() }
            } catch {
                failure = error
            }
            let datagrams = isServer ? ends.server.pending() : ends.client.pending()
            if failure == nil, !datagrams.isEmpty { sent += 1 }
        }
        #expect((5...15).contains(sent))
        guard case .handshakeFailed = failure else {
            Issue.record("it ended with \(String(describing: failure))")
            return
        }
    }

    @Test(
        "there is no deadline before there is a flight, and then at most the first pause"
    )
    func deadlines() throws {
        let ends = try Ends()
        let early = ends.server.retransmitDeadline
        #expect(early == nil)
        let ofClient = try #require(ends.client.retransmitDeadline)
        #expect(ofClient <= 100_000)
        ends.toServer(ends.client.pending())
        let ofServer = try #require(ends.server.retransmitDeadline)
        #expect(ofServer <= 100_000)
    }

    @Test("simulated pauses double up to the cap, and begin anew with a new flight")
    func pauses() throws {
        let ends = try Ends(timing: .simulated)
        var pauses: [UInt64] = []
        for _ in 0..<7 {
            pauses.append(try #require(ends.client.retransmitDeadline))
            try ends.client.handleTimeout()
        }
        #expect(pauses == [100_000, 200_000, 400_000, 800_000, 1_600_000, 1_600_000, 1_600_000])
        ends.toServer(ends.client.pending())
        ends.toClient(ends.server.pending())
        let anew = ends.client.retransmitDeadline
        #expect(anew == 100_000)
    }
}
