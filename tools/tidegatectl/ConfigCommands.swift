import ArgumentParser
import RelayConfig

/// Reads the configuration again: `tidegatectl reload --dry-run`.
struct ReloadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload",
        abstract:
            "Let the server read its configuration again, with the certificates and keys that it names.",
        discussion: """
            Live pairs are not touched. What is wrong with the file is said, all of it, and then nothing is changed.
            """)

    @OptionGroup var server: ServerOptions

    @Flag(help: "Say what would change, and change nothing.")
    var dryRun = false

    func run() async throws {
        try await reporting {
            let answer = try await server.client()
                .post("/v1/reload", Body(dryRun: dryRun), as: ReloadAnswer.self)
            guard !server.json else { return print(SafeText.json(answer.json)) }
            print(
                ChangeText.text(
                    changed: answer.value.changed, needsRestart: answer.value.needsRestart,
                    verb: dryRun ? "would change" : "changed"),
                terminator: "")
        }
    }

    private struct Body: Encodable {
        let dryRun: Bool

        private enum CodingKeys: String, CodingKey { case dryRun = "dry_run" }
    }
}

/// `tidegatectl config …`.
struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Check a configuration file, and see what the running server goes by.",
        subcommands: [ConfigCheck.self, ConfigShow.self, ConfigDiff.self])
}

/// Needs no server: `tidegatectl config check conf/tidegate.toml`.
struct ConfigCheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Say what is wrong with a configuration file, without a server.",
        discussion: """
            Relative paths in the file are looked up from where this is called, as the server does from where it runs.
            """)

    @Argument(help: "The file.")
    var file: String

    @Flag(help: "Print JSON: {\"ok\", \"problems\", \"warnings\"}.")
    var json = false

    @Flag(help: "Print nothing but errors.")
    var quiet = false

    func run() async throws {
        if quiet { StandardOutput.silence() }
        var problems: [String] = []
        var warnings: [String] = []
        do throws(ConfigError) {
            warnings = try TidegateConfig.load(path: file).warnings
        } catch {
            problems = error.problems.map(\.description)
        }
        if json {
            print(try JSONText.of(Verdict(ok: problems.isEmpty, problems: problems, warnings: warnings)))
        } else {
            for warning in warnings { print("warning: \(SafeText.line(warning))") }
            if problems.isEmpty { print("\(SafeText.line(file)) is in order") }
            for problem in problems { complain(problem) }
        }
        if !problems.isEmpty { throw ExitCode(1) }
    }

    private struct Verdict: Encodable {
        let ok: Bool
        let problems: [String]
        let warnings: [String]
    }
}

/// What the server goes by: `tidegatectl config show`.
struct ConfigShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show what the running server goes by; of secrets only whether they are set.")

    @OptionGroup var server: ServerOptions

    @Flag(help: "Only what is not the default.")
    var changed = false

    func run() async throws {
        try await reporting {
            let answer = try await server.client().get("/v1/config", as: ConfigAnswer.self)
            guard !server.json else { return print(SafeText.json(answer.json)) }
            let config = answer.value
            let entries = config.values
                .filter { !changed || config.defaults[$0.key] != $0.value }
                .sorted { $0.key < $1.key }
                .map { (name: $0.key, value: $0.value.description) }
            print("# \(SafeText.line(config.file))")
            print(Layout.terminal.list(entries), terminator: "")
        }
    }
}

/// What a reload of another file would do: `tidegatectl config diff new.toml`.
struct ConfigDiff: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Say what a file would change, and what needs a restart.",
        discussion: """
            Compares values; contents of files and secrets are not compared, 'reload --dry-run' does that for the
            server's own file.
            """)

    @OptionGroup var server: ServerOptions

    @Argument(help: "The file.")
    var file: String

    func run() async throws {
        try await reporting {
            let next: LoadedConfig
            do throws(ConfigError) {
                next = try LoadedConfig.load(path: file)
            } catch {
                for problem in error.problems { complain(problem.description) }
                throw ExitCode(1)
            }
            let running = try await server.client().get("/v1/config", as: ConfigAnswer.self).value.values
            let change = ConfigChange(fromShown: running, to: next)
            if server.json {
                return print(
                    try JSONText.of(["changed": change.changed, "needs_restart": change.needsRestart]))
            }
            print(
                ChangeText.text(
                    changed: change.changed, needsRestart: change.needsRestart, verb: "would change"),
                terminator: "")
            let shown = next.shownValues
            let keys = Set(running.keys).union(shown.keys).filter { running[$0] != shown[$0] }.sorted()
            for key in keys {
                let before = running[key].map(\.description) ?? "-"
                let after = shown[key].map(\.description) ?? "-"
                print(SafeText.line("\(key): \(before) -> \(after)"))
            }
        }
    }
}

/// The two lists of a change, in words.
enum ChangeText {
    static func text(changed: [String], needsRestart: [String], verb: String) -> String {
        var lines = [changed.isEmpty ? "nothing \(verb)" : "\(verb): \(changed.joined(separator: ", "))"]
        if !needsRestart.isEmpty { lines.append("needs a restart: \(needsRestart.joined(separator: ", "))") }
        return lines.map { SafeText.line($0) + "\n" }.joined()
    }
}

/// `POST /v1/reload`.
struct ReloadAnswer: Decodable {
    let changed: [String]
    let needsRestart: [String]

    private enum CodingKeys: String, CodingKey {
        case changed
        case needsRestart = "needs_restart"
    }
}

/// `GET /v1/config`.
struct ConfigAnswer: Decodable {
    let file: String
    let values: [String: ConfigValue]
    let defaults: [String: ConfigValue]
}
