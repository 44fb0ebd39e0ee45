import Crypto
import Foundation
import Testing

@testable import tidegatectl

@Suite("case export") struct CaseFolderTests {
    private let path = FileManager.default.temporaryDirectory.appending(path: "case-\(UUID().uuidString)")
        .path

    private func key() throws -> String {
        let file = path + ".key"
        try P256.Signing.PrivateKey().pemRepresentation.write(toFile: file, atomically: true, encoding: .utf8)
        return file
    }

    private static let verify = [
        "openssl", "dgst", "-sha256", "-verify", "public.pem", "-signature", "SHA256SUMS.sig", "SHA256SUMS",
    ]

    private func run(_ arguments: [String]) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = arguments
        process.currentDirectoryURL = URL(filePath: path)
        process.standardOutput = Pipe()
        process.standardError = Pipe()
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }

    @Test("writes hashes and a signature that openssl alone can check, and finds a change") func checks()
        throws
    {
        let folder = try CaseFolder(path: path, signingKey: key())
        try folder.write([("case.json", Data("{}".utf8)), ("case.html", Data("<p>".utf8))])
        #expect(try run(["sha256sum", "-c", "SHA256SUMS"]) == 0)
        #expect(try run(Self.verify) == 0)
        try Data("{ }".utf8).write(to: URL(filePath: path + "/case.json"))
        #expect(try run(["sha256sum", "-c", "SHA256SUMS"]) != 0)
        try Data("0  case.json\n".utf8).write(to: URL(filePath: path + "/SHA256SUMS"))
        #expect(try run(Self.verify) != 0)
    }

    @Test("touches no folder that is not empty, and takes no key that is none") func refuses() throws {
        let key = try key()
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        _ = try CaseFolder(path: path, signingKey: key)
        try Data("mine".utf8).write(to: URL(filePath: path + "/mine.txt"))
        #expect(throws: AdminFailure.self) { try CaseFolder(path: path, signingKey: key) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: path) == ["mine.txt"])
        #expect(throws: AdminFailure.self) {
            try CaseFolder(path: path + "2", signingKey: path + "/mine.txt")
        }
        #expect(throws: AdminFailure.self) { try CaseFolder(path: path + "2", signingKey: path + "/none") }
        #expect(!FileManager.default.fileExists(atPath: path + "2"))
    }

    @Test("leaves nothing behind where the folder cannot be written") func half() throws {
        let folder = try CaseFolder(path: "/proc/case", signingKey: try key())
        #expect(throws: AdminFailure.self) { try folder.write([("case.json", Data())]) }
    }

    @Test("what people have written is no markup on the page") func escaping() {
        #expect(
            CasePage.escaped("<img src=x onerror='a'>\u{202e}\n&\"")
                == "&lt;img src=x onerror=&#39;a&#39;&gt;\\u{202e}\\u{a}&amp;&quot;")
    }
}
