import RelayTypes
import Signalling
import Testing

/// A session under a hand-turned clock.
struct Desk {
    private(set) var session: SignallingSession
    private(set) var now: MonotonicInstant

    static let hello = #"{"type":"hello","version":1}"#
    static let good = #"{"type":"leave","id":1}"#
    static let badMessage = #"{"type":"accept"}"#

    init(_ limits: SignallingLimits = SignallingLimits(), greeted: Bool = true) {
        now = MonotonicInstant(nanoseconds: 5_000_000_000)
        session = SignallingSession(limits: limits, now: now)
        if greeted { say(Self.hello) }
    }

    mutating func wait(milliseconds: UInt64) { now = now.advanced(byMilliseconds: milliseconds) }

    @discardableResult
    mutating func say(_ text: String) -> [SignallingAction] { session.receive(text: text, at: now) }

    mutating func say(bytes: [UInt8], isText: Bool = true) -> [SignallingAction] {
        session.receive(bytes: bytes, isText: isText, at: now)
    }

    mutating func tick() -> [SignallingAction] { session.tick(at: now) }
    mutating func pong() { session.pong(at: now) }
}

extension [SignallingAction] {
    /// The codes of the errors that are sent, in order.
    var errors: [ErrorCode] {
        compactMap { if case .send(.error(let code, _), _) = $0 { code } else { nil } }
    }

    var delivered: [ClientFrame] { compactMap { if case .deliver(let frame) = $0 { frame } else { nil } } }

    /// The close code, which must be the last action.
    var closed: CloseCode? { if case .close(let code, _) = last { code } else { nil } }
}

@Suite("hello is first, once, and soon (PROTOCOL.md section 2, Limits)")
struct HelloTests {
    @Test("hello is delivered, and messages after it")
    func hello() {
        var desk = Desk(greeted: false)
        #expect(!desk.session.isGreeted)
        let actions = desk.say(#"{"type":"hello","version":1,"resume":"r","id":"h"}"#)
        #expect(
            actions == [.deliver(ClientFrame(.hello(version: 1, token: nil, resume: "r"), id: .text("h")))])
        #expect(desk.session.isGreeted)
        #expect(desk.say(Desk.good) == [.deliver(ClientFrame(.leave, id: .number(1)))])
    }

    @Test("an appeal may stand in for hello, and nothing but hello's rules follow it")
    func appealFirst() {
        var desk = Desk(greeted: false)
        let actions = desk.say(#"{"type":"appeal","decision":"d","comment":"c","id":1}"#)
        #expect(actions == [.deliver(ClientFrame(.appeal(decision: "d", comment: "c"), id: .number(1)))])
        #expect(desk.say(Desk.hello).errors == [.badMessage], "nobody is let in afterwards")
        var bad = Desk(greeted: false)
        #expect(bad.say(#"{"type":"appeal","decision":"d"}"#).closed == .protocolError)
    }

    @Test(
        "anything else first is answered and closes with 4000",
        arguments: [
            (Desk.good, .badMessage), ("{", .badJSON), (#"{"type":"hello"}"#, .badMessage),
            (#"{"type":"dance"}"#, .unknownType), (#"{"type":"hello","version":2}"#, .unsupportedVersion),
            (#"{"type":"hello","version":-1}"#, .unsupportedVersion),
        ] as [(String, ErrorCode)])
    func somethingElse(text: String, code: ErrorCode) {
        var desk = Desk(greeted: false)
        let actions = desk.say(text)
        #expect(actions.errors == [code])
        #expect(actions.closed == .protocolError)
        #expect(actions.delivered.isEmpty)
        #expect(desk.say(Desk.hello).isEmpty, "a closed session is deaf")
        #expect(desk.tick().isEmpty)
        #expect(desk.session.deadline == nil)
    }

    @Test("the error about a version carries re")
    func re() {
        var desk = Desk(greeted: false)
        guard case .send(_, let re) = desk.say(#"{"type":"hello","version":2,"id":9}"#).first else {
            Issue.record("nothing sent")
            return
        }
        #expect(re == .number(9))
    }

    @Test("10 s without hello close with 4008, not before")
    func silence() {
        var desk = Desk(greeted: false)
        #expect(desk.session.deadline == desk.now.advanced(bySeconds: 10))
        desk.wait(milliseconds: 9_999)
        #expect(desk.tick().isEmpty)
        desk.wait(milliseconds: 1)
        #expect(desk.tick().closed == .tooSlow)
    }

    @Test("a second hello is bad_message and counts as one")
    func second() {
        var desk = Desk()
        for _ in 1...9 { #expect(desk.say(Desk.hello).errors == [.badMessage]) }
        #expect(desk.say(Desk.hello).closed == .protocolError)
    }
}

@Suite("Ten bad messages in a row close with 4000")
struct BadMessageTests {
    @Test("the tenth closes, bad_json and bad_message alike")
    func ten() {
        var desk = Desk()
        for index in 1...9 {
            let actions = desk.say(index % 2 == 0 ? "{" : Desk.badMessage)
            #expect(actions.errors == [index % 2 == 0 ? .badJSON : .badMessage])
            #expect(actions.closed == nil)
        }
        let last = desk.say("{")
        #expect(last.errors == [.badJSON])
        #expect(last.closed == .protocolError)
    }

    @Test("a good message starts the row anew")
    func reset() {
        var desk = Desk()
        for _ in 1...3 {
            for _ in 1...9 { #expect(desk.say("{").closed == nil) }
            #expect(desk.say(Desk.good).delivered.count == 1)
            desk.wait(milliseconds: 1_000)
        }
    }

    @Test("unknown types keep the connection, and neither count nor reset")
    func unknown() {
        var desk = Desk()
        for _ in 1...15 { #expect(desk.say(#"{"type":"dance","id":2}"#).errors == [.unknownType]) }
        for _ in 1...9 { #expect(desk.say("{").closed == nil) }
        #expect(desk.say(#"{"type":"dance"}"#).closed == nil)
        #expect(desk.say("{").closed == .protocolError)
    }
}

@Suite(
    "20 messages a second, bursts of 40; what is over is dropped, and 100 of these in 10 s close with 4029")
struct RateTests {
    @Test("the 41st at once is dropped with rate_limited and re")
    func burst() {
        var desk = Desk()  // hello was the first
        for _ in 2...40 { #expect(desk.say(Desk.good).delivered.count == 1) }
        guard case .send(.error(.rateLimited, _), let re) = desk.say(Desk.good).first else {
            Issue.record("not rate limited")
            return
        }
        #expect(re == .number(1))
        desk.wait(milliseconds: 49)
        #expect(desk.say("{").errors == [.rateLimited], "what is dropped is not judged")
        desk.wait(milliseconds: 1)
        #expect(desk.say(Desk.good).delivered.count == 1, "one more after a twentieth of a second")
        #expect(desk.say(Desk.good).errors == [.rateLimited])
    }

    @Test("20 a second pass for ever")
    func steady() {
        var desk = Desk()
        for _ in 0..<1_000 {
            desk.wait(milliseconds: 50)
            #expect(desk.say(Desk.good).delivered.count == 1)
        }
    }

    @Test("a quiet hour saves up no more than the burst")
    func capacity() {
        var desk = Desk()
        desk.wait(milliseconds: 3_600_000)
        let passed = (1...60).filter { _ in desk.say(Desk.good).delivered.count == 1 }.count
        #expect(passed == 40)
    }

    @Test("the 100th drop within 10 s closes, the 99th does not")
    func hundred() {
        var desk = Desk()
        for _ in 2...40 { desk.say(Desk.good) }
        for _ in 1...99 { #expect(desk.say(Desk.good).closed == nil) }
        let last = desk.say(Desk.good)
        #expect(last.errors == [.rateLimited])
        #expect(last.closed == .rateLimited)
        #expect(desk.say(Desk.good).isEmpty)
    }

    @Test("drops that are 10 s old are forgotten")
    func window() {
        for (wait, expected) in [(9_999, CloseCode.rateLimited), (10_000, nil)] as [(UInt64, CloseCode?)] {
            var limits = SignallingLimits()
            limits.messagesPerSecond = 0
            limits.burst = 1
            var desk = Desk(limits)
            #expect(desk.say(Desk.good).errors == [.rateLimited])
            desk.wait(milliseconds: wait)
            for _ in 2...99 { #expect(desk.say(Desk.good).closed == nil) }
            #expect(desk.say(Desk.good).closed == expected)
        }
    }
}

@Suite("Frames: text, UTF-8, at most 32 KiB")
struct FrameTests {
    @Test("a binary frame closes with 1003, before hello and after", arguments: [true, false])
    func binary(greeted: Bool) {
        var desk = Desk(greeted: greeted)
        #expect(
            desk.say(bytes: Array(Desk.good.utf8), isText: false) == [
                .close(.unsupportedData, "text frames only")
            ])
        #expect(desk.say(Desk.good).isEmpty)
    }

    @Test(
        "wrong UTF-8 closes with 1007",
        arguments: [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe2, 0x82]])
    func encoding(bytes: [UInt8]) {
        var desk = Desk()
        #expect(desk.say(bytes: Array("{\"type\":\"".utf8) + bytes).closed == .invalidUTF8)
    }

    @Test("32,768 bytes are read, one more closes with 1009")
    func size() {
        let space = String(repeating: " ", count: 32_768 - Desk.good.utf8.count)
        for asBytes in [true, false] {
            var desk = Desk()
            let fits = Desk.good + space
            let actions = asBytes ? desk.say(bytes: Array(fits.utf8)) : desk.say(fits)
            #expect(actions.delivered.count == 1)
            let over = fits + " "
            #expect((asBytes ? desk.say(bytes: Array(over.utf8)) : desk.say(over)).closed == .messageTooBig)
        }
    }

    @Test("close reasons fit a close frame (RFC 6455 §5.5)")
    func reasons() {
        var limits = SignallingLimits()
        limits.messageBytes = 10
        var desk = Desk(limits, greeted: false)
        guard case .close(_, let reason) = desk.say(Desk.hello).last else {
            Issue.record("not closed")
            return
        }
        #expect(reason.utf8.count <= 123)
    }
}

@Suite("A ping every 15 s; no answer for 40 s closes with 4008")
struct PingTests {
    @Test("pings at 15, 30 and 45 s while pongs come")
    func pings() {
        var desk = Desk()
        for _ in 1...20 {
            #expect(desk.session.deadline == desk.now.advanced(bySeconds: 15))
            desk.wait(milliseconds: 14_999)
            #expect(desk.tick().isEmpty)
            desk.wait(milliseconds: 1)
            #expect(desk.tick() == [.ping])
            #expect(desk.tick().isEmpty, "one is enough")
            desk.pong()
        }
    }

    @Test("40 s after the last pong, not before, whatever else the peer says")
    func silence() {
        var desk = Desk()
        desk.wait(milliseconds: 15_000)
        #expect(desk.tick() == [.ping])
        desk.wait(milliseconds: 1_000)
        desk.pong()
        desk.wait(milliseconds: 14_000)
        #expect(desk.tick() == [.ping])
        desk.wait(milliseconds: 15_000)
        #expect(desk.tick() == [.ping])
        desk.say(Desk.good)
        desk.wait(milliseconds: 10_999)
        #expect(desk.tick().isEmpty)
        desk.wait(milliseconds: 1)
        #expect(desk.tick().closed == .tooSlow)
        #expect(desk.session.deadline == nil)
    }

    @Test("the deadline is always the next thing that happens")
    func deadline() throws {
        var desk = Desk(greeted: false)
        #expect(desk.session.deadline == desk.now.advanced(bySeconds: 10))
        desk.say(Desk.hello)
        #expect(desk.session.deadline == desk.now.advanced(bySeconds: 15))
        let start = desk.now
        var happened: [UInt64] = []
        while let next = desk.session.deadline {
            desk.wait(milliseconds: next.nanoseconds(since: desk.now) / 1_000_000)
            #expect(!desk.tick().isEmpty)
            happened.append(desk.now.nanoseconds(since: start) / 1_000_000_000)
        }
        #expect(happened == [15, 30, 40])
    }
}
