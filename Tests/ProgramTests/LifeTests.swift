import Attestation
import Foundation
import RelayTestKit
import RelayTypes
import Testing

@Suite("Draining a server that people are in", .serialized)
struct DrainProgramTests {
    private static let patient = ProgramFolder.development + "[server]\ndrain_deadline = 60\n"

    @Test("on SIGTERM a pair goes on, nobody new comes in, and the process ends with 0 when both have gone")
    func pairGoesOn() async throws {
        let folder = try ProgramFolder(Self.patient)
        let server = try folder.start()
        let port = try await server.ready().http
        let (ada, bob) = try await People.seeing(port: port)
        let idle = try await People.arrival(port: port)
        _ = try await idle.expect("welcome")
        server.signal(SIGTERM)
        #expect(try await idle.expect("draining")["reconnect"] == true)
        #expect(try await idle.closure().code == 1012)
        let late = try await People.arrival(port: port)
        #expect(try await late.expect("draining")["reconnect"] == true)
        #expect(try await People.readiness(port: port) == 503)
        let shown = try await folder.control("drain", "--show")
        #expect(shown.output.hasPrefix("draining, and stopping when nobody is left: 2 peers, 1 pairs"))
        #expect(try await folder.control("drain", "--take-back").status == 1)

        let before = ada.record.value.packetCount
        #expect(await ada.record.wait { $0.packetCount > before + 50 })
        // An operator's word still counts.
        #expect(try await folder.control("pair", "hold", "\(ada.pair)").status == 0)
        ada.next()
        #expect(try await ada.signalling.expect("draining")["reconnect"] == true)
        #expect(try await ada.signalling.closure().code == 1012)
        #expect(try await bob.signalling.expect("partner_left")["why"] == "next")
        ada.browser.close()
        bob.report("threat")
        _ = try await bob.signalling.expect("report_received")
        try await bob.leave()
        #expect(try await server.end().status == 0)
    }

    @Test("a second SIGTERM hangs up on the pair, and ends with 0")
    func insisting() async throws {
        let folder = try ProgramFolder(Self.patient)
        let server = try folder.start()
        let (first, second, _) = try await People.texting(port: try await server.ready().http)
        server.signal(SIGTERM)
        #expect(await server.state.wait { $0.errors.contains("draining") })
        server.signal(SIGTERM)
        for client in [first, second] {
            _ = try await client.expect("draining")
            #expect(try await client.closure().code == 1012)
        }
        #expect(try await server.end().status == 0)
    }

    @Test("by the operator's tool: the deadline ends pairs, the server stays, and it is taken back")
    func byOperator() async throws {
        let folder = try ProgramFolder(Self.patient)
        let server = try folder.start()
        let port = try await server.ready().http
        let (first, second, _) = try await People.texting(port: port)
        #expect(
            try await folder.control("drain", "--dry-run").output
                == "would take nobody new, with 2 peers in 1 pairs here\n")
        let drain = try await folder.control("drain", "--deadline", "1", "--json")
        let answer = try JSONDecoder().decode(JSONValue.self, from: Data(drain.output.utf8))
        #expect(answer["draining"] == true && answer["peers"] == 2 && answer["stopping"] == false)
        for client in [first, second] {
            _ = try await client.expect("draining")
            #expect(try await client.closure().code == 1012)
        }
        #expect(try await folder.control("drain", "--take-back").output.hasPrefix("taking people: 0 peers"))
        #expect(try await People.readiness(port: port) == 200)
        _ = try await (try await People.arrival(port: port)).expect("welcome")
        let audit = try await folder.control("audit", "show", "--json").output
        #expect(audit.contains("drain.started") && audit.contains("drain.taken_back"))
        server.signal(SIGTERM)
        #expect(try await server.end().status == 0)
    }
}

@Suite("Reading the configuration again while people are here", .serialized)
struct ReloadProgramTests {
    @Test("what can be taken over is, what cannot is named, a broken file changes nothing, the pair stays")
    func reload() async throws {
        let folder = try ProgramFolder()
        let server = try folder.start()
        let port = try await server.ready().http
        let (ada, bob) = try await People.seeing(port: port)

        let next =
            ProgramFolder.development.replacing("port = 0", with: "port = 0\nworkers = 2")
            + "[policy]\nconsent = \"off\"\nunverified = \"refuse\"\n[reports]\nreasons = [\"minor\", \"other\"]\n"
        try folder.write(next, to: "tidegate.toml")
        let dry = try await folder.control("reload", "--dry-run")
        #expect(
            dry.output == "would change: policy.consent, policy.unverified, reports.reasons\n"
                + "needs a restart: media.workers\n")
        let before = try await People.arrival(port: port)
        #expect(try await before.expect("welcome")["policy"]?["consent"] == "video")
        #expect(
            try await folder.control("config", "diff", "tidegate.toml").output.hasPrefix("would change: "))

        let done = try await folder.control("reload", "--as", "nora")
        #expect(done.output.hasPrefix("changed: policy.consent"), "\(done.errors)")
        let after = try await People.arrival(port: port)
        let welcome = try await after.expect("welcome")
        #expect(welcome["policy"]?["consent"] == "off" && welcome["policy"]?["unverified"] == "refuse")
        #expect(welcome["report_reasons"]?.strings == ["minor", "other"])
        let shown = try await folder.control("config", "show", "--changed")
        #expect(shown.output.contains("policy.consent") && !shown.output.contains("media.workers"))
        #expect(
            try await folder.control("reload").output
                == "nothing changed\nneeds a restart: media.workers\n")

        try folder.write(next + "[limits]\npeers = 1\n[log]\nlevle = \"debug\"\n", to: "tidegate.toml")
        let broken = try await folder.control("reload")
        #expect(broken.status == 1)
        #expect(broken.errors.contains("limits.peers") && broken.errors.contains("log.levle"))
        #expect(broken.errors.split(separator: "\n").count == 1)
        let check = try await folder.control("config", "check", "tidegate.toml")
        #expect(check.status == 1 && check.errors.split(separator: "\n").count == 2)

        // The audit log knows who it was, and what.
        let audit = try await folder.control("audit", "show", "--json").output
        #expect(audit.contains("config.changed") && audit.contains("nora"))
        let packets = bob.record.value.packetCount
        #expect(await bob.record.wait { $0.packetCount > packets + 50 })
        try await ada.leave()
        try await bob.leave()
        server.signal(SIGTERM)
        #expect(try await server.end().status == 0)
    }

    @Test(
        "an issuer that is taken out takes its proofs along: the gates of a live pair shut, and the page is told"
    )
    func withdrawnIssuer() async throws {
        let issuer = DevelopmentIssuer(name: "https://issuer.example")
        guard case .json(let keys) = issuer.configuration.keys else { return }
        let folder = try ProgramFolder(
            ProgramFolder.development
                + "[[attestation.issuers]]\nissuer = \"\(issuer.name)\"\njwks_file = \"issuer.json\"\n")
        try folder.write(keys, to: "issuer.json")
        let server = try folder.start()
        let port = try await server.ready().http
        let (ada, bob) = try await People.seeing(port: port) { nonce in
            try issuer.token(nonce: nonce, audience: "tidegate", band: Band("adult"), now: Date())
        }
        try folder.write(ProgramFolder.development, to: "tidegate.toml")
        let done = try await folder.control("reload")
        #expect(done.status == 0 && done.output.contains("attestation.issuers"), "\(done)")
        for visitor in [ada, bob] {
            let gate = try await visitor.signalling.expect("gate") { message in
                message["outbound"]?["video"]?.strings?.contains("age_self") == true
            }
            #expect(gate["inbound"]?["audio"]?.strings?.contains("age_self") == true)
            #expect(try await visitor.signalling.expect("notice")["code"] == "age_void")
        }
        let explained = try await folder.control("explain", "\(ada.pair)")
        #expect(explained.output.contains("https://issuer.example"), "\(explained)")
        try await ada.leave()
        try await bob.leave()
        server.signal(SIGTERM)
        #expect(try await server.end().status == 0)
    }

    @Test("SIGHUP does the same: the log level changes while it runs")
    func hangup() async throws {
        let folder = try ProgramFolder(ProgramFolder.development + "[log]\nlevel = \"error\"\n")
        let server = try folder.start()
        let port = try await server.ready().http
        _ = try await (try await People.arrival(port: port)).expect("welcome")
        #expect(!server.state.value.errors.contains("connected"))
        try folder.write(
            ProgramFolder.development + "[log]\nlevel = \"info\"\nformat = \"json\"\n", to: "tidegate.toml")
        server.signal(SIGHUP)
        #expect(await server.state.wait { $0.errors.contains("configuration reloaded") })
        _ = try await (try await People.arrival(port: port)).expect("welcome")
        #expect(await server.state.wait { $0.errors.contains("\"message\":\"connected\"") })
        server.signal(SIGTERM)
        #expect(try await server.end().status == 0)
    }
}

@Suite("What the service manager is told, and what it hands over", .serialized)
struct ServiceManagerTests {
    @Test("ready, reloading, draining and stopping, and signs of life", arguments: [true, false])
    func notify(abstract isAbstract: Bool) async throws {
        let folder = try ProgramFolder(ProgramFolder.development + "[server]\ndrain_deadline = 60\n")
        let name = isAbstract ? "@tidegate-\(UUID().uuidString)" : folder.path + "/notify"
        let manager = try #require(NotifySocket(name))
        let server = try folder.start(
            environment: ["NOTIFY_SOCKET": manager.name, "WATCHDOG_USEC": "300000"])
        let port = try await server.ready().http
        #expect(await manager.hears("READY=1"))
        #expect(await manager.heard.wait { $0.count { $0 == "WATCHDOG=1" } > 3 })
        let (first, second, _) = try await People.texting(port: port)
        #expect(await manager.hears("STATUS=taking people: 2 peers, 1 pairs"))

        manager.heard.update { $0 = [] }
        server.signal(SIGHUP)
        #expect(await manager.hears("RELOADING=1"))
        #expect(await manager.hears("READY=1"))
        #expect(manager.heard.value.contains { $0.hasPrefix("MONOTONIC_USEC=") })
        server.signal(SIGTERM)
        #expect(await manager.hears("STOPPING=1"))
        #expect(await manager.hears("STATUS=draining: 2 peers, 1 pairs"))
        first.close()
        second.close()
        #expect(try await server.end().status == 0)
    }

    @Test("a socket that it hands over is served, and one that does not listen is one sentence")
    func activation() async throws {
        let socket = try ListeningSocket()
        let folder = try ProgramFolder()
        let server = try folder.start(socket: socket.handle)
        #expect(try await server.ready().http == socket.port)
        _ = try await (try await People.arrival(port: socket.port)).expect("welcome")
        server.signal(SIGTERM)
        #expect(try await server.end().status == 0)

        let deaf = try ListeningSocket(listens: false)
        let end = try await folder.start(socket: deaf.handle).end()
        #expect(end.status == 1)
        #expect(end.errors.contains("does not listen for TCP"))
    }
}

@Suite("Handing over to a new process throws nobody out", .serialized)
struct HandingOverTests {
    /// A second server beside the first: its own media ports and admin socket, the same records.
    private func configuration(http: Int, name: String) -> String {
        """
        development = true
        [server]
        drain_deadline = 60
        [http]
        listen = "127.0.0.1:\(http)"
        reuse_port = true
        [media]
        listen = "127.0.0.1"
        port = 0
        [admin]
        socket = "run/\(name).sock"
        [storage]
        path = "run/shared.sqlite"

        """
    }

    /// Comes as a browser does: whoever is sent elsewhere tries again.
    private func newcomer(port: Int) async throws -> SignallingClient {
        for _ in 0..<20 {
            guard let client = try? await People.arrival(port: port) else { continue }
            if (try? await client.expect("welcome")) != nil { return client }
        }
        throw Nobody()
    }

    /// No server has let a newcomer in.
    private struct Nobody: Error {}

    /// - Parameter socket: of the service manager; `nil`: both listen by themselves.
    private func handOver(socket: ListeningSocket?) async throws {
        let folder = try ProgramFolder(configuration(http: 0, name: "old"))
        let old = try folder.start(socket: socket?.handle)
        let ready = try await old.ready()
        let (ada, bob) = try await People.seeing(port: ready.http)

        try folder.write(configuration(http: ready.http, name: "new"), to: "tidegate.toml")
        let new = try folder.start(socket: socket?.handle)
        let newReady = try await new.ready()
        #expect(newReady.http == ready.http)
        #expect(newReady.media != ready.media)
        old.signal(SIGTERM)
        #expect(await old.state.wait { $0.errors.contains("draining") })

        let newcomer = try await newcomer(port: ready.http)
        #expect(
            try await folder.control("status", "--socket", "run/new.sock", "--json").output
                .contains("\"peers\":1"))
        // The two are on the old process, see each other all the time, and an operator reaches them there.
        for visitor in [ada, bob] {
            let before = visitor.record.value.packetCount
            #expect(await visitor.record.wait { $0.packetCount > before + 100 })
        }
        #expect(
            try await folder.control("pair", "cut", "\(ada.pair)", "--socket", "run/old.sock").status == 0)
        _ = try await ada.signalling.expect("cut")
        try await ada.leave()
        try await bob.leave()
        #expect(try await old.end().status == 0)

        newcomer.send("join", ["media": "text"])
        _ = try await newcomer.expect("queued")
        #expect(try await People.readiness(port: ready.http) == 200)
        new.signal(SIGTERM)
        #expect(try await new.end().status == 0)
    }

    @Test("with SO_REUSEPORT on the HTTP listener")
    func reusePort() async throws { try await handOver(socket: nil) }

    @Test("with a socket of the service manager")
    func activation() async throws { try await handOver(socket: try ListeningSocket()) }

    @Test("a ban that one of two processes makes holds on the other, and one that it lifts lets go there")
    func bans() async throws {
        let folder = try ProgramFolder(configuration(http: 0, name: "old"))
        let old = try folder.start()
        let oldPort = try await old.ready().http
        try folder.write(configuration(http: 0, name: "new"), to: "tidegate.toml")
        let new = try folder.start()
        let newPort = try await new.ready().http

        let welcome = try await (try await People.arrival(port: newPort)).expect("welcome")
        let peer = try #require(welcome["peer"]?.string)
        let resume = try #require(welcome["resume"])
        let made = try await folder.control(
            "peer", "ban", peer, "--reason", "r", "--facts", "f", "--socket", "run/new.sock", "--json")
        let ban = try #require(
            try JSONDecoder().decode(JSONValue.self, from: Data(made.output.utf8))["ban"]?.string)
        #expect(try await bans(in: folder, of: "old") { $0.contains(ban) })
        let held = try await SignallingClient.connect(port: oldPort)
        held.send("hello", ["version": 1, "resume": resume])
        _ = try await held.expect("banned")

        #expect(try await folder.control("ban", "remove", ban, "--socket", "run/old.sock").status == 0)
        #expect(try await bans(in: folder, of: "new") { $0.contains("\"bans\":[]") })
        let free = try await SignallingClient.connect(port: newPort)
        free.send("hello", ["version": 1, "resume": resume])
        _ = try await free.expect("welcome")
        for server in [old, new] {
            server.signal(SIGTERM)
            #expect(try await server.end().status == 0)
        }
    }

    /// Asks a server for its bans until the answer is as it must be.
    private func bans(
        in folder: ProgramFolder, of server: String, _ isRight: (String) -> Bool
    ) async throws -> Bool {
        for _ in 0..<100 {
            let list = try await folder.control("ban", "list", "--socket", "run/\(server).sock", "--json")
            if isRight(list.output) { return true }
        }
        return false
    }

    @Test("two servers cannot share a media port, whatever the HTTP listener does")
    func mediaPort() async throws {
        let folder = try ProgramFolder(configuration(http: 0, name: "old"))
        let old = try folder.start()
        let ready = try await old.ready()
        let port = try #require(ready.media.split(separator: ":").last)
        try folder.write(
            configuration(http: ready.http, name: "new").replacing("port = 0", with: "port = \(port)"),
            to: "tidegate.toml")
        let end = try await folder.start().end()
        #expect(end.status == 1)
        #expect(end.errors.contains(port))
        old.signal(SIGTERM)
        #expect(try await old.end().status == 0)
    }
}

/// A TCP socket on a free port of loopback, as a service manager opens it.
private struct ListeningSocket {
    let handle: FileHandle
    let port: Int

    init(listens: Bool = true) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && (!listens || listen(descriptor, 64) == 0)
                    && getsockname(descriptor, $0, &length) == 0
            }
        }
        try #require(isBound)
        port = Int(UInt16(bigEndian: address.sin_port))
    }
}
