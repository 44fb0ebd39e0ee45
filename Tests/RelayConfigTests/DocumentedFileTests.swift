import Foundation
import Testing

@testable import RelayConfig

@Suite("The files in conf say what is true")
struct DocumentedFileTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "conf")
    private let documented = Self.folder.appending(path: "tidegate.toml").path

    @Test("tidegate.toml holds exactly the defaults")
    func defaults() throws {
        #expect(try TidegateConfig.load(path: documented) == TidegateConfig())
        #expect(try TidegateConfig.parse("", path: "empty") == TidegateConfig())
    }

    @Test("tidegate.toml names every key there is")
    func everyKey() throws {
        let text = try String(contentsOfFile: documented, encoding: .utf8)
        var section = ""
        var found: Set<String> = []
        for line in text.split(separator: "\n") {
            let words = line.drop { $0 == "#" || $0 == " " }
            if words.hasPrefix("[") {
                section = words.prefix { $0 != "#" }.trimmingCharacters(in: ["[", "]", " "]) + "."
            } else if let key = words.split(separator: " ").first, words.contains("=") {
                found.insert(section + key)
            }
        }
        let sections = [
            "server", "http", "media", "admin", "storage", "policy", "policy.bands", "attestation",
            "attestation.issuers", "identity", "limits", "chat", "reports", "reports.sources", "bans",
            "records",
            "hooks", "help", "log",
        ]
        // The one is refused with a sentence of its own; the other stands for age_over_13 and age_over_18.
        let elsewhere = [
            "attestation.issuers.jwks_url", "identity.jwks_url", "policy.bands.age_over_NN",
        ]
        let missing = TidegateConfig.knownKeys.subtracting(found).subtracting(sections).subtracting(elsewhere)
        #expect(missing.isEmpty, "\(missing.sorted())")
    }

    @Test("tidegate.dev.toml is a development server on loopback, and warns of it")
    func development() throws {
        let config = try TidegateConfig.load(path: Self.folder.appending(path: "tidegate.dev.toml").path)
        #expect(config.development)
        #expect(config.http.listen == ListenAddress(host: "127.0.0.1", port: 8_080))
        #expect(config.warnings.contains { $0.contains("development is true") })
    }

    @Test("the keys that other programs rely on are read (PROTOCOL.md section 7)")
    func contract() throws {
        let keys = try TemporaryFile("{\"keys\": []}")
        let token = try TemporaryFile(String(repeating: "0", count: 32) + "\n")
        let config = try TidegateConfig.parse(
            """
            development = false
            [http]
            listen = "[::1]:0"
            certificate = ""
            key = ""
            origins = ["https://chat.example"]
            [media]
            listen = ["127.0.0.1", "::1"]
            announce = ["192.0.2.1"]
            port = 40000
            workers = 0
            [admin]
            socket = "run/a.sock"
            listen = "127.0.0.1:9090"
            token_file = "\(token.path)"
            [storage]
            path = "run/b.sqlite"
            [policy]
            unverified = "lobby"
            consent = "all"
            resume_window = 5
            avoid_recent = 0
            match_wait = 0
            [attestation]
            audience = "chat"
            [[attestation.issuers]]
            issuer = "https://issuer.example"
            jwks_file = "\(keys.path)"
            algorithms = ["ES256", "RS256"]
            """, path: "contract")
        #expect(config.http.listen.description == "[::1]:0")
        #expect(config.http.origins == ["https://chat.example"])
        #expect(config.media.listen == .addresses(["127.0.0.1", "::1"]))
        #expect(config.media.announce == ["192.0.2.1"])
        #expect(config.media.port == 40_000)
        #expect(config.media.workerCount(cores: 6) == 6)
        #expect(config.admin.listen?.description == "127.0.0.1:9090")
        #expect(config.storage.path == "run/b.sqlite")
        #expect(config.policy.unverified == .lobby)
        #expect(config.policy.consent == .all)
        #expect(config.policy.resumeWindow.inWholeSeconds == 5)
        #expect(config.policy.matchWait == .zero)
        #expect(config.attestation.audience == "chat")
        #expect(config.attestation.issuers.map(\.issuer) == ["https://issuer.example"])
        #expect(config.attestation.issuers.first?.algorithms == [.es256, .rs256])
        #expect(config.policy.bands == BandSection.defaults)
    }

    @Test("bands of one's own replace the default ones, and a claim path may be a text or a list")
    func bands() throws {
        let keys = try TemporaryFile("{}")
        let config = try TidegateConfig.parse(
            """
            [[policy.bands]]
            name = "over21"
            age_over_21 = true
            [[attestation.issuers]]
            issuer = "a"
            jwks_file = "\(keys.path)"
            claim_path = "vc.credentialSubject"
            [[attestation.issuers]]
            issuer = "b"
            jwks_file = "\(keys.path)"
            claim_path = ["eu.europa.ec.av.1"]
            """, path: "bands")
        #expect(config.policy.bands == [BandSection(name: "over21", ageOver: [21: true])])
        #expect(
            config.attestation.issuers.map(\.claimPath) == [
                ["vc", "credentialSubject"], ["eu.europa.ec.av.1"],
            ])
    }
}

/// A file that lives as long as the value.
final class TemporaryFile {
    let path: String

    init(_ text: String) throws {
        path = FileManager.default.temporaryDirectory.appending(path: "tidegate-\(UUID().uuidString)").path
        try write(text)
    }

    func write(_ text: String) throws { try text.write(toFile: path, atomically: true, encoding: .utf8) }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
