import DTLS
import Glibc
import ReferenceTools
import Testing

@Suite("Datagrams from strangers do not trap, and forge nothing")
struct DTLSHostileTests {
    @Test("random datagrams in every state", arguments: UInt64(1)...20)
    func garbage(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let ends = try Ends()
        func garbage() -> [UInt8] {
            let body = random.bytes(Int.random(in: 0...200, using: &random))
            guard Bool.random(using: &random) else { return body }
            // A true record header, so that more of it is read.
            let type = UInt8.random(in: 19...25, using: &random)
            let epoch = UInt8.random(in: 0...2, using: &random)
            return [type, 0xfe, 0xfd, 0, epoch] + random.bytes(6) + [0, UInt8(body.count)] + body
        }
        for _ in 0..<300 { ends.server.receive(garbage()) }
        _ = ends.server.pending()
        ends.toServer(ends.client.pending())
        for _ in 0..<300 { ends.server.receive(garbage()) }
        #expect(!ends.server.isFinished)
    }

    @Test(
        "random datagrams do not end an association that is open, nor does an alert in plain text",
        arguments: UInt64(1)...5)
    func garbageWhenOpen(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let ends = try Ends()
        ends.run()
        for step in 0..<500 {
            let type = UInt8.random(in: 20...23, using: &random)
            let body = random.bytes(Int.random(in: 0...100, using: &random))
            let epoch = UInt8(step % 3)
            ends.server.receive(
                [type, 0xfe, 0xfd, 0, epoch, 0, 0, 0, 0, 1, UInt8(step % 256), 0, UInt8(body.count)] + body)
            ends.server.receive([
                21, 0xfe, 0xfd, 0, epoch, 0, 0, 0, 0, 0, UInt8(step % 256), 0, 2, UInt8(step % 3), 0,
            ])
        }
        #expect(ends.server.progress == .finished && ends.server.error == nil, "seed \(seed)")
        #expect(ends.server.isFinished)
        ends.client.close()
        ends.run()
        #expect(ends.server.progress == .closed)
    }

    /// Where the handshake messages in plain text are: what follows a record header of type 22 and epoch 0.
    ///
    /// The record header itself is left out: its number is protected by nothing before the keys are there.
    private static func plainMessages(_ flight: [[UInt8]]) -> [(datagram: Int, byte: Int)] {
        var found: [(datagram: Int, byte: Int)] = []
        for (index, datagram) in flight.enumerated() {
            var start = 0
            while start + 13 <= datagram.count {
                let end = start + 13 + Int(datagram[start + 11]) << 8 + Int(datagram[start + 12])
                if datagram[start] == 22, datagram[start + 4] == 0 {
                    found += ((start + 13)..<min(end, datagram.count)).map { (index, $0) }
                }
                start = end
            }
        }
        return found
    }

    @Test(
        "a certificate, key or signature of the client's with one byte changed never finishes",
        arguments: 0..<10)
    func changed(phase: Int) throws {
        // In DTLS 1.2 these travel in plain text.
        var place = phase
        var tried = 0
        while true {
            let ends = try Ends()
            ends.toServer(ends.client.pending())
            ends.toClient(ends.server.pending())
            var flight = ends.client.pending()
            let places = Self.plainMessages(flight)
            guard place < places.count else { break }
            flight[places[place].datagram][places[place].byte] ^= 0x41
            ends.toServer(flight)
            #expect(!ends.server.isFinished, "byte \(place)")
            place += 30
            tried += 1
        }
        #expect(tried > 10)
    }

    @Test("a ClientHello cut at any length is not answered")
    func truncated() throws {
        let ends = try Ends()
        let hello = ends.client.pending()[0]
        for length in 0..<hello.count {
            ends.server.receive(Array(hello[..<length]))
            #expect(ends.server.error == nil, "length \(length)")
            #expect(ends.server.pending().isEmpty, "length \(length)")
        }
        ends.server.receive(hello)
        ends.run()
        #expect(ends.areFinished)
    }

    @Test(
        "a ClientHello with random changes is refused, ignored or goes on, but does not trap",
        arguments: UInt64(1)...10)
    func mutated(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for _ in 0..<50 {
            let ends = try Ends()
            let original = ends.client.pending()[0]
            var hello = original
            for _ in 0...Int.random(in: 0...4, using: &random) {
                hello[Int.random(in: 13..<hello.count, using: &random)] = UInt8(
                    truncatingIfNeeded: random.next())
            }
            guard hello != original else { continue }
            ends.server.receive(hello)
            ends.run()
            #expect(!ends.areFinished, "seed \(seed)")
        }
    }

    @Test("application data is thrown away, and datagrams that are too long or empty are dropped")
    func oddSizes() throws {
        let ends = try Ends()
        ends.server.receive([])
        ends.server.receive([UInt8](repeating: 22, count: 5_000))
        ends.server.receive([UInt8](repeating: 22, count: 70_000))
        #expect(ends.server.error == nil)
        ends.run()
        #expect(ends.areFinished)
    }

    @Test("an association that has failed says closed from then on, and can still be drained")
    func afterFailure() throws {
        let ends = try Ends(clientProfiles: "SRTP_AES128_CM_SHA1_32")
        ends.toServer(ends.client.pending())
        #expect(ends.server.error == .noCommonProfile)
        #expect(ends.server.pending().count == 1, "the alert")
        ends.server.error = nil
        ends.server.receive([1, 2, 3])
        #expect(ends.server.error == .closed)
        try ends.server.handleTimeout()
        ends.server.close()
        #expect(ends.server.pending().isEmpty)
    }

    /// Resident memory of this process, in pages.
    private func residentPages() throws -> Int {
        let file = try #require(fopen("/proc/self/statm", "r"))
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        try #require(fgets(&line, 255, file) != nil)
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return try #require(Int(text.split(separator: " ")[1]))
    }

    @Test("ten thousand associations come and go without a trace")
    func comeAndGo() throws {
        let accepting = try DTLSContext(role: .server, certificate: Ends.serverCertificate)
        let connecting = try DTLSContext(role: .client, certificate: Ends.clientCertificate)
        var before = 0
        for step in 0..<10_000 {
            if step == 1_000 { before = try residentPages() }
            let server = try End(accepting: accepting)
            let client = try End(connecting: connecting)
            guard step % 10 == 0 else { continue }
            // Some get as far as the server's first flight, some to the end.
            for datagram in client.pending() { server.receive(datagram) }
            guard step % 50 == 0 else { continue }
            for datagram in server.pending() { client.receive(datagram) }
            for datagram in client.pending() { server.receive(datagram) }
            for datagram in server.pending() { client.receive(datagram) }
            #expect(client.isFinished)
        }
        // 18,000 associations more: if one in ten were lost, this would be twice as much.
        let grown = try residentPages() - before
        #expect(grown < 16_384, "\(grown) pages")
    }
}
