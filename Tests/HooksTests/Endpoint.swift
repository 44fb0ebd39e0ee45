import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// An operator's endpoint on a port of its own.
final class Endpoint: Sendable {
    struct Visit: Sendable {
        var path = ""
        var id = ""
        var timestamp = ""
        var signature = ""
        var body = ""
    }

    /// What it answers to a visit.
    typealias Answer = @Sendable (Visit) async -> (status: Int, body: String)

    private let seen = Mutex<[Visit]>([])
    private let answer: Mutex<Answer>

    init(_ answer: @escaping Answer) { self.answer = Mutex(answer) }

    var visits: [Visit] { seen.withLock { $0 } }

    func says(_ answer: @escaping Answer) { self.answer.withLock { $0 = answer } }

    /// Runs it while `body` runs, which is given its URL.
    func whileOpen(_ body: (String) async throws -> Void) async throws {
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Conversation(self))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        do {
            try await body("http://127.0.0.1:\(listener.localAddress?.port ?? 0)/hook")
        } catch {
            try? await listener.close()
            throw error
        }
        try await listener.close()
    }

    fileprivate func reply(to visit: Visit) async -> (status: Int, body: String) {
        seen.withLock { $0.append(visit) }
        return await answer.withLock { $0 }(visit)
    }
}

/// One connection: requests in, answers out.
private final class Conversation: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let endpoint: Endpoint
    private var visit = Endpoint.Visit()

    init(_ endpoint: Endpoint) { self.endpoint = endpoint }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            func field(_ name: String) -> String { head.headers.first(name: name) ?? "" }
            visit = Endpoint.Visit(
                path: head.uri, id: field("webhook-id"), timestamp: field("webhook-timestamp"),
                signature: field("webhook-signature"))
        case .body(let buffer): visit.body += String(buffer: buffer)
        case .end:
            let (channel, endpoint, visit) = (context.channel, endpoint, visit)
            Task {
                let (status, body) = await endpoint.reply(to: visit)
                var headers = HTTPHeaders([("Content-Length", "\(body.utf8.count)")])
                if status == 302 { headers.add(name: "Location", value: "/elsewhere") }
                let head = HTTPResponseHead(
                    version: .http1_1, status: .init(statusCode: status), headers: headers)
                channel.write(HTTPServerResponsePart.head(head), promise: nil)
                channel.write(
                    HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(string: body))), promise: nil)
                channel.writeAndFlush(HTTPServerResponsePart.end(nil), promise: nil)
            }
        }
    }
}
