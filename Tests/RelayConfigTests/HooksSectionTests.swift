import Foundation
import Testing

@testable import RelayConfig

@Suite("The section of hooks")
struct HooksSectionTests {
    private static let secret = "whsec_" + Data(repeating: 7, count: 32).base64EncodedString()

    private func problems(_ text: String) -> [ConfigProblem] {
        do {
            _ = try TidegateConfig.parse("[hooks]\n" + text, path: "test.toml")
            return []
        } catch {
            return error.problems
        }
    }

    @Test("is read with every key, and a fraction of a second")
    func every() throws {
        let file = try TemporaryFile(Self.secret + "\n\n  " + Self.secret + "  \n")
        let config = try TidegateConfig.parse(
            """
            [hooks]
            events_url = "https://chat.example/hooks?tenant=3"
            events = ["pair.ended", "report.received"]
            queue = 500
            decisions_url = "http://[::1]:9000/ask"
            decisions = "release"
            timeout = 1.25
            on_error = "allow"
            concurrency = 8
            secret_file = "\(file.path)"
            """, path: "every")
        var expected = HooksSection()
        expected.eventsURL = "https://chat.example/hooks?tenant=3"
        expected.events = ["pair.ended", "report.received"]
        expected.queue = 500
        expected.decisionsURL = "http://[::1]:9000/ask"
        expected.decisions = ["release"]
        expected.timeout = .milliseconds(1_250)
        expected.onError = .allow
        expected.concurrency = 8
        expected.secretFile = file.path
        #expect(config.hooks == expected)
    }

    @Test("warns where what is not answered opens, and only there")
    func warning() throws {
        func warnings(_ text: String) throws -> [String] {
            try TidegateConfig.parse("[hooks]\n" + text, path: "a").warnings.filter { $0.hasPrefix("hooks.") }
        }
        #expect(
            try warnings("on_error = \"allow\"") == [
                "hooks.on_error is allow: what a hook does not answer opens"
            ])
        #expect(try warnings("on_error = \"hold\"").isEmpty)
    }

    @Test(
        "takes no wrong value",
        arguments: [
            WrongFile("events = [\"pair.made\"]", "hooks.events", "some of peer.joined"),
            WrongFile("events = [\"pair.ended\", \"pair.ended\"]", "hooks.events", "none twice"),
            WrongFile("decisions = [\"ban\"]", "hooks.decisions", "some of admit, match, release, chat"),
            WrongFile("queue = 99", "hooks.queue", "between 100"),
            WrongFile("timeout = 0.009", "hooks.timeout", "between 0.01 and 2 seconds"),
            WrongFile("timeout = 2.1", "hooks.timeout", "between 0.01 and 2 seconds"),
            WrongFile("timeout = nan", "hooks.timeout", "between 0.01 and 2 seconds"),
            WrongFile("on_error = \"deny\"", "hooks.on_error", "one of hold, allow"),
            WrongFile("concurrency = 0", "hooks.concurrency", "between 1"),
            WrongFile("secret_file = \"/nowhere\"", "hooks.secret_file", "no such file"),
            WrongFile("events_url = \"https://a.example\"", "hooks.secret_file", "set where"),
            WrongFile("events_url = \"https://a.example\"\nevents = []", "hooks.events", "at least one"),
            WrongFile("decisions = [\"chat\"]", "hooks.decisions_url", "set where hooks.decisions is"),
            WrongFile("decisions_url = \"https://a.example\"", "hooks.decisions", "at least one"),
            WrongFile("event_url = \"\"", "hooks.event_url", "try hooks.events_url"),
        ])
    func wrong(file: WrongFile) {
        let texts = problems(file.text).filter { $0.key == file.key }.map(\.description)
        #expect(texts.contains { $0.contains(file.says) }, "\(problems(file.text))")
    }

    @Test(
        "takes addresses that only the endpoint can hear, and no others",
        arguments: [
            ("https://chat.example", nil), ("https://chat.example:8443/a/b?c=d", nil),
            ("https://192.0.2.1/", nil), ("http://127.0.0.1:80/", nil), ("http://127.8.9.1/", nil),
            ("http://localhost:1/x", nil), ("http://[::1]/", nil), ("HTTPS://chat.example/", nil),
            ("chat.example", "https URL with a host"), ("https://", "https URL with a host"),
            ("https:///path", "https URL with a host"), ("ftp://chat.example", "https URL with a host"),
            ("file:///etc/passwd", "https URL with a host"), ("https://a b.example", "https URL with a host"),
            ("https://chät.example", "https URL with a host"),
            ("http://chat.example/", "https where the host is not this machine"),
            ("http://127.0.0.1.chat.example/", "https where the host is not this machine"),
            ("http://localhost.chat.example/", "https where the host is not this machine"),
            ("http://127.1/", "https where the host is not this machine"),
            ("http://0.0.0.0/", "https where the host is not this machine"),
            ("http://[::ffff:192.0.2.1]/", "https where the host is not this machine"),
            ("https://anna@chat.example/", "without user and password"),
            ("https://anna:hunter2@chat.example/", "without user and password"),
            ("https://:hunter2@chat.example/", "without user and password"),
            ("https://chat.example/#a", "without a fragment"),
        ])
    func addresses(url: String, fault: String?) {
        for key in ["events_url", "decisions_url"] {
            let found = problems("\(key) = \"\(url)\"").filter { $0.key == "hooks.\(key)" }
            #expect(
                found.map { $0.mustBe.contains(fault ?? "?") } == (fault == nil ? [] : [true]), "\(found)")
            #expect(!found.contains { $0.description.contains("hunter2") }, "\(found)")
        }
    }

    @Test("takes only secrets as the standard writes them, and says nothing of what is in the file")
    func secrets() throws {
        func key(_ count: Int) -> String { Data(repeating: 0x42, count: count).base64EncodedString() }
        let good = ["whsec_" + key(24), "whsec_" + key(64) + "\nwhsec_" + key(32) + "\n"]
        let bad = [
            "", "\n \n", key(32), "whsec_" + key(23), "whsec_" + key(65), "whsec_hunter2", "whsec_",
            "whsec_" + key(32) + "\nhunter2",
        ]
        for text in good {
            let file = try TemporaryFile(text)
            #expect(problems("secret_file = \"\(file.path)\"").isEmpty, "\(text)")
        }
        for text in bad {
            let file = try TemporaryFile(text)
            let found = problems("secret_file = \"\(file.path)\"")
            #expect(found.map(\.key) == ["hooks.secret_file"], "\(text)")
            #expect(
                !found.contains { $0.description.contains("hunter2") || $0.description.contains(key(23)) })
        }
    }

    @Test("is taken over by a reload, another secret in the same file too, and shows no query of an address")
    func reload() throws {
        let file = try TemporaryFile(Self.secret)
        let text = """
            [hooks]
            events_url = "https://chat.example/hooks?token=hunter2"
            secret_file = "\(file.path)"

            """
        func load(_ more: String = "") throws -> LoadedConfig {
            try LoadedConfig.parse(text + more, path: "a")
        }
        let before = try load()
        #expect(before.shownValues["hooks.events_url"] == .text("https://chat.example/hooks"))
        #expect(!before.shownValues.values.contains { $0.description.contains("hunter2") })
        let faster = ConfigChange(from: before, to: try load("timeout = 0.1"))
        #expect(faster.changed == ["hooks.timeout"] && faster.needsRestart.isEmpty)
        try file.write(Self.secret + "\n" + Self.secret)
        #expect(ConfigChange(from: before, to: try load()).changed == ["hooks.secret_file"])
        let off = ConfigChange(from: before, to: try LoadedConfig.parse("", path: "a"))
        #expect(off.changed == ["hooks.events_url", "hooks.secret_file"] && off.needsRestart.isEmpty)
    }
}
