import Testing

@testable import tidegatectl

@Suite("What is printed fits the terminal and cannot harm it")
struct LayoutTests {
    private static let identifier = "abcdefghijklmnopqrst"

    @Test("a table of pairs has at most 80 columns, and whole identifiers", arguments: [40, 60, 72, 79, 80])
    func pairs(width: Int) {
        let rows = [
            [Self.identifier, "3 h 20 min", Self.identifier, Self.identifier],
            [Self.identifier, "1 s", Self.identifier, Self.identifier],
        ]
        let text = Layout(width: width).table(["PAIR", "AGE", "PEER", "PEER"], rows)
        for line in text.split(separator: "\n") { #expect(line.count <= width) }
        #expect(text.split(whereSeparator: \.isWhitespace).filter { $0 == Self.identifier }.count == 6)
    }

    @Test("long lists of holds go on below themselves")
    func holds() {
        let holds = Array(repeating: "consent_partner,", count: 12).joined(separator: " ")
        let text = Layout(width: 60).list([("video", holds), ("chat", "open")], indent: 2)
        let lines = text.split(separator: "\n")
        #expect(lines.count > 3)
        for line in lines { #expect(line.count <= 60) }
        #expect(lines.last == "  chat   open")
        #expect(lines[1].hasPrefix("         consent_partner,"))
    }

    @Test(
        "without room beside a name its value goes below it, and nothing is lost", arguments: [1, 5, 20, 25])
    func narrow(width: Int) {
        let text = Layout(width: width).list([("reported after", "12 s, 3 messages"), ("x", "")], indent: 2)
        #expect(
            text.split(whereSeparator: \.isWhitespace) == [
                "reported", "after", "12", "s,", "3", "messages", "x",
            ])
        let table = Layout(width: width).table(["PAIR", "PEER"], [[Self.identifier, "b"], ["c", ""]])
        #expect(table.split(whereSeparator: \.isWhitespace).count { $0 == Self.identifier } == 1)
        guard width > 16 else { return }
        for line in text.split(separator: "\n") { #expect(line.count <= width) }
    }

    @Test("usage lines are broken between options, never inside one")
    func usage() {
        let line = "USAGE: tidegatectl pair hold [--socket <socket>] <pair> --reason <reason> [--on <on> ...]"
        let text = UsageLine.wrapped("a\n" + line + "\nb", width: 40)
        #expect(
            text == """
                a
                USAGE: tidegatectl pair hold
                         [--socket <socket>] <pair>
                         --reason <reason>
                         [--on <on> ...]
                b
                """)
        #expect(UsageLine.wrapped(line, width: 200) == line)
        #expect(UsageLine.wrapped("Usage: " + String(repeating: "x", count: 90), width: 20).contains("xxx"))
        #expect(UsageLine.wrapped("", width: 1).isEmpty)
    }

    @Test(
        "control characters and direction marks are shown, not obeyed",
        arguments: [
            ("a\u{1b}[2Jb", "a\\u{1b}[2Jb"), ("a\nb", "a\\u{a}b"), ("\u{7f}", "\\u{7f}"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("\u{202e}evil", "\\u{202e}evil"), ("größe 👋", "größe 👋"),
        ])
    func harmless(text: String, shown: String) {
        #expect(SafeText.line(text) == shown)
    }

    @Test("JSON stays the same JSON")
    func json() {
        #expect(SafeText.json("{\"a\":\"\u{9b}\u{202e}\"}\n") == "{\"a\":\"\\u009b\\u202e\"}\n")
    }

    @Test(
        "lengths of time are said as people say them",
        arguments: [
            (0, "0 s"), (59.9, "59 s"), (60, "1 min"), (3_599, "59 min"), (3_600, "1 h 0 min"),
            (86_400, "1 d 0 h"), (-5, "0 s"), (.infinity, "11574074 d 1 h"),
        ] as [(Double, String)])
    func lengths(seconds: Double, text: String) {
        #expect(spoken(seconds: seconds) == text)
    }
}

@Suite("Arguments are understood in any sensible order")
struct ArgumentOrderTests {
    @Test(
        "server options may come first, and an identifier may begin with a hyphen",
        arguments: [
            (["status"], ["status"]),
            (["--socket", "/a", "status"], ["status", "--socket", "/a"]),
            (["--json", "pair", "list"], ["pair", "list", "--json"]),
            (["--quiet", "--socket", "/a", "status"], ["status", "--quiet", "--socket", "/a"]),
            (
                ["pair", "show", "-bcdefghijklmnopqrst", "--json"],
                ["pair", "show", "--json", "--", "-bcdefghijklmnopqrst"]
            ),
            (
                ["pair", "hold", "--cdefghijklmnopqrs_", "--from", "-bcdefghijklmnopqrst"],
                ["pair", "hold", "--from", "-bcdefghijklmnopqrst", "--", "--cdefghijklmnopqrs_"]
            ),
            (
                ["pair", "show", "--", "-bcdefghijklmnopqrst"],
                ["pair", "show", "--", "-bcdefghijklmnopqrst"]
            ),
            (["--socket"], ["--socket"]), (["--help"], ["--help"]), ([], []),
        ] as [([String], [String])])
    func order(given: [String], parsable: [String]) {
        #expect(ArgumentOrder.parsable(given) == parsable)
    }
}
