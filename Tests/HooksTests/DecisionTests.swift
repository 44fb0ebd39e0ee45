import AsyncHTTPClient
import Foundation
import Logging
import RelayTypes
import Storage
import Synchronization
import Testing

@testable import Hooks

/// A clock that a test turns.
final class HandClock: Sendable {
    private let nanoseconds = Mutex<UInt64>(1_000_000_000)
    var now: MonotonicInstant { MonotonicInstant(nanoseconds: nanoseconds.withLock { $0 }) }
    func advance(seconds: UInt64) { nanoseconds.withLock { $0 += seconds * 1_000_000_000 } }
}

@Suite("Before something opens the operator's endpoint is asked")
struct DecisionTests {
    static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    private func settings(_ url: String, allowsOnError: Bool = false) throws -> HookSettings {
        var settings = HookSettings()
        settings.decisionsURL = url
        settings.decisions = [.release, .chat]
        settings.allowsOnError = allowsOnError
        settings.timeout = 300_000
        settings.secret = try HookSecret(text: Self.secret)
        return settings
    }

    private func asker(
        _ settings: HookSettings, clock: HandClock = HandClock(),
        _ body: (DecisionAsker) async throws -> Void
    ) async throws {
        let client = HookRequest.client()
        try await body(DecisionAsker(settings, client: client, clock: { clock.now }))
        try await client.shutdown()
    }

    @Test("the question is signed, and the answer is taken as it is")
    func answered() async throws {
        let endpoint = Endpoint { _ in
            (200, "{\"decision\":\"deny\",\"reason\":\"no\",\"ttl\":1.5,\"more\":1}")
        }
        try await endpoint.whileOpen { url in
            try await asker(try settings(url)) { asker in
                let answer = await asker.ask(.release, "{\"pair\":\"P\"}")
                #expect(answer.decision == .deny && answer.basis == .answered)
                #expect(answer.reason == "no" && answer.ttl == 2)
            }
            let visit = try #require(endpoint.visits.first)
            #expect(visit.body.hasPrefix("{\"type\":\"decide.release\",\"timestamp\":\""))
            #expect(visit.body.hasSuffix(",\"data\":{\"pair\":\"P\"}}"))
            let timestamp = try #require(Int64(visit.timestamp))
            #expect(
                visit.signature
                    == (try HookSecret(text: Self.secret))
                    .signature(id: visit.id, timestamp: timestamp, body: visit.body))
        }
    }

    @Test(
        "whatever is no answer holds, and opens only where the operator has said so in so many words",
        arguments: [
            (500, "{\"decision\":\"allow\"}"), (204, ""), (200, ""), (200, "allow"),
            (200, "{\"decision\":\"yes\"}"),
            (200, "{\"decision\":\"ALLOW\"}"), (200, "{\"decision\":true}"), (200, "[]"),
            (200, "{\"decision\":\"allow\",\"ttl\":-1}"), (302, ""),
            (200, "{\"decision\":\"allow\",\"reason\":\"" + String(repeating: "a", count: 20_000) + "\"}"),
        ], [false, true])
    func noAnswer(reply: (Int, String), allowsOnError: Bool) async throws {
        let endpoint = Endpoint { _ in reply }
        try await endpoint.whileOpen { url in
            try await asker(try settings(url, allowsOnError: allowsOnError)) { asker in
                let answer = await asker.ask(.release, "{}")
                #expect(answer.decision == (allowsOnError ? .allow : .hold) && answer.basis == .failed)
                #expect(await asker.answers[.release]?.counts[.failed]?[answer.decision] == 1)
            }
            #expect(endpoint.visits.allSatisfy { $0.path == "/hook" }, "no redirect is followed")
        }
    }

    @Test("an endpoint that says nothing, or is not there, holds")
    func silent() async throws {
        let (never, end) = AsyncStream.makeStream(of: Void.self)
        defer { end.finish() }
        let endpoint = Endpoint { _ in
            var iterator = never.makeAsyncIterator()
            _ = await iterator.next()
            return (200, "{\"decision\":\"allow\"}")
        }
        try await endpoint.whileOpen { url in
            var quick = try settings(url)
            quick.timeout = 50
            try await asker(quick) { asker in
                let answer = await asker.ask(.release, "{}")
                #expect(answer.decision == .hold && answer.basis == .timeout)
            }
        }
        try await asker(try settings("http://127.0.0.1:1/hook")) { asker in
            let answer = await asker.ask(.release, "{}")
            #expect(answer.decision == .hold && answer.basis == .failed)
        }
    }

    @Test("what nobody is asked about is allowed without a question")
    func notAsked() async throws {
        let endpoint = Endpoint { _ in (500, "") }
        try await endpoint.whileOpen { url in
            try await asker(try settings(url)) { asker in
                #expect(await asker.ask(.match, "{}").decision == .allow)
            }
            #expect(endpoint.visits.isEmpty)
        }
    }

    @Test("after five failures in a row nobody asks for a while, then one does, and an answer ends it")
    func breaker() async throws {
        let endpoint = Endpoint { _ in (503, "") }
        let clock = HandClock()
        try await endpoint.whileOpen { url in
            try await asker(try settings(url), clock: clock) { asker in
                for _ in 0..<CircuitBreaker.threshold {
                    #expect(await asker.ask(.release, "{}").basis == .failed)
                }
                #expect(await asker.ask(.release, "{}").basis == .broken)
                #expect(endpoint.visits.count == CircuitBreaker.threshold)
                clock.advance(seconds: CircuitBreaker.pause)
                #expect(await asker.ask(.release, "{}").basis == .failed)
                #expect(await asker.ask(.release, "{}").basis == .broken)
                endpoint.says { _ in (200, "{\"decision\":\"allow\"}") }
                clock.advance(seconds: CircuitBreaker.pause)
                #expect(await asker.ask(.release, "{}").decision == .allow)
                #expect(await asker.ask(.chat, "{}").basis == .answered)
            }
        }
    }

    @Test("more questions at once than there may be are not asked, and hold")
    func busy() async throws {
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let endpoint = Endpoint { _ in
            var iterator = gate.makeAsyncIterator()
            _ = await iterator.next()
            return (200, "{\"decision\":\"allow\"}")
        }
        try await endpoint.whileOpen { url in
            var narrow = try settings(url)
            narrow.concurrency = 1
            try await asker(narrow) { asker in
                async let first = asker.ask(.release, "{}")
                while endpoint.visits.isEmpty { await Task.yield() }
                #expect(await asker.ask(.release, "{}").basis == .busy)
                open.yield()
                #expect(await first.decision == .allow)
                #expect(await asker.asking == 0)
            }
        }
    }

    @Test("figures count what was asked, and what opened without an answer")
    func figures() {
        var answers = HookFigures.Answers()
        answers.note(HookAnswer(.allow), seconds: 0.003)
        answers.note(HookAnswer(.allow, .timeout), seconds: 0.2)
        answers.note(HookAnswer(.allow, .broken), seconds: 0)
        var figures = HookFigures()
        figures.answers[.chat] = answers
        #expect(figures.allowedOnError(.chat) == 2 && figures.allowedOnError(.admit) == 0)
        #expect(answers.buckets.last == 2 && answers.buckets.first == 0)
    }
}
