import Front
import RelayTestKit
import RelayTypes
import Storage
import Switchboard
import Testing

@testable import Front

@Suite("Reports and appeals over the admin API (PROTOCOL.md section 6)")
struct ReportRoutesTests {
    private static let decision = "/v1/reports/\(StubControl.report)/decision"
    private static let good =
        #"{"outcome":"upheld","action":"warn","ground":"rule 3","facts":"what happened"}"#

    private func call(
        _ method: String, _ path: String, _ lines: [String] = [], body: String = "",
        _ control: StubControl = StubControl()
    ) async throws -> PlainHTTP {
        let folder = try TemporaryFolder()
        let socket = folder.path + "/a.sock"
        var answer: PlainHTTP?
        try await withAdmin(control, at: .socket(path: socket)) { _ in
            answer = try await PlainHTTP.request(method, path, at: .socket(socket), lines, body: body)
        }
        return try #require(answer)
    }

    @Test("a decision is handed on with all its members and the operator's name")
    func decide() async throws {
        let control = StubControl()
        let body = """
            {"outcome":"upheld","action":"ban","ground_kind":"illegal","ground":"§ 184b","facts":"seen",
             "until":"2099-01-01T00:00:00Z","on":["identity"],"automated_detection":true,"even_though_minor":true}
            """
        let answer = try await call(
            "POST", Self.decision, ["Tidegate-Operator: Mo Derator"], body: body, control)
        #expect(answer.status == 200)
        #expect(answer.text.contains("\"decision\":\"decision-1\""))
        let order = try #require(control.state.value.decisions.first)
        #expect(order.action == .ban && order.groundKind == .illegal && order.handles == [.identity])
        #expect(order.automatedDetection && !order.automatedDecision && order.evenThoughMinor)
        #expect(order.until != nil)
        #expect(control.state.value.operators == ["Mo Derator"])
    }

    @Test(
        "a decision that cannot be understood is 400, and nothing is decided",
        arguments: [
            "", "{", "[]", "{}", #"{"outcome":"upheld","action":"none","ground":"x"}"#,
            #"{"outcome":"upheld","action":"none","ground":"x","facts":""}"#,
            #"{"outcome":"upheld","action":"none","ground":"x","facts":"  \n "}"#,
            #"{"outcome":"upheld","action":"none","ground":"","facts":"x"}"#,
            #"{"outcome":"upheld","action":"none","ground":1,"facts":"x"}"#,
            #"{"outcome":"maybe","action":"none","ground":"x","facts":"x"}"#,
            #"{"outcome":"upheld","action":"kill","ground":"x","facts":"x"}"#,
            #"{"outcome":"rejected","action":"ban","ground":"x","facts":"x"}"#,
            #"{"outcome":"upheld","action":"ban","ground":"x","facts":"x","until":"tomorrow"}"#,
            #"{"outcome":"upheld","action":"ban","ground":"x","facts":"x","until":"2001-01-01T00:00:00Z"}"#,
            #"{"outcome":"upheld","action":"warn","ground":"x","facts":"x","until":"2099-01-01T00:00:00Z"}"#,
            #"{"outcome":"upheld","action":"ban","ground":"x","facts":"x","on":[]}"#,
            #"{"outcome":"upheld","action":"ban","ground":"x","facts":"x","on":["soul"]}"#,
            #"{"outcome":"upheld","action":"none","ground_kind":"bad","ground":"x","facts":"x"}"#,
        ])
    func badDecision(body: String) async throws {
        let control = StubControl()
        let answer = try await call("POST", Self.decision, body: body, control)
        #expect(answer.status == 400, "\(answer.text)")
        #expect(answer.text.contains("\"code\":\"bad_request\""))
        #expect(control.state.value.decisions.isEmpty)
    }

    @Test("texts that are too long are refused: facts with 400, a megabyte with 413")
    func tooLong() async throws {
        let control = StubControl()
        func body(_ characters: Int) -> String {
            #"{"outcome":"upheld","action":"none","ground":"x","facts":""#
                + String(repeating: "x", count: characters) + "\"}"
        }
        #expect(try await call("POST", Self.decision, body: body(4_000), control).status == 200)
        #expect(try await call("POST", Self.decision, body: body(4_001), control).status == 400)
        let answer = try await call("POST", Self.decision, body: body(1_000_000), control)
        #expect(answer.status == 413 && answer.text.contains("\"code\":\"too_large\""))
        #expect(control.state.value.decisions.count == 1)
    }

    @Test("what is not there is 404 with its own code")
    func unknown() async throws {
        for (method, path, body, code) in [
            ("POST", "/v1/reports/nothing/decision", Self.good, "unknown_report"),
            ("GET", "/v1/reports/nothing", "", "unknown_report"),
            ("GET", "/v1/reports/nothing/case", "", "unknown_report"),
            ("POST", "/v1/reports/nothing/hold", #"{"hold":true,"reason":"x"}"#, "unknown_report"),
            ("POST", "/v1/reports/nothing/referral", #"{"to":"x"}"#, "unknown_report"),
            (
                "POST", "/v1/appeals/nothing/decision", #"{"outcome":"kept","ground":"x","facts":"x"}"#,
                "unknown_appeal"
            ),
        ] {
            let answer = try await call(method, path, body: body)
            #expect(answer.status == 404 && answer.text.contains("\"code\":\"\(code)\""), "\(path)")
        }
    }

    @Test("an operator's name must be one", arguments: ["", String(repeating: "x", count: 65), "Zo\u{eb}"])
    func badOperator(name: String) async throws {
        let control = StubControl()
        let answer = try await call(
            "POST", Self.decision, ["Tidegate-Operator: \(name)"], body: Self.good, control)
        #expect(answer.status == 400 && control.state.value.decisions.isEmpty)
    }

    @Test("lists, holds, referrals and retention are handed on")
    func calls() async throws {
        let control = StubControl()
        let report = "/v1/reports/\(StubControl.report)"
        for (method, path, body) in [
            ("GET", "/v1/reports", ""),
            ("GET", "/v1/reports?state=all&limit=7&cursor=0.5.1800000000000.abc", ""),
            ("POST", report + "/hold", #"{"hold":true,"reason":"police"}"#),
            ("POST", report + "/referral", #"{"to":"hotline","reference":"7"}"#),
            ("GET", "/v1/appeals?state=answered", ""),
            (
                "POST", "/v1/appeals/\(StubControl.appeal)/decision",
                #"{"outcome":"reversed","ground":"x","facts":"y"}"#
            ),
            ("GET", "/v1/audit?after=3&limit=2", ""), ("POST", "/v1/retention/run", ""),
            ("POST", "/v1/retention/run", #"{"dry_run":true}"#),
        ] {
            let answer = try await call(method, path, body: body, control)
            #expect(answer.status == 200, "\(path) \(answer.text)")
        }
        #expect(
            control.state.value.calls == [
                "reports open 100 -", "reports all 7 0.5.1800000000000.abc", "hold true police",
                "refer hotline 7 -", "appeals answered", "appeal reversed", "audit 3 2", "retention false",
                "retention true",
            ])
        #expect(Set(control.state.value.operators) == ["operator"])
        #expect(try await call("GET", "/v1/audit/verify").text.contains("\"sound\":false"))
        let full = try await call("GET", "/v1/retention")
        #expect(full.status == 503 && full.text.contains("\"code\":\"storage_failed\""))
    }

    @Test(
        "a query that makes no sense is 400",
        arguments: [
            "reports?state=new", "reports?limit=0", "reports?limit=1001", "reports?cursor=abc",
            "reports?colour=red",
            "appeals?state=maybe", "audit?after=-1", "audit?limit=x",
        ])
    func badQuery(query: String) async throws {
        #expect(try await call("GET", "/v1/" + query).status == 400)
    }
}

@Suite("Who outside brings a report needs a key of their own")
struct SourceKeyTests {
    private static let key = String(repeating: "flag-", count: 8)
    private static let admin = String(repeating: "s3cret-", count: 6)
    private static let body = #"{"pair":"pair-0123456789abcde","reason":"minor","signals":["hash"]}"#
    private static var keys: SourceKeys {
        SourceKeys([
            (ReportSource(name: "hotline.example", kind: .hotline), SourceKeys.hash("another key")),
            (ReportSource(name: "flagger.example", kind: .trustedFlagger), SourceKeys.hash(key)),
        ])
    }

    @Test("over TCP the key alone opens this one route, and nothing else")
    func tcp() async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(Self.admin, to: "token")
        let control = StubControl()
        try await withAdmin(
            control, at: .tcp(host: "127.0.0.1", port: 0, tokenFile: file), sources: Self.keys
        ) { address in
            let port = try #require(address.split(separator: ":").last.flatMap { Int($0) })
            func post(_ lines: [String]) async throws -> PlainHTTP {
                try await PlainHTTP.request(
                    "POST", "/v1/reports", at: .tcp(port: port), lines, body: Self.body)
            }
            let bearer = try await post(["Authorization: Bearer \(Self.key)"])
            #expect(bearer.status == 201 && bearer.text.contains("\"in_force_us\":12"))
            let both = ["Authorization: Bearer \(Self.admin)", "Tidegate-Source-Key: \(Self.key)"]
            #expect(try await post(both).status == 201)
            #expect(try await post(["Tidegate-Source-Key: \(Self.key)"]).status == 201)
            for lines in [
                [], ["Authorization: Bearer \(Self.admin)"], ["Tidegate-Source-Key: \(Self.key)x"],
                ["Tidegate-Source-Key: \(Self.key.dropLast())"],
                ["Authorization: Bearer \(Self.key)", "Tidegate-Source-Key: wrong"],
            ] {
                #expect(try await post(lines).status == 401, "\(lines)")
            }
            for path in ["/v1/reports", "/v1/status", "/v1/bans"] {
                let answer = try await PlainHTTP.request(
                    "GET", path, at: .tcp(port: port), ["Authorization: Bearer \(Self.key)"])
                #expect(answer.status == 401, "\(path)")
            }
        }
        #expect(control.state.value.outside.count == 3)
        #expect(control.state.value.outside.allSatisfy { $0.source.kind == .trustedFlagger })
        #expect(control.state.value.outside.first?.signals == ["hash"])
        #expect(control.state.value.refused == [true, false, false, false, false])
    }

    @Test("wrong keys are counted, limited with 429, and never keep the right one out")
    func limit() {
        let keys = Self.keys
        let now = MonotonicInstant(nanoseconds: 60_000_000_000)
        #expect(keys.verdict(on: "x", at: now) == .wrong(isFirst: true))
        for _ in 1..<SourceKeys.wrongPerMinute {
            #expect(keys.verdict(on: "x", at: now) == .wrong(isFirst: false))
        }
        #expect(keys.verdict(on: "x", at: now) == .tooManyWrong)
        #expect(keys.verdict(on: "", at: now) == .tooManyWrong)
        #expect(
            keys.verdict(on: Self.key, at: now)
                == .source(ReportSource(name: "flagger.example", kind: .trustedFlagger)))
        #expect(keys.verdict(on: "x", at: now.advanced(bySeconds: 60)) == .wrong(isFirst: true))
        #expect(SourceKeys().verdict(on: "", at: now) == .wrong(isFirst: true))
    }

    @Test(
        "a report that cannot be understood is refused, and nothing is cut",
        arguments: [
            ("{}", 400), (#"{"reason":"minor"}"#, 400), (#"{"pair":"p"}"#, 400),
            (#"{"pair":"p","reason":1}"#, 400),
            (#"{"pair":"p","reason":"rudeness"}"#, 400),
            (#"{"pair":"p","reason":"minor","source":"other"}"#, 400),
            (#"{"pair":"p","reason":"minor","signals":[""]}"#, 400),
            (
                #"{"pair":"p","reason":"minor","comment":""# + String(repeating: "x", count: 2_001) + "\"}",
                400
            ),
            (
                #"{"pair":"p","reason":"minor","comment":""# + String(repeating: "x", count: 1_000_000)
                    + "\"}", 413
            ),
        ] as [(String, Int)])
    func bad(body: String, status: Int) async throws {
        let folder = try TemporaryFolder()
        let socket = folder.path + "/a.sock"
        let control = StubControl()
        try await withAdmin(control, at: .socket(path: socket), sources: Self.keys) { _ in
            let answer = try await PlainHTTP.request(
                "POST", "/v1/reports", at: .socket(socket), ["Tidegate-Source-Key: \(Self.key)"], body: body)
            #expect(answer.status == status, "\(answer.text)")
        }
        #expect(control.state.value.outside.isEmpty)
    }
}
