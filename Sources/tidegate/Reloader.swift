import Attestation
import Foundation
import Front
import Hooks
import Logging
import RelayConfig
import Storage
import Switchboard

/// Reads the configuration file again while the server runs.
///
/// Everything new is built first; only when all of it stands does any of it take the old one's place, and putting it
/// there cannot fail. So nothing is ever half taken over.
actor Reloader: ConfigControl {
    /// What a reload may change.
    struct Parts: Sendable {
        let switchboard: Switchboard
        let verifier: AgeVerifier
        let store: SQLiteStore
        let website: PublicServer
        let sources: SourceKeys
        let hooks: Hooks
        let log: LiveLog
        /// The server's own, in development.
        let issuer: DevelopmentIssuer?
        /// Of the public listener, where the service manager has opened it.
        let socket: Int32?
        let serviceManager: ServiceManager
    }

    /// Built, and not in force yet.
    private struct Built {
        let controlPlane: SwitchboardConfiguration
        let issuers: AgeVerifier.Setup
        let front: FrontSettings
        let sources: [(source: ReportSource, sha256: [UInt8])]
        let hooks: HookSettings
    }

    private let parts: Parts
    private let logger: Logger
    private var running: LoadedConfig
    private var isBusy = false

    init(_ running: LoadedConfig, parts: Parts, logger: Logger) {
        self.running = running
        self.parts = parts
        self.logger = logger
    }

    // MARK: ConfigControl

    func configurationJSON() -> String {
        struct View: Encodable {
            let file: String
            let sha256: String
            let values: [String: ConfigValue]
            let defaults: [String: ConfigValue]
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let view = View(
            file: running.path, sha256: running.sha256, values: running.shownValues,
            defaults: LoadedConfig.defaults)
        guard let data = try? encoder.encode(view) else { return "{}" }
        return String(decoding: data, as: UTF8.self)
    }

    func reload(isDryRun: Bool, by who: Operator) async throws(ReloadRefusal) -> ReloadReport {
        guard !isBusy else { throw .busy }
        isBusy = true
        defer { isBusy = false }
        if !isDryRun { parts.serviceManager.reloading() }
        defer { if !isDryRun { parts.serviceManager.ready() } }

        let file = try read()
        let next = file.keepingWhatHolds(of: running)
        let built = try build(next)
        let change = ConfigChange(from: running, to: file)
        let report = ReloadReport(
            changed: change.changed, needsRestart: change.needsRestart, dryRun: isDryRun)
        guard !isDryRun else { return report }
        if !change.changed.isEmpty {
            // What shuts waits for nothing, the log included.
            await parts.switchboard.trust(built.issuers.trustedKeys)
            // What may open is written down first.
            await parts.switchboard.noteChange(
                of: change.changed, needingRestart: change.needsRestart, hash: file.sha256, by: who)
            await adopt(built, of: next)
        }
        for warning in next.config.warnings { logger.warning("\(warning)") }
        logger.notice(
            "configuration reloaded",
            metadata: [
                "changed": "\(change.changed.joined(separator: " "))",
                "needs_restart": "\(change.needsRestart.joined(separator: " "))",
            ])
        return report
    }

    // MARK: Building, and putting into place

    private func read() throws(ReloadRefusal) -> LoadedConfig {
        do {
            return try LoadedConfig.load(path: running.path)
        } catch {
            throw refusal(error.problems.map(\.description))
        }
    }

    private func build(_ next: LoadedConfig) throws(ReloadRefusal) -> Built {
        var problems: [String] = []
        func built<Part>(_ make: () throws -> Part) -> Part? {
            do {
                return try make()
            } catch {
                problems.append("\(error)")
                return nil
            }
        }
        let config = next.config
        let controlPlane = built { try config.switchboard(version: Version.text, banKeys: BanKeys()) }
        let issuers = built { try config.verifierSetup(with: parts.issuer) }
        let sources = built { try config.sources() }
        let hooks = built { try config.hookSettings() }
        let front = built {
            var front = config.front(descriptors: Process.descriptorLimit, issuer: parts.issuer)
            front.socket = parts.socket
            return try FrontSettings(front)
        }
        guard let controlPlane, let issuers, let sources, let hooks, let front else {
            throw refusal(problems)
        }
        return Built(
            controlPlane: controlPlane, issuers: issuers, front: front, sources: sources, hooks: hooks)
    }

    private func refusal(_ problems: [String]) -> ReloadRefusal {
        logger.error(
            "configuration not reloaded", metadata: ["problems": "\(problems.joined(separator: "; "))"])
        return .problems(problems, file: running.path)
    }

    private func adopt(_ built: Built, of next: LoadedConfig) async {
        running = next
        parts.log.adopt(next.config.log)
        parts.sources.adopt(built.sources)
        parts.store.keep(for: next.config.retention)
        parts.website.adopt(built.front)
        await parts.verifier.adopt(built.issuers)
        await parts.hooks.adopt(built.hooks)
        await parts.switchboard.adopt(built.controlPlane)
    }
}
