import DTLS
import ReferenceTools
import Testing

@Suite("A ClientHello may come in pieces (RFC 6347 §4.2.3)")
struct DTLSFragmentTests {
    /// Splits the one handshake message of a datagram into records of their own.
    ///
    /// Record numbers start high, yet near enough for the client's next ones to fall into the replay window
    /// of 64.
    static func split(_ datagram: [UInt8], into size: Int, overlap: Int = 0) -> [[UInt8]] {
        let recordHeader = Array(datagram[..<13])
        let messageHeader = Array(datagram[13..<25])
        let body = Array(datagram[25...])
        var pieces: [[UInt8]] = []
        for start in stride(from: 0, to: body.count, by: size) {
            let piece = body[start..<min(start + size + overlap, body.count)]
            var message = Array(messageHeader[..<6])
            message += three(start) + three(piece.count) + piece
            var record = Array(recordHeader[..<5])
            record += [0, 0, 0, 0, 0, UInt8(8 + pieces.count)] + three(message.count).dropFirst() + message
            pieces.append(record)
        }
        return pieces
    }

    private static func three(_ number: Int) -> [UInt8] {
        [16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
    }

    @Test("in order, backwards, shuffled, overlapping, twice", arguments: [1_000, 100, 50, 20, 8], 0..<5)
    func pieces(size: Int, way: Int) throws {
        var random = SplitMix64(seed: UInt64(size))
        let ends = try Ends()
        let hello = ends.client.pending()
        #expect(hello.count == 1)
        var pieces = Self.split(hello[0], into: size, overlap: way == 3 ? 5 : 0)
        #expect(pieces.count < 50)
        switch way {
        case 1: pieces.reverse()
        case 2, 3: pieces.shuffle(using: &random)
        case 4: pieces += pieces
        default: break
        }
        ends.toServer(pieces)
        ends.run()
        #expect(ends.areFinished && ends.server.error == nil)
        let ofServer = try ends.server.keys(56)
        let ofClient = try ends.client.keys(56)
        #expect(ofServer == ofClient)
    }

    @Test("several pieces in one datagram")
    func together() throws {
        let ends = try Ends()
        let hello = ends.client.pending()
        ends.server.receive(Array(Self.split(hello[0], into: 30).joined()))
        ends.run()
        #expect(ends.areFinished)
    }

    @Test("a missing piece keeps the server waiting, and sending nothing")
    func missing() throws {
        let ends = try Ends()
        let hello = ends.client.pending()
        var pieces = Self.split(hello[0], into: 40)
        let last = pieces.removeLast()
        ends.toServer(pieces)
        #expect(ends.server.progress == .needsDatagram && ends.server.error == nil)
        #expect(ends.server.pending().isEmpty)
        ends.server.receive(last)
        #expect(!ends.server.pending().isEmpty)
    }
}
