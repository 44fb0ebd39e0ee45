import Foundation
import FoundationNetworking
import RelayTestKit
import Telemetry
import Testing

/// A server with the admin API over TCP, and people at synthetic browsers.
private struct FiguresScene {
    static let token = String(repeating: "t", count: 40)

    let folder: ProgramFolder
    let server: Program
    let port: Int
    let admin: String

    init() async throws {
        folder = try ProgramFolder(
            ProgramFolder.development
                + "[admin]\nsocket = \"\"\nlisten = \"127.0.0.1:0\"\ntoken_file = \"token\"\n")
        try folder.write(Self.token + "\n", to: "token")
        server = try folder.start()
        let ready = try await server.ready()
        (port, admin) = (ready.http, ready.admin)
    }

    func end() async throws {
        server.signal(SIGTERM)
        #expect(try await server.end().status == 0)
    }

    func get(_ path: String) async throws -> String {
        var request = URLRequest(url: try #require(URL(string: "http://\(admin)\(path)")))
        request.setValue("Bearer \(Self.token)", forHTTPHeaderField: "Authorization")
        let (body, answer) = try await URLSession.shared.data(for: request)
        #expect((answer as? HTTPURLResponse)?.statusCode == 200)
        return String(decoding: body, as: UTF8.self)
    }

    /// Two people see each other for a moment, and one of them reports the other.
    func live() async throws {
        var people: [Visitor] = []
        for id in [UInt32(1), 2] {
            let person = try await Visitor.arrive(port: port, BrowserConfiguration(senderID: id))
            try await person.join()
            people.append(person)
        }
        for person in people {
            try await person.meet()
            let token = try await People.token(person.nonce, port: port)
            #expect(try await person.attest(token) == "adult")
            person.accept()
        }
        for person in people {
            try await person.allOpen()
            #expect(await person.record.wait { $0.packetCount > 50 })
        }
        people[0].report("spam")
        _ = try await people[0].signalling.expect("report_received")
        for person in people { try await person.leave() }
    }
}

/// Samples of a scrape, by name and labels as they are written.
private func samples(_ page: String) -> [Substring: Double] {
    var result: [Substring: Double] = [:]
    for line in page.split(separator: "\n") where !line.hasPrefix("#") {
        guard let space = line.lastIndex(of: " ") else { continue }
        result[line[..<space]] = Double(line[line.index(after: space)...])
    }
    return result
}

@Suite("GET /metrics, after two people have met", .serialized)
struct FiguresTests {
    @Test("counts what has happened, and shows every metric of the list but the certificate's, and no other")
    func page() async throws {
        let scene = try await FiguresScene()
        try await scene.live()
        let page = try await scene.get("/metrics")
        let values = samples(page)
        for (sample, least) in [
            ("tidegate_ready", 1), ("tidegate_matches_total", 1), ("tidegate_reports_received_total", 1),
            ("tidegate_reports_waiting", 1), ("tidegate_handshakes_total{outcome=\"completed\"}", 2),
            ("tidegate_received_packets_total{kind=\"audio\"}", 50),
            ("tidegate_received_packets_total{kind=\"video\"}", 50),
            ("tidegate_received_packets_total{kind=\"rtcp\"}", 1),
            ("tidegate_received_packets_total{kind=\"stun\"}", 2),
            ("tidegate_received_packets_total{kind=\"dtls\"}", 4),
            ("tidegate_received_bytes_total{kind=\"video\"}", 5_000),
            ("tidegate_sent_packets_total{kind=\"video\"}", 1),
            ("tidegate_sent_packets_total{kind=\"rtcp\"}", 1),
            ("tidegate_sent_packets_total{kind=\"stun\"}", 2),
            ("tidegate_sent_packets_total{kind=\"dtls\"}", 2),
            ("tidegate_forwarded_packets_total", 100),
            ("tidegate_join_to_connected_seconds_count", 2),
            ("tidegate_join_to_matched_seconds_count", 2),
            ("tidegate_join_to_first_packet_seconds_count", 2),
            ("tidegate_cut_latency_seconds_count", 1), ("tidegate_release_latency_seconds_count", 1),
            ("tidegate_commits_total{outcome=\"done\"}", 1), ("tidegate_database_size_bytes", 4_096),
            ("process_start_time_seconds", 1_700_000_000), ("process_max_fds", 64),
        ] as [(Substring, Double)] {
            #expect(try #require(values[sample], "\(sample)") >= least, "\(sample)")
        }
        let busy = try #require(values["tidegate_worker_busy_seconds_total{worker=\"0\"}"])
        #expect(busy > 0)
        for queue in ["orders", "events", "handshakes", "commits", "records", "pairs"] {
            #expect(values["tidegate_queue_entries{queue=\"\(queue)\"}"] != nil, "\(queue)")
        }

        let shown = Set(
            page.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }
                .map { String($0.split(separator: " ")[2]) })
        let listed = Set(MetricName.allCases.map(\.rawValue))
            .subtracting([
                MetricName.certificateExpiry.rawValue
            ])
        #expect(shown == listed)
        try await scene.end()
    }

    /// What the names of a dashboard or of alert rules stand for: `_bucket`, `_sum` and `_count` are a histogram's.
    private func names(in file: String) throws -> Set<String> {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: root.appending(path: file), encoding: .utf8)
        let listed = Dictionary(uniqueKeysWithValues: MetricName.allCases.map { ($0.rawValue, $0.kind) })
        return Set(
            text.matches(of: /(?:tidegate|process)_[a-z_]+/)
                .map { match in
                    let name = String(match.output)
                    for suffix in ["_bucket", "_sum", "_count"] where name.hasSuffix(suffix) {
                        let family = String(name.dropLast(suffix.count))
                        if listed[family] == .histogram { return family }
                    }
                    return name
                })
    }

    @Test(
        "has every metric that the dashboard and the alert rules name",
        arguments: [
            "conf/grafana/tidegate.json", "conf/prometheus/tidegate.rules.yml",
            "conf/prometheus/tidegate.rules.test.yml",
        ])
    func named(file: String) throws {
        // That the page has what is listed, another test shows.
        let unknown = try names(in: file).subtracting(MetricName.allCases.map(\.rawValue))
        #expect(unknown.isEmpty, "\(unknown.sorted())")
        #expect(try names(in: file).count > 15)
    }

    @Test("every metric is on the dashboard")
    func dashboard() throws {
        let shown = try names(in: "conf/grafana/tidegate.json")
        let missing = Set(MetricName.allCases.map(\.rawValue)).subtracting(shown)
        // Reports by origin say more.
        #expect(missing == ["tidegate_reports_received_total"], "\(missing.sorted())")
    }

    @Test("promtool, which Debian's package prometheus brings, finds nothing wrong with the page")
    func promtool() async throws {
        let scene = try await FiguresScene()
        try await scene.live()
        let page = try await scene.get("/metrics")
        try scene.folder.write(page, to: "metrics.txt")
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", "promtool check metrics < metrics.txt 2>&1"]
        process.currentDirectoryURL = URL(filePath: scene.folder.path)
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let told = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0 && told.isEmpty, "\(told)")
        try await scene.end()
    }

    @Test("worker list shows each worker, as a table and as the server's JSON")
    func workers() async throws {
        let folder = try ProgramFolder()
        let server = try folder.start()
        let media = try await server.ready().media
        let table = try await Program.run("tidegatectl", ["worker", "list"], in: folder.path)
        #expect(table.status == 0, "\(table.errors)")
        let lines = table.output.split(separator: "\n")
        #expect(lines.count == 2 && lines[0].hasPrefix("WORKER  PORT"))
        #expect(lines.allSatisfy { $0.count <= 80 })
        #expect(lines[1].contains(try #require(media.split(separator: ":").last)))
        #expect(lines[1].hasSuffix("runs"))
        let json = try await Program.run("tidegatectl", ["worker", "list", "--json"], in: folder.path)
        let workers = try JSONDecoder().decode(JSONValue.self, from: Data(json.output.utf8))["workers"]
        #expect(workers?[0]?["worker"] == 0 && workers?[0]?["stuck"] == false)
        server.signal(SIGTERM)
        #expect(try await server.end().status == 0)
        let nobody = try await Program.run("tidegatectl", ["worker", "list"], in: folder.path)
        #expect(nobody.status == 2 && nobody.errors.split(separator: "\n").count == 1)
    }
}
