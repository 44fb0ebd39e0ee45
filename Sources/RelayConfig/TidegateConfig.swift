/// The configuration file, read and checked: what `tidegate serve` is built from.
///
/// A fresh value holds the documented defaults, and so does `conf/tidegate.toml`.
package struct TidegateConfig: Sendable, Equatable {
    /// The server is its own issuer of ages: one click proves any band.
    ///
    /// HTTP on loopback only.
    package var development = false
    package var server = ServerSection()
    package var http = HTTPSection()
    package var media = MediaSection()
    package var admin = AdminSection()
    package var storage = StorageSection()
    package var policy = PolicySection()
    package var attestation = AttestationSection()
    package var identity = IdentitySection()
    package var limits = LimitsSection()
    package var chat = ChatSection()
    package var reports = ReportsSection()
    package var bans = BansSection()
    package var records = RecordsSection()
    package var hooks = HooksSection()
    /// Places where somebody is listened to.
    package var help: [HelpSection] = []
    package var log = LogSection()

    package init() {}

    /// Reads a file and everything that it names.
    ///
    /// - Throws: every problem at once.
    package static func load(path: String) throws(ConfigError) -> TidegateConfig {
        try LoadedConfig.load(path: path).config
    }

    /// Reads the text of a file; files that it names are looked at, relative to the working directory.
    ///
    /// - Parameter path: what messages call the text.
    package static func parse(_ text: String, path: String) throws(ConfigError) -> TidegateConfig {
        try LoadedConfig.parse(text, path: path).config
    }

    /// Every key that a file may have, with its section.
    package static var knownKeys: Set<String> { read([:]).reading.known }

    static func read(
        _ document: [String: ConfigValue]
    ) -> (config: TidegateConfig, reading: ConfigReading) {
        let reading = ConfigReading()
        var config = TidegateConfig()
        let root = SectionReader(reading, table: document)
        root.flag("development", &config.development)
        root.section("server") { config.server.read($0, development: config.development) }
        root.section("http") { config.http.read($0) }
        root.section("media") { config.media.read($0) }
        root.section("admin") { config.admin.read($0) }
        root.section("storage") { config.storage.read($0) }
        root.section("policy") { config.policy.read($0) }
        root.section("attestation") { config.attestation.read($0) }
        root.section("identity") { config.identity.read($0) }
        root.section("limits") { config.limits.read($0) }
        root.section("chat") { config.chat.read($0) }
        root.section("reports") { config.reports.read($0) }
        root.section("bans") { config.bans.read($0) }
        root.section("records") { config.records.read($0) }
        root.section("hooks") { config.hooks.read($0) }
        if let help = root.sections("help", HelpSection.init(reading:)) {
            config.help = help
            root.require(
                help.count <= HelpSection.most, "help", help.count, "at most \(HelpSection.most) entries",
                try: "those that your people need")
        }
        root.section("log") { config.log.read($0) }
        root.collectUnknown()
        config.requireSafeDevelopment(root)
        reading.reportUnknown()
        return (config, reading)
    }

    /// An issuer that proves any age to whoever clicks must be out of reach from other machines.
    private func requireSafeDevelopment(_ root: SectionReader) {
        guard development else { return }
        root.require(
            http.listen.isLoopback, "http.listen", http.listen,
            "a loopback address while development is true, for anybody could attest any age",
            try: "127.0.0.1:\(http.listen.port), or development = false")
        root.require(
            !http.usesTLS, "http.certificate", http.certificate,
            "empty while development is true, which is for one's own machine only",
            try: "\"\", or development = false")
    }

    /// What is allowed but probably not meant: one sentence each, for the log and for `check-config`.
    package var warnings: [String] {
        var found: [String] = []
        if attestation.issuers.isEmpty, !development {
            let effect =
                policy.unverified == .hold
                ? "every gate stays shut" : "nobody is ever matched"
            found.append("attestation.issuers is empty: nobody can prove an age, so \(effect)")
        }
        if development {
            found.append("development is true: anybody who can reach \(http.listen) can attest any age")
        }
        if !http.usesTLS, !http.listen.isLoopback {
            found.append(
                "http.listen is \(http.listen) without TLS: browsers give a page the camera over HTTPS only, "
                    + "so put a TLS proxy in front or set http.certificate")
        }
        if records.sealKey.isEmpty {
            found.append(
                "records.seal_key is empty: reports keep no addresses, so none can be given to the police")
        }
        if hooks.onError == .allow {
            found.append("hooks.on_error is allow: what a hook does not answer opens")
        }
        if log.addresses == .full {
            found.append("log.addresses is full: people's addresses are written to the log")
        }
        return found
    }
}

extension ConfigReading {
    /// Turns unknown keys into problems, each with the key that was probably meant.
    func reportUnknown() {
        for entry in unknown {
            let nearest = nearestKey(to: entry.path, among: known)
            problems.append(
                ConfigProblem(
                    key: entry.key, value: entry.value.description, mustBe: "a key that Tidegate knows",
                    hint: nearest ?? "removing it; conf/tidegate.toml has every key"))
        }
        unknown = []
    }
}
