import Foundation
import Testing

@testable import tidegatectl

@Suite("Keys as terminals send them")
struct TopKeyTests {
    @Test(
        "plain ones, sequences of both kinds, and the lone Escape",
        arguments: [
            ("q", [.character("q")]), ("\u{1b}[A\u{1b}OB", [.up, .down]), ("\u{1b}", [.escape]),
            ("\u{1b}[5~\u{1b}[6~\u{1b}[H\u{1b}[4~", [.pageUp, .pageDown, .home, .end]),
            ("\u{03}\r", [.interrupt, .enter]), ("\u{1b}[99;5x?", [.character("?")]), ("\u{01}\u{7f}é", []),
        ] as [(String, [TopKey])])
    func keys(text: String, keys: [TopKey]) {
        var reader = TopKeyReader()
        #expect(reader.take(text.utf8) == keys)
    }

    @Test("a sequence may come in two pieces, and one that never ends is given up")
    func pieces() {
        var reader = TopKeyReader()
        #expect(reader.take("\u{1b}[".utf8).isEmpty)
        #expect(reader.take("Ax".utf8) == [.up, .character("x")])
        #expect(reader.take("\u{1b}[1111111111111111111111".utf8).isEmpty)
        #expect(reader.take("q".utf8) == [.character("q")])
    }
}

@Suite("What top shows")
struct TopModelTests {
    private func overview(at milliseconds: UInt64, _ pairs: [(String, UInt64, UInt64)]) throws
        -> OverviewAnswer
    {
        let list = pairs.map { name, packets, bytes in
            """
            {"pair":"\(name)","age":5,"peers":["a","b"],"worker":0,"open":6,"gates":6,"holds":[],
             "packets":\(packets),"bytes":\(bytes)}
            """
        }
        let text = """
            {"at_ms":\(milliseconds),"version":"1","uptime_seconds":9,"peers":2,"waiting":0,"legs":2,
             "pairs":\(pairs.count),"gates":{"open":6},"forwarded":{"packets":\(milliseconds),"bytes":0},
             "dropped_packets":0,"cuts":0,"reports_waiting":1,"problems":[],"list":[\(list.joined(separator: ","))]}
            """
        return try JSONDecoder().decode(OverviewAnswer.self, from: Data(text.utf8))
    }

    private func model() throws -> TopModel {
        var model = TopModel()
        model.take(try overview(at: 1_000, [("one", 0, 0), ("two", 0, 0)]), workers: [])
        model.take(try overview(at: 3_000, [("one", 10, 1_000), ("two", 40, 250)]), workers: [])
        return model
    }

    @Test("rates are those since the answer before; pairs are sorted by any column, both ways")
    func rates() throws {
        var model = try model()
        #expect(model.packetsPerSecond == 1_000)
        #expect(model.rows.map(\.pair) == ["one", "two"], "by bits")
        #expect(model.rows.map(\.bitsPerSecond) == [4_000, 1_000])
        #expect(model.press(.left) == nil)
        #expect(model.sort == .packets && model.rows.map(\.pair) == ["two", "one"])
        #expect(model.rows.first?.packetsPerSecond == 20)
        _ = model.press(.character("i"))
        #expect(model.rows.map(\.pair) == ["one", "two"])
        for _ in TopModel.Column.allCases { _ = model.press(.right) }
        #expect(model.sort == .packets, "all the way round")
    }

    @Test("a server that was started anew has no negative rates")
    func restart() throws {
        var model = try model()
        model.take(try overview(at: 10, [("one", 0, 0)]), workers: [])
        #expect(model.packetsPerSecond == 0 && model.rows.first?.bitsPerSecond == 0)
    }

    @Test("the bar stays on its pair while the order changes, and goes to another when the pair ends")
    func selection() throws {
        var model = try model()
        _ = model.press(.end)
        #expect(model.selected == "two")
        _ = model.press(.left)
        #expect(model.selected == "two" && model.position == 0)
        model.take(try overview(at: 4_000, [("one", 1, 1)]), workers: [])
        #expect(model.selected == "one")
        model.take(try overview(at: 5_000, []), workers: [])
        #expect(model.selected == nil && model.press(.enter) == nil && model.press(.character("c")) == nil)
        _ = model.press(.down)
    }

    @Test("nothing is done without a yes")
    func question() throws {
        var model = try model()
        #expect(model.press(.character("c")) == nil)
        #expect(model.mode == .question(.cut, pair: "one"))
        #expect(model.press(.enter) == nil)
        #expect(model.mode == .list && model.message == "nothing was done")
        _ = model.press(.character("h"))
        #expect(model.press(.character("y")) == .order(.hold, pair: "one"))
        _ = model.press(.character("r"))
        #expect(model.press(.interrupt) == .quit)
    }

    @Test(
        "no line is wider than the terminal, at any size, in any mode; none can move the cursor",
        arguments: [1, 2, 20, 80, 200])
    func sizes(width: Int) throws {
        for height in [1, 2, 5, 30] {
            var model = try model()
            model.lose("no server \u{1b}[2J answers")
            for key: TopKey in [.escape, .character("?"), .escape, .character("c"), .escape, .enter] {
                _ = model.press(key)
                if case .pair(let pair, _) = model.mode {
                    model.show(["\u{1b}]0;x\u{7}" + String(repeating: "x", count: 300)], of: pair)
                }
                let lines = TopScreen(width: width, height: height).lines(of: model)
                #expect(lines.count == height)
                for line in lines {
                    #expect(line.text.count <= width && !line.text.contains("\u{1b}"))
                }
            }
        }
    }

    @Test(
        "numbers are short",
        arguments: [(0, "0"), (999, "999"), (12_345, "12.3k"), (4_500_000, "4.5M"), (2e9, "2.0G")]
            as [(Double, String)])
    func numbers(number: Double, text: String) { #expect(TopScreen.count(number) == text) }
}

@Suite("Event streams (WHATWG HTML, section 9.2.6)")
struct EventStreamTests {
    @Test("events come out whole, whatever pieces they come in; comments and others' fields are passed over")
    func pieces() {
        let text =
            ": hello\n\nid: 7\nevent: matched\ndata: {\"a\":1}\n\nevent:lost\r\ndata:x\r\ndata: y\r\n\r\ndata"
        var whole = EventStreamReader()
        let events = whole.take(text.utf8)
        #expect(
            events == [.init(id: "7", name: "matched", data: "{\"a\":1}"), .init(name: "lost", data: "x\ny")])
        var bytewise = EventStreamReader()
        #expect(text.utf8.flatMap { bytewise.take([$0]) } == events)
    }

    @Test("a line without an end costs no more than its limit")
    func endless() {
        var reader = EventStreamReader()
        #expect(reader.take(repeatElement(UInt8(ascii: "x"), count: 3_000_000)).isEmpty)
        #expect(reader.take("\ndata: z\n\n".utf8) == [.init(name: "", data: "z")])
    }
}
