import Foundation
import RelayTestKit
import Switchboard
import Testing

@testable import Front

@Suite("Hooks through the admin API")
struct HookRoutesTests {
    private func call(
        _ method: String, _ path: String, _ lines: [String] = [], control: StubControl = StubControl()
    ) async throws -> PlainHTTP {
        let folder = try TemporaryFolder()
        let socket = folder.path + "/a.sock"
        var answer: PlainHTTP?
        try await withAdmin(control, at: .socket(path: socket)) { _ in
            answer = try await PlainHTTP.request(method, path, at: .socket(socket), lines)
        }
        return try #require(answer)
    }

    @Test("how the endpoint fares, with names as elsewhere")
    func status() async throws {
        let answer = try await call("GET", "/v1/hooks")
        #expect(answer.status == 200)
        #expect(
            answer.text
                == #"{"decisions":{"answers":[{"allowed_on_error":3,"answered":{"allow":0,"deny":2,"hold":0},"#
                + #""kind":"release","mean_ms":300,"unanswered":{"broken":0,"busy":0,"failed":0,"timeout":3}}],"#
                + #""asking":0,"breaker":"closed","failures_in_a_row":0,"kinds":[],"on_error":"hold","timeout_ms":0},"#
                + #""events":{"kinds":[],"oldest_seconds":12.5,"outcomes":{},"url":"https://chat.example/hooks","#
                + #""waiting":3}}"#)
    }

    @Test("events are enabled by somebody, and not where nobody is told of them")
    func enable() async throws {
        let control = StubControl()
        let enabled = try await call(
            "POST", "/v1/hooks/enable", ["Tidegate-Operator: nora"], control: control)
        #expect(enabled.status == 200 && enabled.text.contains(#""waiting":3"#))
        #expect(control.state.value.operators == ["nora"])
        control.state.update { $0.eventsURL = nil }
        let refused = try await call("POST", "/v1/hooks/enable", control: control)
        #expect(refused.status == 409 && refused.text.contains(#""code":"no_endpoint""#))
        #expect(try await call("GET", "/v1/hooks/enable").status == 405)
        #expect(control.state.value.operators == ["nora"])
    }

    @Test("the metrics have every series of a question from the start, and none that cannot be")
    func metrics() async throws {
        let page = try await call("GET", "/metrics").text
        for line in [
            #"tidegate_hook_answers_total{kind="release",decision="deny",basis="answered"} 2"#,
            #"tidegate_hook_answers_total{kind="release",decision="allow",basis="timeout"} 3"#,
            #"tidegate_hook_answers_total{kind="chat",decision="hold",basis="broken"} 0"#,
            #"tidegate_hook_allowed_on_error_total{kind="release"} 3"#,
            #"tidegate_hook_allowed_on_error_total{kind="admit"} 0"#,
            #"tidegate_hook_answer_seconds_bucket{kind="release",le="2"} 4"#,
            #"tidegate_hook_answer_seconds_bucket{kind="release",le="+Inf"} 5"#,
            #"tidegate_hook_answer_seconds_sum{kind="release"} 1.5"#,
            #"tidegate_hook_answer_seconds_count{kind="release"} 5"#,
            #"tidegate_hook_answer_seconds_count{kind="match"} 0"#,
            "tidegate_hook_breaker_open 1", #"tidegate_hook_events_total{outcome="delivered"} 7"#,
            #"tidegate_hook_events_total{outcome="overflowed"} 0"#, "tidegate_hook_events_waiting 9",
            "tidegate_hook_oldest_event_age_seconds 61.5", "tidegate_hook_endpoint_gone 0",
        ] {
            #expect(page.split(separator: "\n").contains { $0 == line }, "\(line)")
        }
        let answers = page.split(separator: "\n").filter { $0.hasPrefix("tidegate_hook_answers_total{") }
        // Four kinds: three answers each, and allow or hold for four reasons to have none.
        #expect(answers.count == 4 * (3 + 4 * 2))
        #expect(!answers.contains { $0.contains("deny") && !$0.contains("answered") })
    }
}
