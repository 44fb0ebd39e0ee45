import Foundation
import RelayTypes
import Testing

@testable import Sealing

@Suite("Capture events are opened by the operator's private key only (RFC 9180)")
struct SealTests {
    private static let start = Date(timeIntervalSince1970: 1_800_000_000)
    private let opener = SealOpener()
    private let events = [
        CaptureEvent(event: "hello", at: Self.start, address: "192.0.2.1", port: 50_123),
        CaptureEvent(
            event: "reported", at: Self.start.addingTimeInterval(1.5), address: "2001:db8::1", port: 9),
    ]
    private let report = ReportID("r-1")

    private func seal() throws -> SealedEvents {
        let key = try #require(SealKey(raw: opener.rawPublicKey))
        let sealed = try #require(key.seal(events, for: report))
        #expect(sealed.keyName == key.name)
        return sealed
    }

    @Test("they come back as they were, and no address is in the sealed bytes")
    func opens() throws {
        let sealed = try seal()
        #expect(opener.open(sealed, of: report) == events)
        #expect(Data(sealed.bytes).range(of: Data("192.0.2.1".utf8)) == nil)
        #expect(try seal() != sealed, "each time with a fresh key")
    }

    @Test("what another implementation has sealed is opened: the bytes are the standard's")
    func another() throws {
        // Made with Python's pyhpke 0.6: private key 01 02 … 20, associated data "report-1".
        let digits = """
            01aaa8fff703b50b229348c04836f2ef8646f485c43636d4263071deefc022983484575cc022390e
            0e670494e1cef43d7ff6ba84a2cc1238daecca5bf4ef8b5826cb85b4cc0e47f3f58497aed1e21e92
            bed47da3e988717fb2a7320e1b94f722076dc125025391504b0b9e5bbfc6f3e8b07713c3282c18eb
            c96a524d8d125c9dff5b6e7d
            """
            .filter { !$0.isNewline }
        let bytes = stride(from: 0, to: digits.count, by: 2)
            .compactMap { UInt8(digits.dropFirst($0).prefix(2), radix: 16) }
        let opener = try #require(SealOpener(raw: Array(1...32)))
        let event = CaptureEvent(
            event: "hello", at: Date(timeIntervalSince1970: 1_700_000_000.123), address: "203.0.113.9",
            port: 40_123)
        let sealed = SealedEvents(bytes: bytes)
        #expect(opener.open(sealed, of: ReportID("report-1")) == [event])
        #expect(sealed.keyName == SealKey(raw: opener.rawPublicKey)?.name)
    }

    @Test("not under another report, not with another key, not with one bit changed, not shorter")
    func refuses() throws {
        let sealed = try seal()
        #expect(opener.open(sealed, of: ReportID("r-2")) == nil)
        #expect(SealOpener().open(sealed, of: report) == nil)
        // The key's name only helps to find it.
        for index in sealed.bytes.indices where !(1...8).contains(index) {
            var bytes = sealed.bytes
            bytes[index] ^= 1
            #expect(opener.open(SealedEvents(bytes: bytes), of: report) == nil, "byte \(index)")
        }
        for length in 0..<sealed.bytes.count {
            #expect(opener.open(SealedEvents(bytes: Array(sealed.bytes.prefix(length))), of: report) == nil)
        }
    }

    @Test("keys are read as OpenSSL writes them, and raw (RFC 8410 section 10)")
    func files() throws {
        let folder = try TemporaryFolder()
        let privatePEM = """
            -----BEGIN PRIVATE KEY-----
            MC4CAQAwBQYDK2VuBCIEIHcHbQpzGKV9PBbBclGyZkXfTC+H68CZKrF3+6UduSwq
            -----END PRIVATE KEY-----

            """
        let publicPEM = """
            -----BEGIN PUBLIC KEY-----
            MCowBQYDK2VuAyEAhSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=
            -----END PUBLIC KEY-----

            """
        try Data(privatePEM.utf8).write(to: URL(fileURLWithPath: folder.file("private.pem")))
        try Data(publicPEM.utf8).write(to: URL(fileURLWithPath: folder.file("public.pem")))
        let alice = try SealOpener.load(path: folder.file("private.pem"))
        let key = try SealKey.load(path: folder.file("public.pem"))
        #expect(SealKey(raw: alice.rawPublicKey)?.name == key.name, "RFC 7748 section 6.1")
        try Data(alice.rawPublicKey).write(to: URL(fileURLWithPath: folder.file("raw")))
        #expect(try SealKey.load(path: folder.file("raw")).name == key.name)
        let sealed = try #require(key.seal(events, for: report))
        #expect(alice.open(sealed, of: report) == events)
    }

    @Test("a private key, a missing file and anything else are refused in a sentence")
    func wrongFiles() throws {
        let folder = try TemporaryFolder()
        func refuses(_ name: String, _ content: String?, _ words: String) throws {
            let path = folder.file(name)
            if let content { try Data(content.utf8).write(to: URL(fileURLWithPath: path)) }
            #expect {
                _ = try SealKey.load(path: path)
            } throws: { error in
                guard case .badKey(path, _)? = error as? SealingError else { return false }
                return "\(error)".contains(words)
            }
        }
        try refuses("missing", nil, "No such file")
        try refuses(
            "private", "-----BEGIN PRIVATE KEY-----\nMC4=\n-----END PRIVATE KEY-----\n",
            "must not be on this machine")
        try refuses("empty", "", "no X25519 key")
        try refuses("short", "-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----\n", "no X25519 key")
        // An Ed25519 key of the same length.
        try refuses(
            "signing",
            """
            -----BEGIN PUBLIC KEY-----
            MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
            -----END PUBLIC KEY-----
            """, "no X25519 key")
    }
}

/// A folder that goes away with the test.
private final class TemporaryFolder: Sendable {
    private let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "tidegate-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { path + "/" + name }
}
