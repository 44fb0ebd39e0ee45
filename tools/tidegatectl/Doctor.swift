import ArgumentParser
import Foundation
import RelayConfig
import RelayTypes

/// Looks for what goes wrong in real installations: `tidegatectl doctor`.
struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check what goes wrong in real installations, and say what to do.",
        discussion: """
            The server looks at its own machine; this tool tries the way to every media port, over UDP as a browser \
            does, and compares the clocks. Run it on another machine, over the admin API's TCP listener (--url), to \
            see whether the ports are open from there: from the server's own machine that cannot be known.

            Each check is ok, warn or bad. With warnings only the exit status is 3, with anything bad 1.
            """)

    @OptionGroup var server: ServerOptions

    @Option(
        parsing: .unconditional,
        help:
            "The server's configuration file, where this is its machine: is it sound, and what the server read?"
    )
    var config: String?

    @Option(
        name: .customLong("address"), parsing: .singleValue,
        help: "Try the media ports at this address instead of the announced ones; may be repeated.")
    var addresses: [String] = []

    func run() async throws {
        var checks: [DoctorFinding] = []
        try await reporting {
            var server = server
            if let config {
                let file = ConfigurationCheck(path: config)
                checks.append(file.finding)
                server.prefer(socket: file.adminSocket)
            }
            let client = try server.client()
            let began = Date()
            let told: DoctorAnswer
            do throws(AdminFailure) {
                told = try await client.get("/v1/doctor", patience: 120, as: DoctorAnswer.self).value
            } catch {
                // What was found without the server is worth saying.
                if !checks.isEmpty { try tell(checks) }
                throw error
            }
            checks.append(ClockCheck.finding(server: told.now, from: began, to: Date()))
            checks.append(versionFinding(told.version))
            if let config { checks += ConfigurationCheck.comparison(path: config, told.configSHA256) }
            checks += told.checks
            checks += try await MediaPathCheck(
                client: client, isElsewhere: server.isElsewhere, addresses: addresses
            )
            .findings(told.media)
            try tell(checks)
        }
        if checks.contains(where: { $0.verdict == .bad }) { throw ExitCode(ExitStatus.refused.rawValue) }
        if checks.contains(where: { $0.verdict == .warn }) { throw ExitCode(ExitStatus.warned.rawValue) }
    }

    private func versionFinding(_ running: String) -> DoctorFinding {
        guard running == ProgramVersion.text else {
            return DoctorFinding(
                "version", .warn, "the server is \(running), this tool \(ProgramVersion.text)",
                remedy: "use the tool that came with the server")
        }
        return DoctorFinding("version", .ok, "the server and this tool are \(running)")
    }

    private func tell(_ checks: [DoctorFinding]) throws {
        if server.quiet {
            // Nothing but errors: what is bad is one.
            for check in checks where check.verdict == .bad { warn("\(check.check): \(check.says)") }
            return
        }
        if server.json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            let data = try encoder.encode(["checks": checks])
            return print(SafeText.json(String(decoding: data, as: UTF8.self)))
        }
        let lines = checks.map { check in
            (
                name: check.verdict.rawValue.padding(toLength: 6, withPad: " ", startingAt: 0) + check.check,
                value: check.says + (check.remedy.map { ". To do: \($0)" } ?? "")
            )
        }
        print(Layout.terminal.list(lines), terminator: "")
        let worst = checks.count { $0.verdict == .bad }
        let warned = checks.count { $0.verdict == .warn }
        print(worst + warned == 0 ? "all is well" : "\(worst) bad, \(warned) to look at")
    }
}

/// One check, as this tool or the server has made it.
struct DoctorFinding: Codable, Equatable {
    enum Verdict: String, Codable { case ok, warn, bad }

    let check: String
    let verdict: Verdict
    let says: String
    let remedy: String?

    init(_ check: String, _ verdict: Verdict, _ says: String, remedy: String? = nil) {
        self.check = check
        self.verdict = verdict
        self.says = says
        self.remedy = remedy
    }
}

/// `GET /v1/doctor`.
struct DoctorAnswer: Decodable {
    struct Media: Decodable {
        let worker: Int
        let address: String
        let port: Int
        let own: Bool
    }

    let version: String
    let now: String
    let configSHA256: String
    let media: [Media]
    let checks: [DoctorFinding]

    private enum CodingKeys: String, CodingKey {
        case version, now, media, checks
        case configSHA256 = "config_sha256"
    }
}

/// `POST /v1/doctor/leg`.
struct DoctorLegAnswer: Decodable {
    struct Address: Decodable {
        let address: String
        let port: Int
    }

    let worker: Int
    let usernameFragment: String
    let password: String
    let candidates: [Address]

    private enum CodingKeys: String, CodingKey {
        case worker, password, candidates
        case usernameFragment = "username_fragment"
    }
}
