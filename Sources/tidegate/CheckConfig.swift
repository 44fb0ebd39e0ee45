import ArgumentParser
import RelayConfig

/// Looks at a configuration file: `tidegate check-config conf/tidegate.toml`.
struct CheckConfig: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-config",
        abstract: "Say what is wrong with a configuration file.",
        discussion: """
            Prints every problem at once, each with what to write instead, and starts nothing.

            Exit status: 0 the server would take the file, 1 it would not.
            """)

    @Argument(help: "The file.")
    var file: String

    func run() async throws {
        do throws(ConfigError) {
            let config = try TidegateConfig.load(path: file)
            for warning in config.warnings { complain("warning: \(warning)") }
            announce("\(file) is in order")
        } catch {
            complain("\(error)")
            throw ExitCode(1)
        }
    }
}
