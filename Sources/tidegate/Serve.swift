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

            SIGTERM drains: nobody new is taken, running pairs go on until they end or until server.drain_deadline, then
            the server ends with 0. A second SIGTERM, or SIGINT, does not wait for pairs: everybody is told to come back
            later and hung up, which takes a few seconds at most. One more ends the process where it stands. SIGHUP reads
            the configuration again, as 'tidegatectl reload' does; a broken file changes nothing.

            Exit status: 0 it was told to stop, 1 it could not start or go on; one sentence says why.
            """)

    @Option(help: "The configuration file. Paths in it are relative to the working directory.")
    var config = "conf/tidegate.toml"

    func run() async throws {
        Process.prepare()
        defer { LogWriter.standard.flush() }
        do {
            let loaded = try LoadedConfig.load(path: config)
            let log = LiveLog(loaded.config.log)
            LoggingSystem.bootstrap { RelayLog(label: $0, settings: log) }
            let logger = Logger(label: "tidegate")
            for warning in loaded.config.warnings { logger.warning("\(warning)") }
            let house = try await House(loaded, log: log, logger: logger)
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
