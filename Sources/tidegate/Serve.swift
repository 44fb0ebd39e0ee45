import ArgumentParser
import Logging
import RelayConfig

/// Runs the server in the foreground: `tidegate serve --config conf/tidegate.toml`.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the server.",
        discussion: """
            Logs to standard error. Writes one line to standard output when every listener is open:

              tidegate ready http=HOST:PORT media=HOST:PORT admin=PATH

            SIGTERM or SIGINT tell everybody to come back later, close, and end with 0; a second one ends at once.

            Exit status: 0 it was told to stop, 1 it could not start or go on; one sentence says why.
            """)

    @Option(help: "The configuration file. Paths in it are relative to the working directory.")
    var config = "conf/tidegate.toml"

    func run() async throws {
        Process.prepare()
        defer { LogWriter.standard.flush() }
        do {
            let file = config
            let config = try TidegateConfig.load(path: file)
            let section = config.log
            LoggingSystem.bootstrap { RelayLog(label: $0, section: section) }
            let logger = Logger(label: "tidegate")
            for warning in config.warnings { logger.warning("\(warning)") }
            let house = try await House(config, file: file, logger: logger)
            try await house.run()
        } catch let error as ConfigError {
            complain("\(error)")
            throw ExitCode(1)
        } catch {
            complain("tidegate: \(error)")
            throw ExitCode(1)
        }
    }
}
