import DTLS
import Foundation
import NIOCore
import RelayTestKit
import ServiceLifecycle
import Testing

@testable import Front

@Suite("TLS with the operator's certificate")
struct TLSTests {
    @Test("the page comes over TLS, and browsers are told to stay there")
    func serves() async throws {
        let folder = try TemporaryFolder()
        _ = try DTLSCertificate.loadOrCreate(directory: folder.path)
        let file = folder.path + "/" + DTLSCertificate.fileName
        try await withServer(
            StubControl(),
            configure: {
                $0.certificate = file
                $0.key = file
            }
        ) { port in
            let page = try await PlainHTTP.request("GET", "/healthz", at: .tls(port: port))
            #expect(page.status == 200)
            #expect(page.headers["strict-transport-security"] != nil)
        }
    }

    @Test("when the certificate ends is known, for whoever must renew it")
    func expiry() throws {
        let folder = try TemporaryFolder()
        _ = try DTLSCertificate.loadOrCreate(directory: folder.path)
        let file = folder.path + "/" + DTLSCertificate.fileName
        let configuration = try #require(try TLSFiles.configuration(certificate: file, key: file))
        #expect(try #require(TLSFiles.expiry(configuration)) > Date.now.timeIntervalSince1970 + 86_400)
    }

    @Test("a certificate or key that cannot be used is one sentence that names it")
    func unusable() throws {
        let folder = try TemporaryFolder()
        let other = try TemporaryFolder()
        _ = try DTLSCertificate.loadOrCreate(directory: folder.path)
        _ = try DTLSCertificate.loadOrCreate(directory: other.path)
        let good = folder.path + "/" + DTLSCertificate.fileName
        let foreign = other.path + "/" + DTLSCertificate.fileName
        let nonsense = try folder.write("nonsense", to: "nonsense.pem")
        let missing = folder.path + "/missing.pem"
        #expect(throws: FrontError.certificateUnreadable(path: missing, why: "there is no such file")) {
            try TLSFiles.configuration(certificate: missing, key: good)
        }
        #expect(throws: FrontError.keyUnreadable(path: missing, why: "there is no such file")) {
            try TLSFiles.configuration(certificate: good, key: missing)
        }
        for (certificate, key) in [(nonsense, good), (good, nonsense), (good, foreign), (good, "")] {
            do throws(FrontError) {
                _ = try TLSFiles.configuration(certificate: certificate, key: key)
                Issue.record("\(certificate) with \(key) was taken")
            } catch {
                #expect(!error.description.contains("\n"))
                #expect(error.description.hasPrefix("cannot "))
            }
        }
        #expect(try TLSFiles.configuration(certificate: "", key: "") == nil)
    }
}

@Suite("A place that cannot be listened on is one sentence")
struct ListenFailureTests {
    private func failure(host: String, port: Int) async throws -> FrontError? {
        var configuration = FrontConfiguration()
        configuration.host = host
        configuration.port = port
        let server = try PublicServer(
            configuration: configuration, control: StubControl(), logger: .silent, onListening: { _ in })
        do {
            try await ServiceGroup(services: [server], logger: .silent).run()
            return nil
        } catch {
            return error as? FrontError
        }
    }

    @Test("a port that is taken")
    func taken() async throws {
        try await withServer(StubControl()) { port in
            let error = try #require(try await failure(host: "127.0.0.1", port: port))
            #expect(error.description.hasPrefix("cannot listen on 127.0.0.1:\(port): another program"))
        }
    }

    @Test("an address of another machine")
    func foreign() async throws {
        let error = try #require(try await failure(host: "192.0.2.1", port: 0))
        #expect(error.description == "cannot listen on 192.0.2.1:0: this machine has no such address")
    }
}

@Suite("Nobody takes all the connections")
struct ConnectionLimiterTests {
    private func prefix(_ address: String) throws -> ConnectionLimiter.Prefix? {
        ConnectionLimiter.Prefix(try SocketAddress(ipAddress: address, port: 1))
    }

    @Test("an IPv4 address and an IPv6 /64 are one place; loopback is none")
    func prefixes() throws {
        #expect(try prefix("192.0.2.1") != prefix("192.0.2.2"))
        #expect(try prefix("::ffff:192.0.2.1") == prefix("192.0.2.1"))
        #expect(try prefix("2001:db8::1") == prefix("2001:db8::ffff:1"))
        #expect(try prefix("2001:db8:0:1::1") != prefix("2001:db8::1"))
        for loopback in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"] {
            #expect(try prefix(loopback) == nil)
        }
        #expect(ConnectionLimiter.Prefix(nil) == nil)
    }

    @Test("each place has its share, and all together have theirs")
    func shares() throws {
        let limiter = ConnectionLimiter(connections: 5, perPrefix: 2)
        let first = try prefix("192.0.2.1")
        let second = try prefix("2001:db8::1")
        #expect(limiter.enter(first))
        #expect(limiter.enter(first))
        #expect(!limiter.enter(first))
        #expect(limiter.enter(second))
        #expect(limiter.enter(nil))
        #expect(limiter.enter(nil))
        #expect(!limiter.enter(nil), "five are five")
        #expect(!limiter.enter(second))
        limiter.leave(first)
        #expect(limiter.enter(first))
        #expect(limiter.counts.open == 5)
        #expect(limiter.counts.refused == 3)
    }

    @Test("a connection too many is hung up on, and there is room again when one goes")
    func overTheWire() async throws {
        let control = StubControl()
        try await withServer(control, configure: { $0.limits.connections = 1 }) { port in
            let client = try await SignallingClient.connect(port: port)
            await #expect(throws: SignallingClient.Failure.hungUp) {
                try await SignallingClient.connect(port: port)
            }
            client.close()
            #expect(try await client.closure().code == 1000)
        }
    }
}
