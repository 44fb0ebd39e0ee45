import Testing

@testable import RelayConfig

@Suite("What a reload would change")
struct ChangeTests {
    private func file(_ text: String) throws -> LoadedConfig {
        try LoadedConfig.parse(text, path: "tidegate.toml")
    }

    @Test("every key shows what holds, defaults included")
    func values() throws {
        let keys = Set(LoadedConfig.defaults.keys.map(RestartRule.name))
        let sections = [
            "server", "http", "media", "admin", "storage", "policy", "attestation", "identity", "limits",
            "chat",
            "reports", "bans", "records", "hooks", "help", "log", "attestation.issuers", "reports.sources",
        ]
        let ofTables = TidegateConfig.knownKeys.filter {
            $0.hasPrefix("attestation.issuers.") || $0.hasPrefix("reports.sources.") || $0.hasPrefix("help.")
                || $0.hasPrefix("policy.bands.")
        }
        #expect(keys == TidegateConfig.knownKeys.subtracting(sections).subtracting(ofTables))
        let values = try file("[http]\nlisten = \"[::1]:1\"\n[policy]\nparting_delay = 0.5\n").values
        #expect(values["http.listen"] == .text("[::1]:1"))
        #expect(values["policy.parting_delay"] == .number(0.5))
        #expect(values["policy.bands[1].age_over_18"] == .flag(true))
        #expect(values["media.listen"] == .text("auto"))
    }

    @Test("what is spelled out as it is anyway is no change")
    func same() throws {
        let bands =
            "[[policy.bands]]\nname = \"adult\"\nage_over_18 = true\n"
            + "[[policy.bands]]\nname = \"teen\"\nage_over_13 = true\nage_over_18 = false\n"
        let change = ConfigChange(from: try file(""), to: try file("[log]\nlevel = \"info\"\n" + bands))
        #expect(change.changed.isEmpty && change.needsRestart.isEmpty)
    }

    @Test("keys of sockets, workers, the database and the bands need a restart, the others do not")
    func sorting() throws {
        let next = try file(
            """
            [http]
            listen = "127.0.0.1:1"
            origins = ["https://a.example"]
            [media]
            workers = 2
            [admin]
            socket = "other.sock"
            [storage]
            path = "other.sqlite"
            retention_days = 3
            [policy]
            consent = "off"
            match_wait = 9
            [[policy.bands]]
            name = "adult"
            age_over_18 = true
            [log]
            level = "debug"
            """)
        let running = try file("")
        let change = ConfigChange(from: running, to: next)
        #expect(change.changed == ["http.origins", "log.level", "policy.consent", "storage.retention_days"])
        #expect(
            change.needsRestart == [
                "admin.socket", "http.listen", "media.workers", "policy.bands", "policy.match_wait",
                "storage.path",
            ])
        #expect(ConfigChange(fromShown: running.shownValues, to: next) == change)

        // What is taken over is exactly what was called changed, and the rest is told again next time.
        let then = next.keepingWhatHolds(of: running)
        #expect(ConfigChange(from: running, to: then).needsRestart.isEmpty)
        #expect(ConfigChange(from: running, to: then).changed == change.changed)
        let again = ConfigChange(from: then, to: next)
        #expect(again.changed.isEmpty && again.needsRestart == change.needsRestart)
        var expected = running.config
        expected.http.origins = ["https://a.example"]
        expected.storage.retentionDays = 3
        expected.policy.consent = .off
        expected.log.level = .debug
        #expect(then.config == expected)
    }

    @Test("a file that a key names and that holds something else is a change")
    func contents() throws {
        let one = try TemporaryFile("{\"keys\": []}")
        let text = "[attestation]\n[[attestation.issuers]]\nissuer = \"a\"\njwks_file = \"\(one.path)\"\n"
        let before = try file(text)
        #expect(ConfigChange(from: before, to: try file(text)).changed.isEmpty)
        try one.write("{\"keys\": [1]}")
        #expect(ConfigChange(from: before, to: try file(text)).changed == ["attestation.issuers"])
    }

    @Test("to begin or to cease to speak TLS needs a restart; another certificate does not")
    func tls() throws {
        let one = try TemporaryFile("one")
        let two = try TemporaryFile("two")
        let plain = try file("")
        let secure = try file("[http]\ncertificate = \"\(one.path)\"\nkey = \"\(one.path)\"\n")
        let renewed = try file("[http]\ncertificate = \"\(two.path)\"\nkey = \"\(two.path)\"\n")
        #expect(ConfigChange(from: plain, to: secure).needsRestart == ["http.certificate", "http.key"])
        #expect(secure.keepingWhatHolds(of: plain).config == plain.config)
        #expect(ConfigChange(from: secure, to: renewed).changed == ["http.certificate", "http.key"])
    }

    @Test("of a source's key only whether it is set is shown")
    func secrets() throws {
        let hash = String(repeating: "ab", count: 32)
        let config = try file("[[reports.sources]]\nname = \"a\"\nkey_sha256 = \"\(hash)\"\n")
        #expect(config.shownValues["reports.sources[1].key_sha256"] == .text("(set)"))
        #expect(config.values["reports.sources[1].key_sha256"] == .text(hash))
    }

    @Test("in development pairs are waited for a second, unless the file says otherwise")
    func drainDeadline() throws {
        #expect(try file("").config.server.drainDeadline == .seconds(600))
        #expect(try file("development = true").config.server.drainDeadline == .seconds(1))
        #expect(
            try file("development = true\n[server]\ndrain_deadline = 40\n").config.server.drainDeadline
                == .seconds(40))
    }

    @Test("the admin API on an address of the network wants TLS")
    func adminTLS() throws {
        let token = try TemporaryFile(String(repeating: "0", count: 32))
        let text = "[admin]\nlisten = \"192.0.2.1:9090\"\ntoken_file = \"\(token.path)\"\n"
        #expect { try file(text) } throws: { error in
            (error as? ConfigError)?.problems.map(\.key) == ["admin.listen"]
        }
        let pem = try TemporaryFile("pem")
        #expect(
            try file(text + "certificate = \"\(pem.path)\"\nkey = \"\(pem.path)\"\n").config.admin.certificate
                == pem.path)
        #expect { try file("[admin]\nlisten = \"127.0.0.1:9090\"\n") } throws: { error in
            (error as? ConfigError)?.problems.map(\.key) == ["admin.token_file"]
        }
    }
}
