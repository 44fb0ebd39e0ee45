import Foundation
import RelayTestKit
import Testing

@testable import Front

@Suite("The public listener serves the page and little else")
struct PublicRoutesTests {
    @Test("every file of the folder is in the program, and every name in the program is a file")
    func embedded() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let folder = root.appending(path: "Sources/Front/Client")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(ClientFiles.embedded.names == names.sorted())
        for name in names {
            let bytes = try Data(contentsOf: folder.appending(path: name))
            #expect(ClientFiles.embedded[name]?.bytes == Array(bytes), "\(name)")
        }
    }

    @Test(
        "every response forbids what the page does not need",
        arguments: ["/", "/app.js", "/healthz", "/nothing"])
    func headers(path: String) async throws {
        try await withServer(StubControl()) { port in
            let response = try await PlainHTTP.request(path, at: .tcp(port: port))
            let policy = try #require(response.headers["content-security-policy"])
            for directive in [
                "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:",
                "connect-src 'self'", "media-src 'self' blob: mediastream:", "base-uri 'none'",
                "form-action 'none'", "frame-ancestors 'none'",
            ] {
                #expect(
                    policy.split(separator: ";").map { $0.drop { $0 == " " } }.contains { $0 == directive })
            }
            #expect(response.headers["x-content-type-options"] == "nosniff")
            #expect(response.headers["referrer-policy"] == "no-referrer")
            #expect(response.headers["permissions-policy"] == "camera=(self), microphone=(self)")
            #expect(response.headers["cross-origin-opener-policy"] == "same-origin-allow-popups")
            #expect(response.headers["strict-transport-security"] == nil, "plain HTTP")
        }
    }

    @Test("the page comes with its type and a tag, and is not sent twice")
    func page() async throws {
        try await withServer(StubControl()) { port in
            let page = try await PlainHTTP.request("/", at: .tcp(port: port))
            #expect(page.status == 200)
            #expect(page.headers["content-type"] == "text/html; charset=utf-8")
            #expect(page.headers["cache-control"] == "no-cache")
            #expect(page.body == ClientFiles.embedded["index.html"]?.bytes)
            let tag = try #require(page.headers["etag"])
            let again = try await PlainHTTP.request(
                "/", at: .tcp(port: port), ["If-None-Match: \"x\", \(tag)"])
            #expect(again.status == 304)
            #expect(again.body.isEmpty)
            let script = try await PlainHTTP.request("/app.js", at: .tcp(port: port))
            #expect(script.headers["content-type"] == "text/javascript; charset=utf-8")
        }
    }

    @Test("HEAD tells the length and sends nothing")
    func head() async throws {
        try await withServer(StubControl()) { port in
            let response = try await PlainHTTP.request("HEAD", "/", at: .tcp(port: port))
            #expect(response.status == 200)
            #expect(
                response.headers["content-length"]
                    == "\(ClientFiles.embedded["index.html"]?.bytes.count ?? 0)")
            #expect(response.body.isEmpty)
        }
    }

    @Test(
        "what is not there is 404, and what is there takes its methods only",
        arguments: [
            ("GET", "/nothing", 404), ("GET", "/v1", 404), ("GET", "/../Package.swift", 404),
            ("GET", "/%2e%2e/x", 404), ("GET", "/dev-age.html", 404), ("GET", "/dev/age", 404),
            ("POST", "/dev/age", 404), ("POST", "/", 405), ("DELETE", "/v1/policy", 405),
            ("PUT", "/healthz", 405),
            ("GET", "/v1/signal", 426), ("GET", "/v1/status", 404), ("GET", "/metrics", 404),
        ])
    func refusals(method: String, path: String, status: Int) async throws {
        try await withServer(StubControl()) { port in
            let response = try await PlainHTTP.request(method, path, at: .tcp(port: port))
            #expect(response.status == status)
            #expect(response.text.hasPrefix("{\"error\":{\"code\":\""))
            if status == 405 { #expect(response.headers["allow"] == "GET, HEAD") }
        }
    }

    @Test(
        "bytes that are no request are answered 400 or not at all",
        arguments: ["\0\0\0\0\r\n\r\n", "GET\r\n\r\n"])
    func garbage(text: String) async throws {
        try await withServer(StubControl()) { port in
            let answer = PlainHTTP(try await PlainHTTP.exchange(text, at: .tcp(port: port)))
            #expect(answer.status == 400 || answer.status == 0)
        }
    }

    @Test("a head that is too long is refused")
    func longHead() async throws {
        try await withServer(StubControl()) { port in
            let line = "X-Long: " + String(repeating: "a", count: 40_000)
            let answer = try await PlainHTTP.request("/", at: .tcp(port: port), [line])
            #expect(answer.status == 400 || answer.status == 431 || answer.status == 0)
            #expect(try await PlainHTTP.request("/healthz", at: .tcp(port: port)).status == 200)
        }
    }

    @Test("a head that never ends is hung up on")
    func slowHead() async throws {
        try await withServer(StubControl(), configure: { $0.limits.headSeconds = 1 }) { port in
            let bytes = try await PlainHTTP.exchange("GET / HTTP/1.1\r\nHost: x\r\n", at: .tcp(port: port))
            #expect(bytes.isEmpty)
        }
    }

    @Test("alive is alive; ready is what the control plane says")
    func readiness() async throws {
        let control = StubControl()
        try await withServer(control) { port in
            #expect(try await PlainHTTP.request("/readyz", at: .tcp(port: port)).status == 200)
            control.state.update { $0.isReady = false }
            let response = try await PlainHTTP.request("/readyz", at: .tcp(port: port))
            #expect(response.status == 503)
            #expect(response.text == "{\"problems\":[\"the disk is full\"],\"ready\":false}")
            #expect(try await PlainHTTP.request("/healthz", at: .tcp(port: port)).status == 200)
        }
    }

    @Test("the policy is told as welcome tells it")
    func policy() async throws {
        try await withServer(StubControl()) { port in
            let response = try await PlainHTTP.request("/v1/policy", at: .tcp(port: port))
            let policy = try JSONDecoder().decode(JSONValue.self, from: Data(response.body))
            #expect(
                policy == [
                    "unverified": "hold", "consent": "video", "bands": ["adult", "teen"],
                    "attest_url": "/dev/age", "chat": true, "capture": "none", "retention_days": 90,
                ])
        }
    }

    @Test("the development issuer is there in development only, and knows its bands")
    func development() async throws {
        try await withServer(
            StubControl(),
            configure: {
                $0.developmentAttestation = { nonce, band in band == "adult" ? "token for \(nonce)" : nil }
            }
        ) { port in
            let place = PlainHTTP.Place.tcp(port: port)
            #expect(
                try await PlainHTTP.request("/dev/age", at: place).headers["content-type"]?
                    .hasPrefix("text/html") == true)
            #expect(try await PlainHTTP.request("/dev-age.js", at: place).status == 200)
            let body = "{\"nonce\":\"n\",\"band\":\"adult\"}"
            let token = try await PlainHTTP.request("POST", "/dev/age", at: place, body: body)
            #expect(token.text == "{\"token\":\"token for n\"}")
            for wrong in ["", "{", "{\"nonce\":1,\"band\":\"adult\"}", "{\"nonce\":\"n\",\"band\":\"x\"}"] {
                #expect(try await PlainHTTP.request("POST", "/dev/age", at: place, body: wrong).status == 400)
            }
            let long = String(repeating: " ", count: 5_000)
            #expect(try await PlainHTTP.request("POST", "/dev/age", at: place, body: long).status == 413)
        }
    }
}

extension PlainHTTP {
    fileprivate static func request(_ path: String, at place: Place, _ lines: [String] = []) async throws
        -> PlainHTTP
    {
        try await request("GET", path, at: place, lines)
    }
}
