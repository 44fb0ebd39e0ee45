import RelayTestKit
import Testing

@testable import Front

@Suite("Captures and the doctor over the admin API (PROTOCOL.md section 6)")
struct CaptureRoutesTests {
    private func call(
        _ method: String, _ path: String, body: String = "", _ control: StubControl = StubControl()
    ) async throws -> PlainHTTP {
        let folder = try TemporaryFolder()
        let socket = folder.path + "/a.sock"
        var answer: PlainHTTP?
        try await withAdmin(control, at: .socket(path: socket)) { _ in
            answer = try await PlainHTTP.request(method, path, at: .socket(socket), [], body: body)
        }
        return try #require(answer)
    }

    @Test("headers only and ten seconds, unless it is said otherwise")
    func defaults() async throws {
        let control = StubControl()
        #expect(try await call("POST", "/v1/pairs/p/pcap", body: "{}", control).status == 404)
        let body = #"{"seconds":3,"headers_only":false,"direction":"in","peer":"x"}"#
        #expect(try await call("POST", "/v1/pairs/p/pcap", body: body, control).text.contains("unknown_pair"))
        #expect(control.state.value.calls == ["capture p 10 true", "capture p 3 false"])
        #expect(try await call("POST", "/v1/pairs/busy/pcap", body: "{}").status == 409)
        let unlogged = try await call("POST", "/v1/pairs/unlogged/pcap", body: "{}")
        #expect(unlogged.status == 503 && unlogged.text.contains("not_audited"))
    }

    @Test(
        "what cannot be understood is 400, and nothing is captured",
        arguments: [
            "", "[]", #"{"seconds":0}"#, #"{"seconds":-1}"#, #"{"seconds":"1"}"#, #"{"seconds":1.5}"#,
            #"{"direction":"up"}"#, #"{"headers_only":1}"#, #"{"peer":7}"#,
        ])
    func wrong(body: String) async throws {
        let control = StubControl()
        let answer = try await call("POST", "/v1/pairs/p/pcap", body: body, control)
        #expect(answer.status == 400 && answer.text.contains("bad_request"), "\(answer.text)")
        #expect(control.state.value.calls.isEmpty)
        #expect(try await call("GET", "/v1/pairs/p/pcap").status == 405)
    }

    @Test("the doctor tells what is, and what to do; legs of nobody are refused as they must be")
    func doctor() async throws {
        let report = try await call("GET", "/v1/doctor")
        #expect(report.status == 200 && report.text.contains(#""check":"disk_space""#))
        #expect(report.text.contains(#""verdict":"warn""#) && report.text.contains(#""remedy":"make room""#))
        #expect(try await call("POST", "/v1/doctor/leg", body: "{}").status == 503)
        #expect(try await call("POST", "/v1/doctor/leg", body: #"{"worker":9}"#).status == 404)
        #expect(try await call("POST", "/v1/doctor/leg", body: #"{"worker":"x"}"#).status == 400)
    }
}
