internal import ArgumentParser
internal import Foundation

/// `tidegate-load issuer DIR`: makes a test issuer of age attestations.
struct IssuerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "issuer",
        abstract: "Make a test issuer, for a server that is not in development.",
        discussion: """
            Writes issuer.jwks.json (for the server) and issuer.key.json (for --issuer;
            keep it from others) into a folder, and prints what to put into the server's
            configuration. Whoever has the key can attest any age to that server: take
            the issuer out again after the test.
            """)

    static let publicName = "issuer.jwks.json"
    static let privateName = "issuer.key.json"

    @Argument(help: "The folder; it is made where there is none.")
    var folder: String

    @Option(help: "The issuer's name, the claim iss.")
    var name = TestIssuer.defaultName

    @Option(help: "Days until this tool no longer uses the key.")
    var days = 30.0

    func validate() throws {
        guard days > -400, days <= 400 else { throw ValidationError("--days is at most 400") }
        guard !name.isEmpty, name.unicodeScalars.allSatisfy({ (0x21...0x7e).contains($0.value) }) else {
            throw ValidationError("--name is one word")
        }
    }

    func run() async throws {
        try await reporting {
            let issuer = TestIssuer(name: name, expires: Date.now.addingTimeInterval(days * 86_400))
            let jwks = folder + "/" + Self.publicName
            let key = folder + "/" + Self.privateName
            do {
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                try Data(issuer.jwks.utf8).write(to: URL(filePath: jwks))
                try? FileManager.default.removeItem(atPath: key)
                let made = FileManager.default.createFile(
                    atPath: key, contents: try issuer.privateFile(), attributes: [.posixPermissions: 0o600])
                guard made else { throw LoadFailure.cannotRun("") }
            } catch { throw LoadFailure.cannotRun("the issuer cannot be written into \(folder)") }
            print(
                """
                [[attestation.issuers]]
                issuer = "\(name)"
                jwks_file = "\(jwks)"
                """)
        }
    }
}
