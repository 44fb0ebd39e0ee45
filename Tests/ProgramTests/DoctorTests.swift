import Foundation
import RelayTestKit
import Testing

@Suite("tidegatectl doctor against a server, as built", .serialized)
struct DoctorTests {
    private struct Told: Decodable {
        struct Check: Decodable {
            let check: String
            let verdict: String
            let says: String
            let remedy: String?
        }

        let checks: [Check]

        subscript(name: String) -> [Check] { checks.filter { $0.check == name } }
    }

    private func doctor(_ folder: ProgramFolder, _ arguments: [String] = []) async throws -> (Int32?, Told) {
        let state = try await Program.run("tidegatectl", ["doctor", "--json"] + arguments, in: folder.path)
        let told = try JSONDecoder().decode(Told.self, from: Data(state.output.utf8))
        for check in told.checks {
            #expect(check.verdict == "ok" || check.remedy != nil, "\(check)")
            #expect(!check.says.isEmpty && !check.says.contains("\n"))
        }
        // The status follows from the checks.
        let verdicts = Set(told.checks.map(\.verdict))
        #expect(
            state.status == (verdicts.contains("bad") ? 1 : verdicts.contains("warn") ? 3 : 0), "\(state)")
        return (state.status, told)
    }

    @Test(
        "a healthy server: every check is made, nothing is bad, and the port answers with the address it saw")
    func healthy() async throws {
        let folder = try ProgramFolder(ProgramFolder.development + "workers = 2\n")
        let server = try folder.start()
        _ = try await server.ready()
        let (_, told) = try await doctor(folder, ["--config", "tidegate.toml"])
        #expect(!told.checks.contains { $0.verdict == "bad" }, "\(told)")
        for name in [
            "announced_address", "audit_log", "clock_here", "clock_synchronised", "config", "config_in_use",
            "cpu_aes", "database", "descriptors", "disk_space", "disk_sync", "dtls_certificate",
            "media_from_outside", "priority", "ready", "seal_key", "socket_buffers", "tls_certificate",
            "version",
            "workers",
        ] {
            #expect(told[name].count == 1, "\(name)")
        }
        #expect(told["media_path"].count == 2)
        #expect(told["media_path"].allSatisfy { $0.verdict == "ok" && $0.says.contains("as 127.0.0.1:") })
        #expect(
            ["database", "disk_sync", "audit_log", "clock_here", "version", "ready"]
                .allSatisfy { told[$0][0].verdict == "ok" })

        let text = try await Program.run("tidegatectl", ["doctor"], in: folder.path)
        for line in text.output.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
        #expect(text.output.contains("ok    media_path"))

        try folder.write(
            ProgramFolder.development + "workers = 2\n[limits]\npeers = 7\n", to: "tidegate.toml")
        #expect(
            try await doctor(folder, ["--config", "tidegate.toml"]).1["config_in_use"][0].verdict == "warn")
        try folder.write("[http]\nlisten = 7\n", to: "wrong.toml")
        let wrong = try await doctor(folder, ["--config", "wrong.toml", "--socket", "run/tidegate.sock"])
        #expect(wrong.1["config"][0].verdict == "bad" && wrong.0 == 1)
        server.signal(SIGTERM)
        #expect(try await server.end().status == 0)
        let gone = try await Program.run("tidegatectl", ["doctor"], in: folder.path)
        #expect(gone.status == 2 && gone.output.isEmpty && gone.errors.split(separator: "\n").count == 1)
    }

    @Test("an address where nobody listens is found: from here a warning, for it may be NAT, else bad")
    func wrongAnnounce() async throws {
        let folder = try ProgramFolder(ProgramFolder.development + "announce = \"127.0.0.9\"\n")
        let server = try folder.start()
        _ = try await server.ready()
        let (_, told) = try await doctor(folder)
        #expect(told["media_path"].map(\.verdict) == ["warn"])
        #expect(told["media_path"][0].remedy?.contains("media.announce") == true)
        #expect(told["media_from_outside"].isEmpty)
        // The right address is named by hand.
        let (_, named) = try await doctor(folder, ["--address", "127.0.0.1"])
        #expect(named["media_path"].map(\.verdict) == ["ok"])
        let (_, text) = try await doctor(folder, ["--address", "nonsense"])
        #expect(text["media_path"].map(\.verdict) == ["warn"])
        server.signal(SIGTERM)
        #expect(try await server.end().status == 0)
    }

    @Test("a port that is taken from the server's is bad: something else answers, or nobody")
    func blockedPort() async throws {
        let folder = try ProgramFolder()
        let server = try folder.start()
        let media = try await server.ready().media
        let port = try #require(media.split(separator: ":").last.flatMap { UInt16($0) })
        #expect(port > 0)
        let legs = try FakeServer(
            at: folder.path + "/fake",
            answers: [
                "/v1/doctor/leg": """
                {"worker":0,"username_fragment":"abcd","password":"0123456789012345678901",\
                "candidates":[{"address":"127.0.0.1","port":\(port)}],"seconds":10}
                """,
                "/v1/doctor": """
                {"version":"0.1.0","now":"2001-01-01T00:00:00.000Z","config_sha256":"",\
                "media":[{"worker":0,"address":"127.0.0.1","port":\(port),"own":true}],"checks":[]}
                """,
            ])
        defer { withExtendedLifetime(legs) {} }
        // The real server does not know these credentials, and says nothing or something that is not signed.
        let (status, told) = try await doctor(folder, ["--socket", "fake"])
        #expect(status == 1)
        #expect(told["media_path"].map(\.verdict) == ["bad"])
        // A server whose clock says 2001.
        #expect(told["clock_here"].map(\.verdict) == ["bad"])
        server.signal(SIGTERM)
        #expect(try await server.end().status == 0)
    }

    @Test(
        "few descriptors, an ended certificate, lost keys, a folder that takes nothing: each is found and named"
    )
    func faults() async throws {
        let folder = try ProgramFolder()
        try await shell(
            "openssl ecparam -name prime256v1 -genkey -noout -out key.pem && chmod 600 key.pem", folder)
        for (days, name) in [(-1, "ended"), (3, "soon")] {
            try await shell(
                "openssl req -new -key key.pem -subj /CN=localhost -out r.csr && "
                    + "openssl x509 -req -in r.csr -signkey key.pem -days \(days) -out \(name).pem", folder)
        }
        let made = try await Program.run("tidegate-load", ["issuer", "known"], in: folder.path)
        #expect(made.status == 0)
        try folder.write(
            """
            [http]
            listen = "127.0.0.1:0"
            certificate = "ended.pem"
            key = "key.pem"
            [media]
            listen = "127.0.0.1"
            port = 0
            certificate = "soon.pem"
            key = "key.pem"

            """ + made.output, to: "tidegate.toml")
        let tool = Program.folder.appending(path: "tidegate").path
        let server = try Program(
            path: "/bin/sh",
            ["-c", "ulimit -n 400 && exec nice -n 5 '\(tool)' serve --config tidegate.toml"], in: folder.path)
        _ = try await server.ready()
        let (_, first) = try await doctor(folder)
        #expect(first["descriptors"].map(\.verdict) == ["bad"])
        #expect(first["priority"].map(\.verdict) == ["warn"])
        #expect(first["tls_certificate"].map(\.verdict) == ["bad"])
        #expect(first["dtls_certificate"].map(\.verdict) == ["warn"])
        #expect(first["issuer_keys"].map(\.verdict) == ["ok"])
        #expect(first["announced_address"].map(\.verdict) == ["warn"])

        let jwks = try #require(made.output.split(separator: "\n").first { $0.hasPrefix("jwks_file") })
        let path = try #require(jwks.split(separator: "\"").dropFirst().first.map(String.init))
        try FileManager.default.removeItem(atPath: path.hasPrefix("/") ? path : folder.path + "/" + path)
        try FileManager.default.removeItem(atPath: folder.path + "/ended.pem")
        let (status, later) = try await doctor(folder)
        #expect(status == 1)
        #expect(later["issuer_keys"].map(\.verdict) == ["bad"])
        #expect(later["tls_certificate"].map(\.verdict) == ["bad"])
        let quiet = try await Program.run("tidegatectl", ["doctor", "--quiet"], in: folder.path)
        #expect(quiet.status == 1 && quiet.output.isEmpty && quiet.errors.contains("tls_certificate: "))
        server.signal(SIGTERM)
        #expect(try await server.end().status == 0)
    }

    private func shell(_ command: String, _ folder: ProgramFolder) async throws {
        let state = try await Program(path: "/bin/sh", ["-c", command], in: folder.path).end()
        #expect(state.status == 0, "\(command): \(state.errors)")
    }
}
