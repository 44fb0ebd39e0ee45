import Foundation
import Testing

@testable import RelayConfig

/// One wrong file, and the key that must be named.
struct WrongFile: CustomTestStringConvertible, Sendable {
    let text: String
    let key: String
    /// A part of what must be said about it.
    let says: String

    var testDescription: String { text.replacing("\n", with: " ⏎ ") }

    init(_ text: String, _ key: String, _ says: String) {
        (self.text, self.key, self.says) = (text, key, says)
    }

    static let all = types + ranges + meanings + desk + unknown

    static let types = [
        WrongFile("development = \"yes\"", "development", "true or false"),
        WrongFile("development = 1", "development", "true or false"),
        WrongFile("http = 1", "http", "a section"),
        WrongFile("[http]\nlisten = 8080", "http.listen", "HOST:PORT"),
        WrongFile("[http]\norigins = [1]", "http.origins", "list of origins"),
        WrongFile("[media]\nport = \"3478\"", "media.port", "between 0 and 65535"),
        WrongFile("[media]\nport = 3478.5", "media.port", "between 0 and 65535"),
        WrongFile("[policy]\nconsent = true", "policy.consent", "one of off, video, all"),
        WrongFile("[policy]\nmatch_wait = 2024-01-01", "policy.match_wait", "seconds"),
        WrongFile("[policy]\nbands = 1", "policy.bands", "[[policy.bands]]"),
        WrongFile("[policy]\nbands = [1]", "policy.bands[1]", "a section"),
        WrongFile("[reports]\nreasons = [\"a\", 2]", "reports.reasons", "list of names"),
        WrongFile("[reports]\nhide_reporter = \"no\"", "reports.hide_reporter", "true or false"),
    ]

    static let ranges = [
        WrongFile("[media]\nport = 65536", "media.port", "between 0 and 65535"),
        WrongFile("[media]\nport = -1", "media.port", "between 0 and 65535"),
        WrongFile("[media]\nport = 65535\nworkers = 2", "media.workers", "last worker's port"),
        WrongFile("[media]\nworkers = 257", "media.workers", "between 0 and 256"),
        WrongFile("[media]\nheld_bitrate = 29999", "media.held_bitrate", "between 30000 and 10000000"),
        WrongFile("[media]\ncoalesce = 1001", "media.coalesce", "between 0 and 1000"),
        WrongFile("[media]\nsrtp = \"nss\"", "media.srtp", "openssl"),
        WrongFile("[media]\nconsent_timeout = 4", "media.consent_timeout", "between 5 and 60 whole seconds"),
        WrongFile("[policy]\nresume_window = -1", "policy.resume_window", "between 0 and 3600"),
        WrongFile("[policy]\nresume_window = nan", "policy.resume_window", "between 0 and 3600"),
        WrongFile("[policy]\nmatch_wait = 0.5", "policy.match_wait", "whole seconds"),
        WrongFile("[policy]\navoid_recent = 99999999999", "policy.avoid_recent", "between 0 and 1000"),
        WrongFile("[limits]\nmessage_bytes = 10", "limits.message_bytes", "between 1024"),
        WrongFile(
            "[limits]\nping_interval = 50", "limits.silent_timeout", "longer than limits.ping_interval"),
        WrongFile("[storage]\nretention_days = 0", "storage.retention_days", "between 1 and 3650"),
        WrongFile("[storage]\npath = \"\"", "storage.path", "path of a file"),
        WrongFile("[chat]\nlength = 0", "chat.length", "between 1"),
        WrongFile("[reports]\nreasons = []", "reports.reasons", "at least one"),
        WrongFile("[reports]\nreasons = [\"a\", \"a\"]", "reports.reasons", "none twice"),
        WrongFile("[reports]\nreasons = [\"Bad Name\"]", "reports.reasons", "lower-case"),
    ]

    static let meanings = [
        WrongFile("[policy]\nunverified = \"loby\"", "policy.unverified", "try lobby"),
        WrongFile("[http]\nlisten = \"8080\"", "http.listen", "HOST:PORT"),
        WrongFile("[http]\nlisten = \"::1:8080\"", "http.listen", "HOST:PORT"),
        WrongFile("[http]\nlisten = \"127.0.0.1:99999\"", "http.listen", "HOST:PORT"),
        WrongFile("[http]\norigins = [\"https://a.example/path\"]", "http.origins", "without a path"),
        WrongFile("[http]\norigins = [\"*\"]", "http.origins", "without a path"),
        WrongFile("[http]\ncertificate = \"/nowhere.pem\"", "http.key", "set where the other"),
        WrongFile("[http]\nkey = \"/nowhere.pem\"", "http.certificate", "set where the other"),
        WrongFile("[media]\nlisten = \"0.0.0.0\"", "media.listen", "numeric addresses"),
        WrongFile("[media]\nlisten = []", "media.listen", "numeric addresses"),
        WrongFile("[media]\nlisten = [\"127.0.0.1\", 7]", "media.listen", "numeric addresses"),
        WrongFile("[media]\nlisten = \"media.example\"", "media.listen", "numeric addresses"),
        WrongFile("[media]\nannounce = [\"::\"]", "media.announce", "browsers can reach"),
        WrongFile("[admin]\nlisten = \"127.0.0.1:9090\"", "admin.token_file", "set where admin.listen is"),
        WrongFile("[admin]\nsocket = \"\"", "admin.socket", "set where admin.listen is not"),
        WrongFile("[admin]\nsocket = \"\(String(repeating: "x", count: 108))\"", "admin.socket", "107 bytes"),
        WrongFile("[[policy.bands]]\nage_over_18 = true", "policy.bands[1].name", "set"),
        WrongFile("[[policy.bands]]\nname = \"all\"", "policy.bands[1].age_over_NN", "would fit everybody"),
        WrongFile("[[policy.bands]]\nname = \"a b\"\nage_over_18 = true", "policy.bands[1].name", "letters"),
        WrongFile(
            "[[policy.bands]]\nname = \"a\"\nage_over_8 = true", "policy.bands[1].age_over_8", "two digits"),
        WrongFile(
            "[[policy.bands]]\nname = \"a\"\nage_over_18 = \"true\"", "policy.bands[1].age_over_18",
            "true or false"),
        WrongFile(
            "[[policy.bands]]\nname = \"a\"\nage_over_18 = true\nage_over_16 = false",
            "policy.bands[1].age_over_16", "above every age_over_NN that is true"),
        WrongFile(
            "[[policy.bands]]\nname = \"a\"\nage_over_18 = true\n[[policy.bands]]\nname = \"a\"\nage_over_21 = true",
            "policy.bands", "different names"),
        WrongFile("[[attestation.issuers]]\nissuer = \"a\"", "attestation.issuers[1].jwks_file", "set"),
        WrongFile(
            "[[attestation.issuers]]\nissuer = \"a\"\njwks_url = \"https://a.example\"",
            "attestation.issuers[1].jwks_url", "not supported yet"),
        WrongFile(
            "[[attestation.issuers]]\njwks_file = \"/nowhere.json\"", "attestation.issuers[1].jwks_file",
            "no such file"),
        WrongFile(
            "[[attestation.issuers]]\njwks_file = \"/etc\"", "attestation.issuers[1].jwks_file", "folder"),
        WrongFile(
            "[[attestation.issuers]]\nissuer = \"a\"\nalgorithms = [\"HS256\"]",
            "attestation.issuers[1].algorithms", "ES256, EdDSA, RS256, PS256"),
        WrongFile(
            "[[attestation.issuers]]\nissuer = \"a\"\nalgorithms = [\"none\"]",
            "attestation.issuers[1].algorithms", "ES256"),
        WrongFile(
            "[[attestation.issuers]]\nissuer = \"a\"\nclaim_path = \"a..b\"",
            "attestation.issuers[1].claim_path", "names of objects"),
        WrongFile("[identity]\nrequired = true", "identity.issuer", "set where identity.required is true"),
        WrongFile("[identity]\nissuer = \"a\"", "identity.jwks_file", "set"),
        WrongFile("[attestation]\nattest_url = \"javascript:1\"", "attestation.attest_url", "https URL"),
    ]

    static let desk = [
        WrongFile("[reports]\nrisk_after = -1", "reports.risk_after", "between 0 and 1000"),
        WrongFile("[reports]\nrisk_window = 60", "reports.risk_window", "between 3600"),
        WrongFile("[reports]\nper_hour = -1", "reports.per_hour", "between 0"),
        WrongFile("[reports]\nappeal_days = 182", "reports.appeal_days", "between 183"),
        WrongFile("[[reports.sources]]\nname = \"a\"", "reports.sources[1].key_sha256", "set"),
        WrongFile("[[reports.sources]]\nkey_sha256 = \"\(hash)\"", "reports.sources[1].name", "set"),
        WrongFile(
            "[[reports.sources]]\nname = \"a b\"\nkey_sha256 = \"\(hash)\"", "reports.sources[1].name",
            "letters"),
        WrongFile(
            "[[reports.sources]]\nname = \"a\"\nkind = \"police\"\nkey_sha256 = \"\(hash)\"",
            "reports.sources[1].kind", "one of trusted_flagger"),
        WrongFile(
            "[[reports.sources]]\nname = \"a\"\nkey_sha256 = \"abc\"", "reports.sources[1].key_sha256",
            "64 hexadecimal"),
        WrongFile(
            "[[reports.sources]]\nname = \"a\"\nkey_file = \"/nowhere\"", "reports.sources[1].key_file",
            "no such file"),
        WrongFile(
            "[[reports.sources]]\nname = \"a\"\nkey_sha256 = \"\(hash)\"\n"
                + "[[reports.sources]]\nname = \"a\"\nkey_sha256 = \"\(hash)\"", "reports.sources",
            "different names"),
        WrongFile("[records]\nseal_key = \"/nowhere.pem\"", "records.seal_key", "no such file"),
        WrongFile("[storage]\nviolation_days = 0", "storage.violation_days", "between 1"),
        WrongFile("[storage]\ndecision_days = 300", "storage.decision_days", "no shorter"),
        WrongFile("[[help]]\nphone = \"1\"", "help[1].text", "set"),
        WrongFile("[[help]]\ntext = \"a\"", "help[1].phone", "set where url is not"),
        WrongFile("[[help]]\ntext = \"a\"\nphone = \"call me\"", "help[1].phone", "digits"),
        WrongFile("[[help]]\ntext = \"a\"\nurl = \"javascript:1\"", "help[1].url", "https URL"),
        WrongFile(
            "[[help]]\ntext = \"a\"\nphone = \"1\"\nlanguages = [\"f r\"]", "help[1].languages", "BCP 47"),
    ]

    private static let hash = String(repeating: "0f", count: 32)

    static let unknown = [
        WrongFile("[http]\nlisen = \"x\"", "http.lisen", "try http.listen"),
        WrongFile("port = 3478", "port", "try media.port"),
        WrongFile("[policy]\nunverifed = \"hold\"", "policy.unverifed", "try policy.unverified"),
        WrongFile("[polcy]\nunverified = \"hold\"", "polcy", "try policy"),
        WrongFile("[limits]\nhello_timout = 1", "limits.hello_timout", "try limits.hello_timeout"),
        WrongFile("nonsense_of_mine = 1", "nonsense_of_mine", "removing it"),
        WrongFile(
            "[[attestation.issuers]]\nissuer = \"a\"\njwks_fil = \"b\"", "attestation.issuers[1].jwks_fil",
            "try attestation.issuers.jwks_file"),
        WrongFile(
            "[[policy.bands]]\nname = \"a\"\nover_18 = true", "policy.bands[1].over_18",
            "a key that Tidegate knows"),
    ]
}

@Suite("A wrong file is told what to write instead")
struct ProblemTests {
    private func problems(_ text: String) -> [ConfigProblem] {
        do {
            _ = try TidegateConfig.parse(text, path: "test.toml")
            return []
        } catch {
            return error.problems
        }
    }

    @Test("by key", arguments: WrongFile.all)
    func named(file: WrongFile) {
        let found = problems(file.text)
        let texts = found.filter { $0.key == file.key }.map(\.description)
        #expect(texts.contains { $0.contains(file.says) }, "\(found.map(\.description))")
    }

    @Test("all at once")
    func allAtOnce() throws {
        let text = """
            development = 3
            [http]
            listen = "nowhere"
            [media]
            port = 99999
            [policy]
            consent = "maybe"
            [reports]
            reason = "x"
            """
        let keys = problems(text).map(\.key)
        #expect(keys == ["development", "http.listen", "media.port", "policy.consent", "reports.reason"])
    }

    @Test("as sentences, under the file's name")
    func sentences() {
        #expect {
            try TidegateConfig.parse("[media]\nport = 70000\nworkers = 999", path: "conf/a.toml")
        } throws: { error in
            "\(error)" == """
                conf/a.toml has 2 problems:
                  media.port is '70000' but must be between 0 and 65535 (a UDP port); try 3478
                  media.workers is '999' but must be between 0 and 256 threads, 0 being one for each core; try 1
                """
        }
    }

    @Test(
        "a syntax error by its line",
        arguments: [
            ("a = = 1", 1), ("\n\n[http\n", 3), ("[http]\nlisten = \"x\nkey = 1", 2), ("a = 1\na = 2", 2),
        ])
    func syntax(text: String, line: Int) {
        let found = problems(text)
        #expect(found.count == 1)
        #expect(found.first?.key == "line \(line)", "\(found)")
        #expect(found.first?.mustBe.hasPrefix("TOML") ?? false)
    }

    @Test("a NUL does not hide what follows")
    func nul() {
        #expect(problems("development = false\n#\0\n[nonsense]").first?.mustBe == "text without NUL bytes")
    }

    @Test("a file that is not there, a folder, and bytes that are not UTF-8")
    func unreadable() throws {
        for (path, reason) in [("/nowhere/tidegate.toml", "no such file"), ("/etc", "folder")] {
            #expect {
                try TidegateConfig.load(path: path)
            } throws: { "\($0)".contains(path) && "\($0)".contains(reason) }
        }
        let file = try TemporaryFile("")
        try Data([0x61, 0xff]).write(to: URL(fileURLWithPath: file.path))
        #expect { try TidegateConfig.load(path: file.path) } throws: { "\($0)".contains("UTF-8") }
    }

    @Test("a short token in the admin's token file")
    func shortToken() throws {
        for text in ["", String(repeating: "x", count: 31), "one two " + String(repeating: "x", count: 40)] {
            let file = try TemporaryFile(text)
            let found = problems("[admin]\nlisten = \"127.0.0.1:1\"\ntoken_file = \"\(file.path)\"")
            #expect(found.map(\.key) == ["admin.token_file"])
        }
        #expect(
            problems("[admin]\ntoken_file = \"/nowhere\"").first?.mustBe.contains("no such file") ?? false)
    }
}

@Suite("The development issuer is out of reach of other machines")
struct DevelopmentTests {
    @Test(
        "so only a loopback address without TLS starts",
        arguments: [
            ("127.0.0.1:8080", true), ("127.1.2.3:0", true), ("[::1]:8080", true), ("localhost:80", true),
            ("0.0.0.0:8080", false), ("[::]:8080", false), ("192.0.2.1:80", false),
            ("tidegate.example:80", false),
            ("localhost.example:80", false), ("[::ffff:192.0.2.1]:80", false),
        ])
    func loopback(address: String, starts: Bool) {
        let text = "development = true\n[http]\nlisten = \"\(address)\""
        let config = try? TidegateConfig.parse(text, path: "dev")
        #expect((config != nil) == starts)
        #expect((try? TidegateConfig.parse("[http]\nlisten = \"\(address)\"", path: "live")) != nil)
    }

    @Test("and not with a certificate")
    func tls() throws {
        let file = try TemporaryFile("")
        let tls = "[http]\ncertificate = \"\(file.path)\"\nkey = \"\(file.path)\""
        #expect(try TidegateConfig.parse(tls, path: "live").http.usesTLS)
        #expect {
            try TidegateConfig.parse("development = true\n" + tls, path: "dev")
        } throws: { "\($0)".contains("http.certificate") }
    }

    @Test("what is allowed but probably not meant is a warning")
    func warnings() throws {
        #expect(TidegateConfig().warnings.count == 2)
        #expect(TidegateConfig().warnings.first?.contains("nobody can prove an age") ?? false)
        let open = try TidegateConfig.parse(
            "[http]\nlisten = \"0.0.0.0:80\"\n[log]\naddresses = \"full\"", path: "open")
        #expect(open.warnings.count == 4)
        #expect(open.warnings.contains { $0.contains("reports keep no addresses") })
        let key = try TemporaryFile("a key")
        let sealing = try TidegateConfig.parse("[records]\nseal_key = \"\(key.path)\"", path: "seal")
        #expect(sealing.warnings.count == 1)
    }
}
