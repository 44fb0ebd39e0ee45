import DTLS
import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import NIOWebSocket
import RelayTestKit
import Switchboard
import Synchronization
import Testing

@testable import Front

/// A configuration that says what a test wants.
final class StubConfig: ConfigControl {
    let calls = Mutex<[String]>([])
    let refusal: ReloadRefusal?

    init(refusal: ReloadRefusal? = nil) { self.refusal = refusal }

    func configurationJSON() async -> String { #"{"file":"tidegate.toml","values":{}}"# }

    func reload(isDryRun: Bool, by who: Operator) async throws(ReloadRefusal) -> ReloadReport {
        calls.withLock { $0.append("\(isDryRun) \(who.name)") }
        if let refusal { throw refusal }
        return ReloadReport(changed: ["log.level"], needsRestart: ["media.port"], dryRun: isDryRun)
    }
}

@Suite("Drain and reload through the admin API")
struct LifeRoutesTests {
    private func call(
        _ method: String, _ path: String, _ lines: [String] = [], body: String = "",
        control: StubControl = StubControl(), config: (any ConfigControl)? = nil
    ) async throws -> PlainHTTP {
        let folder = try TemporaryFolder()
        let socket = folder.path + "/a.sock"
        var answer: PlainHTTP?
        try await withAdmin(control, at: .socket(path: socket), config: config) { _ in
            answer = try await PlainHTTP.request(method, path, at: .socket(socket), lines, body: body)
        }
        return try #require(answer)
    }

    @Test("drain: a deadline in seconds or the configured one, who it was, how far it is, and taken back")
    func drain() async throws {
        let control = StubControl()
        let fresh = try await call("GET", "/v1/drain", control: control)
        #expect(fresh.text == #"{"draining":false,"pairs":1,"peers":2,"stopping":false}"#)
        let started = try await call(
            "POST", "/v1/drain", ["Tidegate-Operator: nora"], body: #"{"deadline":90}"#, control: control)
        #expect(started.text == #"{"deadline":90,"draining":true,"pairs":1,"peers":2,"stopping":false}"#)
        #expect(control.state.value.operators == ["nora"])
        #expect(try await call("POST", "/v1/drain", control: control).text.contains(#""deadline":600"#))
        #expect(try await call("DELETE", "/v1/drain", control: control).status == 200)
        #expect(control.state.value.drainSeconds == nil)

        _ = try await call("POST", "/v1/drain", body: #"{"deadline":7}"#, control: control)
        let final = try await call("DELETE", "/v1/drain", control: control)
        #expect(final.status == 409 && final.text.contains(#""code":"stopping""#))
    }

    @Test(
        "a deadline that is none changes nothing",
        arguments: [
            #"{"deadline":-1}"#, #"{"deadline":86401}"#, #"{"deadline":"soon"}"#, #"{"deadline":1.5}"#, "[]",
            "x",
        ])
    func badDeadline(body: String) async throws {
        let control = StubControl()
        #expect(try await call("POST", "/v1/drain", body: body, control: control).status == 400)
        #expect(control.state.value.drainSeconds == nil)
        #expect(try await call("PUT", "/v1/drain", control: control).status == 405)
    }

    @Test("reload: what changed, what needs a restart; a dry run says so")
    func reload() async throws {
        let config = StubConfig()
        let answer = try await call(
            "POST", "/v1/reload", ["Tidegate-Operator: nora"], body: #"{"dry_run":true}"#, config: config)
        #expect(answer.text == #"{"changed":["log.level"],"dry_run":true,"needs_restart":["media.port"]}"#)
        #expect(try await call("POST", "/v1/reload", config: config).status == 200)
        #expect(config.calls.withLock { $0 } == ["true nora", "false operator"])
        #expect(try await call("GET", "/v1/config", config: config).text.contains("tidegate.toml"))
        #expect(try await call("POST", "/v1/reload", body: #"{"dry_run":1}"#, config: config).status == 400)
    }

    @Test("a broken file is 422 with every problem; a second reload at a time is 409")
    func refused() async throws {
        let broken = try await call(
            "POST", "/v1/reload",
            config: StubConfig(refusal: .problems(["a is 1 but must be 2", "b is 3"], file: "t.toml")))
        #expect(broken.status == 422)
        #expect(broken.text.contains(#""code":"bad_config""#))
        #expect(broken.text.contains("t.toml has 2 problems: a is 1 but must be 2; b is 3"))
        #expect(try await call("POST", "/v1/reload", config: StubConfig(refusal: .busy)).status == 409)
    }
}

@Suite("The time in a response")
struct HTTPDateTests {
    @Test("is the one of RFC 9110") func example() async throws {
        #expect(HTTPDate.text(784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
        try await withServer(StubControl()) { port in
            let answer = try await PlainHTTP.request("GET", "/healthz", at: .tcp(port: port))
            #expect(answer.headers["date"]?.hasSuffix(" GMT") == true)
        }
    }
}

@Suite("Which TLS is spoken")
struct TLSVersionTests {
    private struct Handshake: Equatable {
        var version: TLSVersion?
        var certificate: [UInt8]?
    }

    /// - Returns: `nil` where the server refuses.
    private func shake(_ port: Int, _ version: TLSVersion) async throws -> Handshake? {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = .none
        configuration.minimumTLSVersion = version
        configuration.maximumTLSVersion = version
        let context = try NIOSSLContext(configuration: configuration)
        let done = MultiThreadedEventLoopGroup.singleton.next().makePromise(of: Void.self)
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(try NIOSSLClientHandler(context: context, serverHostname: nil))
                    try pipeline.addHandler(Completion(done))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        defer { channel.close(promise: nil) }
        // Waits in the library until the handshake is over.
        channel.writeAndFlush(ByteBuffer(string: "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"), promise: nil)
        do {
            try await done.futureResult.get()
        } catch {
            return nil
        }
        return Handshake(
            version: try await channel.nioSSL_tlsVersion().get(),
            certificate: try await channel.nioSSL_peerCertificate().get()?.toDERBytes())
    }

    private final class Completion: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let done: EventLoopPromise<Void>

        init(_ done: EventLoopPromise<Void>) { self.done = done }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) { done.succeed() }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { done.fail(error) }

        func channelInactive(context: ChannelHandlerContext) { done.fail(ChannelError.ioOnClosedChannel) }
    }

    private func certificate(in folder: TemporaryFolder) throws -> String {
        _ = try DTLSCertificate.loadOrCreate(directory: folder.path)
        return folder.path + "/" + DTLSCertificate.fileName
    }

    @Test("1.2 and 1.3; 1.1 and 1.0 are refused")
    func versions() async throws {
        let folder = try TemporaryFolder()
        let file = try certificate(in: folder)
        try await withServer(
            StubControl(),
            configure: {
                $0.certificate = file
                $0.key = file
            }
        ) { port in
            let tlsv12 = try await shake(port, .tlsv12)
            #expect(tlsv12?.version == .tlsv12)
            let tlsv13 = try await shake(port, .tlsv13)
            #expect(tlsv13?.version == .tlsv13)
            let tlsv11 = try await shake(port, .tlsv11)
            #expect(tlsv11 == nil)
            let tlsv1 = try await shake(port, .tlsv1)
            #expect(tlsv1 == nil)
        }
    }

    @Test("another certificate is for new connections; an open one stays")
    func renewed() async throws {
        let (folder, other) = (try TemporaryFolder(), try TemporaryFolder())
        var configuration = FrontConfiguration()
        configuration.port = 0
        configuration.certificate = try certificate(in: folder)
        configuration.key = configuration.certificate
        let opened = Monitor<ListenerAddress?>(nil)
        let server = try PublicServer(configuration: configuration, control: StubControl(), logger: .silent) {
            address in opened.update { $0 = address }
        }
        configuration.certificate = try certificate(in: other)
        configuration.key = configuration.certificate
        let renewed = try FrontSettings(configuration)
        try await whileRunning(server, once: { await opened.wait { $0 != nil } }) {
            let port = try #require(opened.value).port
            let before = try await shake(port, .tlsv13)?.certificate
            server.adopt(renewed)
            let after = try await shake(port, .tlsv13)?.certificate
            #expect(before != nil && after != nil && before != after)
        }
    }

    @Test("the admin API speaks TLS with a certificate, and still wants the token")
    func admin() async throws {
        let folder = try TemporaryFolder()
        let file = try certificate(in: folder)
        let token = String(repeating: "k", count: 40)
        let tokenFile = try folder.write(token, to: "token")
        let place = AdminServer.Place.tcp(
            host: "127.0.0.1", port: 0, tokenFile: tokenFile, certificate: file, key: file)
        try await withAdmin(StubControl(), at: place) { address in
            let port = try #require(address.split(separator: ":").last.flatMap { Int($0) })
            let path = "/v1/status"
            let good = try await PlainHTTP.request(
                "GET", path, at: .tls(port: port), ["Authorization: Bearer \(token)"])
            #expect(good.status == 200)
            #expect(try await PlainHTTP.request("GET", path, at: .tls(port: port)).status == 401)
            let tlsv11 = try await shake(port, .tlsv11)
            #expect(tlsv11 == nil)
            let plain = try await PlainHTTP.request("GET", path, at: .tcp(port: port))
            #expect(plain.status == 0)
        }
    }
}

@Suite("A listener that is shut for another process")
struct ShutListenerTests {
    @Test("takes no connection any more, and lets those who are here stay until the end")
    func stops() async throws {
        var configuration = FrontConfiguration()
        configuration.port = 0
        configuration.limits.closeSeconds = 1
        let opened = Monitor<ListenerAddress?>(nil)
        let server = try PublicServer(configuration: configuration, control: StubControl(), logger: .silent) {
            address in opened.update { $0 = address }
        }
        try await whileRunning(server, once: { await opened.wait { $0 != nil } }) {
            let port = try #require(opened.value).port
            let client = try await SignallingClient.connect(port: port)
            server.stopListening()
            // Closed on the listener's own thread, a moment later.
            let isRefused = Monitor(false)
            for _ in 0..<1_000 where !isRefused.value {
                do {
                    _ = try await SignallingClient.connect(port: port)
                } catch {
                    isRefused.update { $0 = true }
                }
            }
            #expect(isRefused.value)
            client.send(frame: .ping, Array("x".utf8))
            #expect(await client.pong() == Array("x".utf8))
        }
    }
}
