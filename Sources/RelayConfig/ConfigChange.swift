/// What a reload would make of another configuration file.
package struct ConfigChange: Sendable, Equatable {
    /// Keys that are taken over by a reload, a list of tables being one: sorted.
    package let changed: [String]
    /// Keys that differ and hold their old value until the server is started anew: sorted.
    package let needsRestart: [String]

    package init(from running: LoadedConfig, to next: LoadedConfig) {
        let names = Self.differences(running.values, next.values)
            .union(Self.differences(running.contents, next.contents))
        let rule = RestartRule(running: running.config, next: next.config)
        changed = names.filter { !rule.holds($0) }.sorted()
        needsRestart = names.filter { rule.holds($0) }.sorted()
    }

    /// What differs between two servers' values as they are shown: contents of files and secrets cannot be compared.
    ///
    /// - Parameters:
    ///   - running: `values` of `GET /v1/config`.
    ///   - next: a file.
    package init(fromShown running: [String: ConfigValue], to next: LoadedConfig) {
        let names = Self.differences(running, next.shownValues)
        let isTLS = running["http.certificate"] ?? .text("") != .text("")
        let rule = RestartRule(togglesTLS: isTLS != next.config.http.usesTLS)
        changed = names.filter { !rule.holds($0) }.sorted()
        needsRestart = names.filter { rule.holds($0) }.sorted()
    }

    private static func differences<Value: Equatable>(
        _ one: [String: Value], _ other: [String: Value]
    ) -> Set<String> {
        Set(Set(one.keys).union(other.keys).filter { one[$0] != other[$0] }.map(RestartRule.name))
    }
}

/// Which keys hold until the server is started anew.
///
/// The sockets, the workers and the database are made once. Bands are kept as well: people who are here have proved
/// theirs under the old meaning, and must not meet those who prove the same name under another.
struct RestartRule {
    static let sections = ["media", "admin"]
    static let keys: Set<String> = [
        "development", "http.listen", "http.reuse_port", "storage.path", "bans.key_file", "policy.bands",
        "policy.match_wait",
        "reports.receipt_window",
    ]

    /// Whether the public listener would begin or cease to speak TLS.
    let togglesTLS: Bool

    init(togglesTLS: Bool) { self.togglesTLS = togglesTLS }

    init(running: TidegateConfig, next: TidegateConfig) {
        togglesTLS = running.http.usesTLS != next.http.usesTLS
    }

    /// - Parameter name: of ``name(_:)``.
    func holds(_ name: String) -> Bool {
        if togglesTLS, name == "http.certificate" || name == "http.key" { return true }
        return Self.keys.contains(name) || Self.sections.contains { name.hasPrefix($0 + ".") }
    }

    /// The key without what follows an index: `policy.bands` of `policy.bands[1].name`.
    static func name(_ key: String) -> String { String(key.prefix { $0 != "[" }) }
}

extension LoadedConfig {
    /// This file with the running server's values where those hold until it is started anew: what a reload leads to.
    package func keepingWhatHolds(of running: LoadedConfig) -> LoadedConfig {
        let rule = RestartRule(running: running.config, next: config)
        var result = self
        result.config.keep(what: rule, of: running.config)
        result.values = Self.merged(values, running.values, rule)
        result.contents = Self.merged(contents, running.contents, rule)
        return result
    }

    private static func merged<Value>(
        _ next: [String: Value], _ running: [String: Value], _ rule: RestartRule
    ) -> [String: Value] {
        next.filter { !rule.holds(RestartRule.name($0.key)) }
            .merging(running.filter { rule.holds(RestartRule.name($0.key)) }) { $1 }
    }
}

extension TidegateConfig {
    fileprivate mutating func keep(what rule: RestartRule, of running: TidegateConfig) {
        development = running.development
        media = running.media
        admin = running.admin
        http.listen = running.http.listen
        http.reusePort = running.http.reusePort
        if rule.togglesTLS {
            http.certificate = running.http.certificate
            http.key = running.http.key
        }
        storage.path = running.storage.path
        bans.keyFile = running.bans.keyFile
        policy.bands = running.policy.bands
        policy.matchWait = running.policy.matchWait
        reports.receiptWindow = running.reports.receiptWindow
    }
}
