import ArgumentParser
import Foundation
import NIOCore

/// Captures the packets of a live pair: `tidegatectl pcap <pair> --duration 10 --output pair.pcapng`.
struct Pcap: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Capture the packets of a pair's legs, decrypted, for Wireshark.",
        discussion: """
            Headers only, unless the server's configuration permits more (admin.pcap_payload): the payload is two \
            people's conversation. Each capture is in the audit log before its first packet.

            Each leg is an interface. Inbound is what came from the browser, before the splice; outbound is what goes \
            to it, after the splice. A packet that went no further says why in a comment. To read it:

              tshark -r pair.pcapng -d udp.port==50000,rtp

            A server carries out one capture for each media worker at a time, and bounds it in time and size \
            (admin.pcap_seconds, admin.pcap_bytes).
            """)

    enum Direction: String, ExpressibleByArgument, CaseIterable {
        case inbound = "in"
        case outbound = "out"
        case both
    }

    @OptionGroup var server: ServerOptions

    @Argument(help: "The pair, as shown by 'tidegatectl pair list'.")
    var pair: String

    @Option(parsing: .unconditional, help: "Only the leg of this peer of the pair. Default: both.")
    var peer: String?

    @Option(help: "What came from the browser (in), what goes to it (out), or both.")
    var direction = Direction.both

    @Option(help: "How long, in seconds; the pair's end ends it, too.")
    var duration = 10

    @Flag(inversion: .prefixedNo, help: "Nothing behind the headers.")
    var headersOnly = true

    @Option(
        parsing: .unconditional, help: "The file to write, which only you can read; - for standard output.")
    var output: String

    func validate() throws {
        guard (1...3_600).contains(duration) else { throw ValidationError("--duration must be 1 to 3600") }
        guard !output.isEmpty else { throw ValidationError("--output must name a file") }
    }

    func run() async throws {
        try await reporting {
            let client = try server.client()
            let file = try CaptureFile(path: output)
            var summary = PcapngSummary()
            let order = Body(
                peer: peer, direction: direction.rawValue, seconds: duration, headersOnly: headersOnly)
            do throws(AdminFailure) {
                try await client.stream(
                    "/v1/pairs/" + AdminClient.encoded(pair) + "/pcap", order, seconds: duration
                ) { piece throws(AdminFailure) in
                    let bytes = Array(piece.readableBytesView)
                    try file.append(bytes)
                    try summary.read(bytes)
                }
            } catch {
                file.giveUp()
                throw error
            }
            guard output != "-" else { return }
            try tell(summary)
        }
    }

    private func tell(_ summary: PcapngSummary) throws {
        if server.json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            let told = Told(file: output, packets: summary.packets, lost: summary.lost, bytes: summary.bytes)
            return print(SafeText.json(String(decoding: try encoder.encode(told), as: UTF8.self)))
        }
        print(
            "wrote \(SafeText.line(output)): \(summary.packets) packets, \(summary.bytes) bytes"
                + (summary.lost > 0 ? "; \(summary.lost) packets did not fit and are missing" : ""))
    }

    private struct Body: Encodable {
        let peer: String?
        let direction: String
        let seconds: Int
        let headersOnly: Bool

        private enum CodingKeys: String, CodingKey {
            case peer, direction, seconds
            case headersOnly = "headers_only"
        }
    }

    private struct Told: Encodable {
        let file: String
        let packets: Int
        let lost: UInt64
        let bytes: Int
    }
}
