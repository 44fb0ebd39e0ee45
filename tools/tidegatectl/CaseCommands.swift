import ArgumentParser
import Foundation
import RelayTypes
import Sealing

/// `tidegatectl case …`.
struct Case: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Keep a report from being deleted, and hand it on.",
        subcommands: [CaseHold.self, CaseExport.self])
}

/// Freezes a report's retention: `tidegatectl case hold <report> --reason 'court order 12/26'`.
struct CaseHold: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hold",
        abstract: "Keep a report until the hold is lifted, whatever its class.")

    @OptionGroup var server: ServerOptions

    @Argument(help: "The report, as shown by 'tidegatectl report list'.")
    var report: String

    @Option(parsing: .unconditional, help: "Why; for the audit log.")
    var reason: String

    @Flag(help: "Lift the hold instead.")
    var lift = false

    @Flag(help: "Say what would happen, and do nothing.")
    var dryRun = false

    func run() async throws {
        try await reporting {
            let name = SafeText.line(report)
            let client = try server.client()
            guard !dryRun else {
                let path = "/v1/reports/" + AdminClient.encoded(report)
                let found = try await client.get(path, as: ReportAnswer.self).value
                let kept = found.retention
                return try DryRun(
                    would: "\(lift ? "lift the hold on" : "hold") \(found.report)",
                    effects: [
                        .init(name: "kept now", value: kept.kind + (kept.until.map { " until \($0)" } ?? ""))
                    ]
                )
                .tell(server)
            }
            let answer =
                try await client
                .post(
                    "/v1/reports/" + AdminClient.encoded(report) + "/hold", Body(hold: !lift, reason: reason),
                    as: OrderReceiptAnswer.self)
            guard !server.json else { return print(SafeText.json(answer.json)) }
            print(lift ? "\(name) is no longer held" : "\(name) is kept until the hold is lifted")
            answer.value.tellRest()
        }
    }

    private struct Body: Encodable {
        let hold: Bool
        let reason: String
    }
}

/// Writes one report into a folder: `tidegatectl case export <report> --to case-1 --sign-key operator.key`.
struct CaseExport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write a report and all that belongs to it into a folder, with hashes and a signature.",
        discussion: """
            The folder must not exist, or be empty. It holds case.json, case.html, SHA256SUMS, its signature and the
            public key; README.txt says how to check them with openssl alone. A key for it, once:

              openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out operator.key
            """)

    @OptionGroup var server: ServerOptions

    @Argument(help: "The report, as shown by 'tidegatectl report list'.")
    var report: String

    @Option(parsing: .unconditional, help: "The folder to write.")
    var to: String

    @Option(parsing: .unconditional, help: "PEM file with the private key (ECDSA P-256) to sign with.")
    var signKey: String

    @Option(
        parsing: .unconditional,
        help: "File with the private key that opens addresses (X25519): they are added as addresses.json.")
    var openKey: String?

    func run() async throws {
        try await reporting {
            // What can fail here fails before anything is asked or written.
            let folder = try CaseFolder(path: to, signingKey: signKey)
            let opener = try openKey.map(Self.opener)
            let answer = try await server.client()
                .get("/v1/reports/" + AdminClient.encoded(report) + "/case", as: CaseAnswer.self)
            var files = [
                (name: "case.json", content: Data(answer.json.utf8)),
                (name: "case.html", content: Data(CasePage(answer.value).text.utf8)),
            ]
            if let opener { files.append(("addresses.json", try Self.addresses(in: answer.value, opener))) }
            try folder.write(files)
            guard !server.json else { return print(SafeText.json(answer.json)) }
            print("wrote \(SafeText.line(to)); check it with 'sha256sum -c SHA256SUMS' and README.txt")
        }
    }

    private static func opener(_ path: String) throws(AdminFailure) -> SealOpener {
        do throws(SealingError) {
            return try SealOpener.load(path: path)
        } catch {
            throw .local("\(error)")
        }
    }

    private static func addresses(in answer: CaseAnswer, _ opener: SealOpener) throws(AdminFailure) -> Data {
        guard let text = answer.report.captureEvents, let sealed = Data(base64Encoded: text) else {
            throw .local("this report holds no addresses; nothing was written")
        }
        let events = opener.open(
            SealedEvents(bytes: Array(sealed)), of: ReportID(answer.report.report))
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .iso8601
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        guard let events, let data = try? encoder.encode(events) else {
            throw .local("this key does not open the addresses of this report; nothing was written")
        }
        return data
    }
}
