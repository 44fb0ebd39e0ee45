import Foundation
import Hooks
import RelayTestKit
import RelayTypes
import Testing

@testable import Front
@testable import Switchboard

@Suite("The admin API for those who look: peers, explanations, overview")
struct InsightRoutesTests {
    private func call(_ path: String, _ control: StubControl = StubControl()) async throws -> PlainHTTP {
        let folder = try TemporaryFolder()
        let socket = folder.path + "/a.sock"
        var answer: PlainHTTP?
        try await withAdmin(control, at: .socket(path: socket)) { _ in
            answer = try await PlainHTTP.request("GET", path, at: .socket(socket))
        }
        return try #require(answer)
    }

    @Test("peers are listed with their filters, one is shown, an unknown one is 404")
    func peers() async throws {
        let control = StubControl()
        let list = try await call("/v1/peers?state=waiting&limit=7&cursor=c", control)
        #expect(list.status == 200)
        #expect(list.text.contains("\"since\":\"2027-01-15T08:00:00.000Z\",\"state\":\"waiting\""))
        #expect(try await call("/v1/peers", control).status == 200)
        #expect(control.state.value.queries == ["waiting 7 c", "- 100 -"])
        for query in ["state=asleep", "limit=0", "colour=red"] {
            #expect(try await call("/v1/peers?\(query)").status == 400)
        }
        let shown = try await call("/v1/peers/\(StubControl.peers[0])")
        #expect(shown.status == 200 && shown.text.contains("\"address\":\"192.0.2.0\""))
        let unknown = try await call("/v1/peers/nobody")
        #expect(unknown.status == 404 && unknown.text.contains("\"code\":\"unknown_peer\""))
    }

    @Test("a pair and a peer are explained, unknown ones are 404")
    func explain() async throws {
        let pair = try await call("/v1/pairs/\(StubControl.pair)/explain")
        #expect(pair.status == 200)
        #expect(
            pair.text.contains(
                "\"lines\":[{\"at\":\"2027-01-15T08:00:00.000Z\",\"event\":\"matched\",\"text\":\"A and B were matched\"}]"
            ), "\(pair.text)")
        #expect(pair.text.contains("\"verdict\":[{\"open\":false,\"text\":\"B does not see A.\"}]"))
        #expect(try await call("/v1/peers/\(StubControl.peers[0])/explain").status == 200)
        #expect(try await call("/v1/pairs/nobody/explain").status == 404)
        #expect(try await call("/v1/peers/nobody/explain").status == 404)
    }

    @Test("the overview takes a limit")
    func overview() async throws {
        #expect(try await call("/v1/overview?limit=3").text.contains("\"reports_waiting\":3"))
        #expect(try await call("/v1/overview").text.contains("\"reports_waiting\":1000"))
        #expect(try await call("/v1/overview?limit=1001").status == 400)
    }
}

@Suite("GET /v1/events: server-sent events")
struct EventRoutesTests {
    private func event(_ number: UInt64, _ event: SessionEvent = .resumed) -> NotedEvent {
        NotedEvent(
            number: number, at: Date(timeIntervalSince1970: 1_800_000_000), event: event,
            subject: .peer(PeerID("peer-a")))
    }

    @Test("events come as they happen, filtered, with the number of those that were lost")
    func follow() async throws {
        let folder = try TemporaryFolder()
        let socket = folder.path + "/a.sock"
        let control = StubControl()
        try await withAdmin(control, at: .socket(path: socket)) { _ in
            async let answer = PlainHTTP.request(
                "GET", "/v1/events?peer=peer-a&kind=resumed,queued", at: .socket(socket))
            _ = await control.state.wait { !$0.subscribers.isEmpty }
            let queue = try #require(control.state.value.subscribers.first)
            #expect(queue.filter == EventFilter(peer: PeerID("peer-a"), kinds: ["resumed", "queued"]))
            queue.offer(event(7))
            queue.offer(event(8, .legUp))
            queue.offer(event(9, .queued(waiting: 3)))
            queue.close()
            let told = try await answer
            #expect(told.status == 200)
            #expect(told.headers["content-type"] == "text/event-stream; charset=utf-8")
            #expect(told.text.contains(EventRoutes.greeting))
            #expect(
                told.text.contains(
                    "id: run-7\nevent: resumed\ndata: {\"at\":\"2027-01-15T08:00:00.000Z\",\"event\":\"resumed\","
                        + "\"number\":7,\"peer\":\"peer-a\",\"text\":\"peer-a is back on a new connection\"}\n\n"
                ),
                "\(told.text)")
            #expect(told.text.contains("id: run-9\n") && told.text.contains("\"waiting\":\"3\""))
            #expect(!told.text.contains("id: run-8\n"))
            #expect(await control.state.wait { $0.subscribers.isEmpty }, "unsubscribed at the end")
        }
    }

    @Test("whoever comes back says what it has heard last")
    func again() async throws {
        let folder = try TemporaryFolder()
        let socket = folder.path + "/a.sock"
        let control = StubControl()
        try await withAdmin(control, at: .socket(path: socket)) { _ in
            async let answer = PlainHTTP.request(
                "GET", "/v1/events", at: .socket(socket), ["Last-Event-ID: run-7"])
            _ = await control.state.wait { !$0.subscribers.isEmpty }
            #expect(control.state.value.queries == ["after run-7"])
            control.state.value.subscribers.first?.close()
            let told = try await answer
            #expect(told.status == 200)
        }
    }

    @Test("a beat is a comment; a loss is an event of its own")
    func items() {
        #expect(EventRoutes.text(.beat, run: "run") == ": still here\n\n")
        #expect(EventRoutes.text(.lost(12), run: "run") == "event: lost\ndata: {\"lost\":12}\n\n")
    }

    @Test("a kind that there is not is 400")
    func unknownKind() async throws {
        let folder = try TemporaryFolder()
        let socket = folder.path + "/a.sock"
        try await withAdmin(StubControl(), at: .socket(path: socket)) { _ in
            let answer = try await PlainHTTP.request(
                "GET", "/v1/events?kind=joined,bogus", at: .socket(socket))
            #expect(answer.status == 400 && answer.text.contains("there are no events 'bogus'"))
            for empty in [",", "joined,", "%2C"] {
                let answer = try await PlainHTTP.request(
                    "GET", "/v1/events?kind=" + empty, at: .socket(socket))
                #expect(answer.status == 400 && answer.text.contains("there are no events ''"))
            }
        }
    }

    @Test("one reader too many is 503")
    func tooMany() async throws {
        let folder = try TemporaryFolder()
        let socket = folder.path + "/a.sock"
        let control = StubControl()
        control.state.update { $0.subscribers = [EventQueue(), EventQueue()] }
        try await withAdmin(control, at: .socket(path: socket)) { _ in
            let answer = try await PlainHTTP.request("GET", "/v1/events", at: .socket(socket))
            #expect(answer.status == 503 && answer.text.contains("\"code\":\"too_many\""))
        }
    }

    @Test("the server does not wait for a reader when it goes")
    func shutdown() async throws {
        let folder = try TemporaryFolder()
        let socket = folder.path + "/a.sock"
        let control = StubControl()
        var reading: Task<PlainHTTP, any Error>?
        try await withAdmin(control, at: .socket(path: socket)) { _ in
            reading = Task { try await PlainHTTP.request("GET", "/v1/events", at: .socket(socket)) }
            _ = await control.state.wait { !$0.subscribers.isEmpty }
        }
        #expect(try await reading?.value.status == 200)
    }
}

@Suite("Every event has a name, and every name is known to filters")
struct EventNameTests {
    @Test("the list of names is the events' own, without one twice")
    func names() {
        #expect(Set(SessionEvent.names).count == SessionEvent.names.count)
        for event in EventSamples.all { #expect(SessionEvent.names.contains(event.name), "\(event)") }
        #expect(Set(EventSamples.all.map(\.name)) == Set(SessionEvent.names))
    }

    @Test("each is said in a sentence, and shown as JSON", arguments: EventSamples.all)
    func sentence(event: SessionEvent) throws {
        let noted = NotedEvent(
            number: 1, at: Date(timeIntervalSince1970: 0), event: event,
            subject: .pair(PairID("x"), first: PeerID("peer-a"), second: PeerID("peer-b")))
        #expect(noted.sentence.count > 5 && !noted.sentence.contains("Optional("))
        let json = String(decoding: try JSONEncoder().encode(noted), as: UTF8.self)
        #expect(json.contains("\"event\":\"\(event.name)\""))
    }
}

/// One of each kind.
enum EventSamples {
    static let all: [SessionEvent] = [
        .connected(from: "192.0.2.0"), .connectionLost, .resumed, .joined(media: "video"),
        .offerSent(worker: 0), .answerTaken, .answerRefused(fault: "badPassword"), .legUp,
        .pathFound(LegPath(address: "192.0.2.0", dtls: "DTLSv1.2", srtp: nil, roundTripMilliseconds: 1.26)),
        .addressMoved(to: "192.0.2.0"), .legEnded(why: "timeout", detail: nil, reached: nil),
        .legMoving(worker: 1), .legMoved(worker: 1), .legMoveFailed(why: "timeout"),
        .attested(band: Band("adult"), issuer: "dev"),
        .attestationRefused(code: "attestation_invalid", issuer: nil, reason: "the signature is wrong"),
        .proofLapsed, .proofWithdrawn(issuer: "dev"), .queued(waiting: 1), .leftPool,
        .banned(BanID("b"), decision: DecisionID("d"), reason: "rule 3"), .peerEnded(why: "left"),
        .decided(DecisionID("d"), report: ReportID("r"), outcome: "upheld", action: "warn"),
        .matched(sharedInterests: 1, media: "video"), .accepted(by: .first),
        .gatesChanged(
            GateChange.between(PairGates(all: .policy), PairGates(all: [])), because: .accepted(.second)),
        .firstPacket(from: .first),
        .reported(ReportID("r"), by: .first, about: .second, reason: "spam", source: "peer"),
        .ordered(OrderNote(action: "hold", by: "maria", reason: "x", from: .first, channel: .video)),
        .cutInForce(why: "report", microseconds: 12), .cutUnconfirmed(why: "report"),
        .pairEnded(.next(by: .first)), .workerStuck(worker: 0, legs: 2), .workerBack(worker: 0),
        .banLifted(BanID("b")), .appealed(AppealID("a"), decision: DecisionID("d")), .noPairSlot(worker: 0),
        .asked(.release, HookAnswer(.hold, .timeout)),
    ]
}
