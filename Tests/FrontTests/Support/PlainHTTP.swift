import NIOCore
import NIOPosix
import NIOSSL
import RelayTestKit

/// One HTTP/1.1 exchange by hand: what is sent is what the test wrote.
struct PlainHTTP: Sendable {
    var status: Int
    /// Names in lower case.
    var headers: [String: String]
    var body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }

    enum Place: Sendable {
        case tcp(port: Int)
        case tls(port: Int)
        case socket(String)
    }

    /// Sends a request that asks the server to hang up afterwards.
    static func request(
        _ method: String = "GET", _ path: String, at place: Place, _ lines: [String] = [], body: String = ""
    ) async throws -> PlainHTTP {
        var head = ["\(method) \(path) HTTP/1.1", "Host: localhost", "Connection: close"] + lines
        if !body.isEmpty { head.append("Content-Length: \(body.utf8.count)") }
        let bytes = try await exchange((head + ["", body]).joined(separator: "\r\n"), at: place)
        return Self(bytes)
    }

    /// Sends bytes and takes everything that comes until the server hangs up.
    static func exchange(_ text: String, at place: Place) async throws -> [UInt8] {
        try await exchange(Array(text.utf8), at: place)
    }

    /// Sends bytes and takes everything that comes until the server hangs up.
    static func exchange(_ bytes: [UInt8], at place: Place) async throws -> [UInt8] {
        let received = Monitor(Received())
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if case .tls = place {
                        var configuration = TLSConfiguration.makeClientConfiguration()
                        configuration.certificateVerification = .none
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(
                                context: try NIOSSLContext(configuration: configuration), serverHostname: nil)
                        )
                    }
                    try channel.pipeline.syncOperations.addHandler(Collector(received))
                }
            }
        let channel: any Channel
        switch place {
        case .tcp(let port), .tls(let port):
            channel = try await bootstrap.connect(host: "127.0.0.1", port: port).get()
        case .socket(let path): channel = try await bootstrap.connect(unixDomainSocketPath: path).get()
        }
        // The server may hang up before it has read everything.
        try? await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
        _ = await received.wait { $0.isOver }
        return received.value.bytes
    }

    init(_ bytes: [UInt8]) {
        let end = Array("\r\n\r\n".utf8)
        let split = bytes.indices.first { bytes[$0...].starts(with: end) } ?? bytes.endIndex
        let lines = String(decoding: bytes[..<split], as: UTF8.self).split(separator: "\r\n")
        let words = lines.first?.split(separator: " ") ?? []
        status = words.count > 1 ? Int(words[1]) ?? 0 : 0
        headers = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] = String(
                line[line.index(after: colon)...].drop { $0 == " " })
        }
        body = Array(bytes[min(split + 4, bytes.endIndex)...])
    }

    private struct Received: Sendable {
        var bytes: [UInt8] = []
        var isOver = false
    }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let received: Monitor<Received>

        init(_ received: Monitor<Received>) { self.received = received }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = Array(unwrapInboundIn(data).readableBytesView)
            received.update { $0.bytes += bytes }
        }

        func channelInactive(context: ChannelHandlerContext) { received.update { $0.isOver = true } }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
