import Foundation
import Front
import RelayTestKit
import Switchboard
import Testing

@testable import Front

/// A folder of its own for one test.
final class TemporaryFolder: Sendable {
    let path = FileManager.default.temporaryDirectory
        .appending(path: "tidegate-\(UUID().uuidString.prefix(8))").path

    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ text: String, to name: String) throws -> String {
        try Data(text.utf8).write(to: URL(filePath: path + "/" + name))
        return path + "/" + name
    }
}

@Suite("The admin socket belongs to the server's user alone")
struct AdminSocketTests {
    @Test("socket 0600 in a folder 0700, and it answers")
    func mode() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/run/deep/admin.sock"
        try await withAdmin(StubControl(), at: .socket(path: path)) { address in
            #expect(address == path)
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            let parent = try FileManager.default.attributesOfItem(atPath: folder.path + "/run/deep")
            #expect(parent[.posixPermissions] as? Int == 0o700)
            let status = try await PlainHTTP.request("GET", "/v1/status", at: .socket(path))
            #expect(status.status == 200)
            #expect(status.text.contains("\"packets_per_second\":0"))
        }
    }

    @Test("a dead server's socket is taken over, a live one's is not")
    func staleAndLive() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/admin.sock"
        try await withAdmin(StubControl(), at: .socket(path: path)) { _ in
            #expect(throws: FrontError.socketInUse(path: path)) { try AdminSocket.prepare(path) }
        }
        // The listener is gone now; whether or not its file is, the next server starts.
        try await withAdmin(StubControl(), at: .socket(path: path)) { _ in
            let status = try await PlainHTTP.request("GET", "/v1/status", at: .socket(path))
            #expect(status.status == 200)
        }
    }

    @Test("what is not a socket is left alone")
    func notASocket() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("precious", to: "admin.sock")
        #expect(throws: FrontError.self) { try AdminSocket.prepare(path) }
        #expect(FileManager.default.contents(atPath: path) == Data("precious".utf8))
        #expect(throws: FrontError.self) { try AdminSocket.prepare(path + "/below/admin.sock") }
        #expect(throws: FrontError.self) {
            try AdminSocket.prepare("/tmp/" + String(repeating: "x", count: 120))
        }
    }
}

@Suite("The admin API (PROTOCOL.md section 6)")
struct AdminRoutesTests {
    private func call(
        _ method: String, _ path: String, body: String = "", _ control: StubControl = StubControl()
    ) async throws -> PlainHTTP {
        let folder = try TemporaryFolder()
        let socket = folder.path + "/a.sock"
        var answer: PlainHTTP?
        try await withAdmin(control, at: .socket(path: socket)) { _ in
            answer = try await PlainHTTP.request(method, path, at: .socket(socket), body: body)
        }
        return try #require(answer)
    }

    @Test(
        "a method that a path does not take is 405, the newest one too",
        arguments: ["PUT", "QUERY", "CONNECT"])
    func otherMethods(method: String) async throws {
        let answer = try await call(method, "/v1/bans")
        #expect(answer.status == 405 && answer.headers["allow"] == "GET, HEAD")
    }

    @Test("a reason of spaces is none, whatever kind they are, and one of 501 code points is too long")
    func texts() async throws {
        let long = String(repeating: "e\u{301}", count: 250) + "!"
        for (reason, status) in [(" \u{301}", 200), ("\u{2003}\u{3000}", 400), (long, 400)] {
            let answer = try await call(
                "POST", "/v1/pairs/\(StubControl.pair)/hold", body: "{\"reason\":\"\(reason)\"}")
            #expect(answer.status == status, "\(reason)")
        }
    }

    @Test("workers are listed")
    func workers() async throws {
        let answer = try await call("GET", "/v1/workers")
        #expect(answer.status == 200)
        #expect(answer.text.contains("\"busy\":0.25") && answer.text.contains("\"stuck\":false"))
    }

    @Test("a pair is shown, an unknown one is 404")
    func show() async throws {
        let shown = try await call("GET", "/v1/pairs/\(StubControl.pair)")
        #expect(shown.status == 200)
        #expect(shown.text.contains("\"dropped\":{\"held\":2}"))
        let unknown = try await call("GET", "/v1/pairs/nobody")
        #expect(unknown.status == 404)
        #expect(unknown.text.contains("\"code\":\"unknown_pair\""))
    }

    @Test("the list's filters are handed on")
    func list() async throws {
        let control = StubControl()
        #expect(
            try await call("GET", "/v1/pairs?hold=moderator&peer=p%2Dq&limit=7&cursor=c", control).status
                == 200)
        #expect(try await call("GET", "/v1/pairs?hold=&limit=", control).status == 200)
        #expect(control.state.value.queries == ["moderator p-q 7 c", "- - 100 -"])
    }

    @Test(
        "a filter that makes no sense is 400",
        arguments: [
            "hold=bogus", "limit=0", "limit=1001", "limit=x", "limit=99999999999999999999", "colour=red",
        ])
    func badFilter(query: String) async throws {
        #expect(try await call("GET", "/v1/pairs?\(query)").status == 400)
    }

    @Test(
        "an order is carried out and answered with what is in force", arguments: ["cut", "hold", "release"])
    func order(action: String) async throws {
        let control = StubControl()
        let body = "{\"reason\":\"spam\",\"from\":\"peer-b\",\"channel\":\"video\"}"
        let answer = try await call("POST", "/v1/pairs/\(StubControl.pair)/\(action)", body: body, control)
        #expect(answer.status == 200)
        #expect(answer.text.contains("\"in_force_us\":12"))
        #expect(
            control.state.value.orders
                == [.init(action: action, reason: "spam", from: "peer-b", channel: "video")])
    }

    @Test("an order with a member that nobody reads is refused by its name, and nothing is done")
    func unknownMember() async throws {
        let control = StubControl()
        let body = "{\"reason\":\"spam\",\"chanel\":\"video\"}"
        let answer = try await call("POST", "/v1/pairs/\(StubControl.pair)/cut", body: body, control)
        #expect(answer.status == 400 && answer.text.contains("the body has no member 'chanel'"))
        #expect(control.state.value.orders.isEmpty)
    }

    @Test(
        "an order that cannot be understood is 400 and carries nothing out",
        arguments: [
            "", "{", "[]", "null", "{}", "{\"reason\":1}", "{\"reason\":\"\"}",
            "{\"reason\":\"x\",\"channel\":\"smell\"}",
            "{\"reason\":\"x\",\"channel\":3}", "{\"reason\":\"x\",\"from\":\"stranger\"}",
            "{\"reason\":\"x\",\"from\":7}",
        ])
    func badOrder(body: String) async throws {
        let control = StubControl()
        let answer = try await call("POST", "/v1/pairs/\(StubControl.pair)/hold", body: body, control)
        #expect(answer.status == 400)
        #expect(answer.text.hasPrefix("{\"error\":{\"code\":\"bad_request\",\"message\":\""))
        #expect(control.state.value.orders.isEmpty)
    }

    @Test("unknown pairs, paths and methods")
    func unknown() async throws {
        let body = "{\"reason\":\"x\"}"
        #expect(try await call("POST", "/v1/pairs/nobody/cut", body: body).status == 404)
        let silent = try await call(
            "POST", "/v1/pairs/\(StubControl.pair)/cut", body: #"{"reason": "silent"}"#)
        #expect(silent.status == 503 && silent.text.contains("\"code\":\"worker_stuck\""))
        #expect(try await call("POST", "/v1/pairs/\(StubControl.pair)/bless", body: body).status == 404)
        let wrong = try await call("GET", "/v1/pairs/\(StubControl.pair)/cut")
        #expect(wrong.status == 405)
        #expect(wrong.headers["allow"] == "POST")
        #expect(try await call("DELETE", "/v1/status").status == 405)
        #expect(try await call("GET", "/").status == 404)
    }

    @Test("a peer is banned, bans are listed and lifted, and what is not there is 404")
    func bans() async throws {
        let body = "{\"reason\":\"rule 3\",\"facts\":\"what happened\"}"
        let made = try await call("POST", "/v1/peers/\(StubControl.peers[0])/ban", body: body)
        #expect(made.status == 200)
        #expect(made.text.contains("\"in_force_us\":12"))
        #expect(try await call("POST", "/v1/peers/\(StubControl.peers[0])/ban", body: "{}").status == 400)
        #expect(try await call("POST", "/v1/peers/nobody/ban", body: body).status == 404)
        #expect(try await call("GET", "/v1/bans").text.contains("\"on\":[\"address\",\"lineage\"]"))
        #expect(try await call("DELETE", "/v1/bans/\(StubControl.ban.ban)").status == 200)
        #expect(try await call("DELETE", "/v1/bans/nothing").status == 404)
        #expect(try await call("GET", "/v1/peers/nobody/ban").status == 405)
    }

    @Test("the metrics are there, with the names that dashboards use")
    func metrics() async throws {
        let page = try await call("GET", "/metrics")
        #expect(page.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
        for line in [
            "tidegate_peers 2", "tidegate_dropped_packets_total{reason=\"held\"} 7",
            "tidegate_dropped_packets_total{reason=\"srtp_replayed\"} 0",
            "tidegate_gates{channel=\"video\",hold=\"consent_self\"} 2",
            "tidegate_cut_latency_seconds_bucket{le=\"+Inf\"} 4", "tidegate_websockets 2",
            "tidegate_http_refused_connections_total 1", "tidegate_build_info{version=\"test\"} 1",
        ] {
            #expect(page.text.contains("\n\(line)\n"), "\(line)")
        }
        #expect(page.text.contains("process_resident_memory_bytes "))
        #expect(page.text.contains("process_cpu_seconds_total "))
    }
}

@Suite("Over TCP the admin API wants its token")
struct AdminTokenTests {
    private static let secret = String(repeating: "s3cret-", count: 6)

    @Test("the right token opens, everything else is 401, metrics included")
    func token() async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("\n \(Self.secret)\n", to: "token")
        try await withAdmin(StubControl(), at: .tcp(host: "127.0.0.1", port: 0, tokenFile: file)) { address in
            let port = try #require(address.split(separator: ":").last.flatMap { Int($0) })
            func status(_ path: String, _ lines: [String]) async throws -> Int {
                try await PlainHTTP.request("GET", path, at: .tcp(port: port), lines).status
            }
            #expect(try await status("/v1/status", ["Authorization: Bearer \(Self.secret)"]) == 200)
            #expect(try await status("/v1/status", ["authorization: bearer \(Self.secret)"]) == 200)
            #expect(try await status("/metrics", ["Authorization: Bearer \(Self.secret)"]) == 200)
            for wrong in [
                "", "Bearer", "Bearer ", "Bearer \(Self.secret)x", "Bearer \(Self.secret.dropLast())",
                "Basic \(Self.secret)",
            ] {
                #expect(try await status("/v1/status", ["Authorization: \(wrong)"]) == 401, "\(wrong)")
            }
            #expect(try await status("/v1/status", []) == 401)
            #expect(try await status("/metrics", []) == 401)
            #expect(try await status("/nothing", []) == 401, "who has no token does not learn what there is")
        }
    }

    @Test("a short or missing token is a sentence, not a server")
    func short() throws {
        let folder = try TemporaryFolder()
        let short = try folder.write(String(repeating: "x", count: 31) + "\n\n\n", to: "short")
        #expect(throws: FrontError.tokenTooShort(path: short, bytes: 31)) { try BearerToken(file: short) }
        #expect(throws: FrontError.self) { try BearerToken(file: folder.path + "/none") }
        _ = try BearerToken(file: try folder.write(String(repeating: "x", count: 32), to: "enough"))
    }
}
