import Foundation
import RelayTestKit
import Testing

/// An operator's endpoint: python3 with its standard library alone, which checks every signature by itself, in the way
/// that the integrator's guide shows.
final class HookEndpoint: Sendable {
    /// One request, as the endpoint has understood it.
    struct Request: Sendable, Decodable {
        let path: String
        let id: String
        let type: String
        let data: JSONValue
        let timestamp: String
        let isSigned: Bool
        let status: Int

        private enum CodingKeys: String, CodingKey {
            case path, id, type, data, timestamp, status
            case isSigned = "signed"
        }
    }

    static let secret = "whsec_" + Data("the endpoint's secret of 32 bytes".utf8).base64EncodedString()

    let port: Int
    private let program: Program
    private let folder: ProgramFolder

    /// - Parameter port: 0 for one that is free.
    init(in folder: ProgramFolder, port: Int = 0, _ table: [String: JSONValue] = [:]) async throws {
        self.folder = folder
        try folder.write(Self.secret + "\n", to: "hooks.secret")
        try folder.write(try Self.check() + Self.script, to: "endpoint.py")
        try Self.write(table, to: folder)
        program = try Program(
            path: "/usr/bin/python3", ["-u", "endpoint.py", "\(port)"], in: folder.path)
        _ = await program.state.wait { $0.output.contains("\n") || $0.status != nil }
        let line = try #require(
            program.state.value.output.split(separator: "\n").first, "\(program.state.value)")
        self.port = try #require(Int(line))
    }

    /// What is answered from now on.
    ///
    /// By a type of request, an answer to a question as text (a word that is none: nothing is said until the other
    /// side hangs up), or a status as number; `events` is for all other types, and 204 where it is missing.
    func answer(_ table: [String: JSONValue]) throws { try Self.write(table, to: folder) }

    private static func write(_ table: [String: JSONValue], to folder: ProgramFolder) throws {
        // The endpoint must not find half of it.
        try JSONEncoder().encode(table)
            .write(to: URL(filePath: folder.path + "/table.json"), options: .atomic)
    }

    var requests: [Request] { Self.requests(in: program.state.value.output) }

    /// Waits until there is such a request, and gives the first.
    func request(
        atMost seconds: Double = 60, _ what: String, where condition: @escaping @Sendable (Request) -> Bool
    ) async throws -> Request {
        _ = await program.state.wait(atMost: seconds) {
            Self.requests(in: $0.output).contains(where: condition)
        }
        return try #require(
            requests.first(where: condition),
            "no \(what): \(requests.map(\.type)) \(program.state.value.errors)")
    }

    private static func requests(in output: String) -> [Request] {
        output.split(separator: "\n", omittingEmptySubsequences: false).dropFirst().dropLast()
            .compactMap { try? JSONDecoder().decode(Request.self, from: Data($0.utf8)) }
    }

    /// Nobody answers at its port any more.
    func end() async throws {
        program.signal(SIGKILL)
        _ = try await program.end()
    }

    /// `is_genuine` of docs/integrating.md, word for word.
    private static func check() throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let guide = try String(contentsOf: root.appending(path: "docs/integrating.md"), encoding: .utf8)
        let blocks = guide.components(separatedBy: "```").filter { $0.hasPrefix("python\n") }
        return String(
            try #require(blocks.first { $0.contains("def is_genuine(") }).dropFirst("python\n".count))
    }

    private static let script = #"""

        import http.server, json, sys, threading

        lock = threading.Lock()

        class Endpoint(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                told = json.loads(body)
                secrets = open("hooks.secret").read().split()
                signed = is_genuine(self.headers, body, secrets)
                table = json.load(open("table.json"))
                answer = table.get(told["type"], "allow" if self.path == "/ask" else table.get("events", 204))
                text = b""
                if isinstance(answer, str):
                    status, text = 200, json.dumps({"decision": answer, "reason": "rule 9", "ttl": 1}).encode()
                else:
                    status = answer
                if not signed:
                    status = 401
                line = json.dumps({"path": self.path, "id": self.headers["webhook-id"], "type": told["type"],
                                   "data": told["data"], "timestamp": told["timestamp"], "signed": signed,
                                   "status": status})
                with lock:
                    sys.stdout.write(line + "\n")
                    sys.stdout.flush()
                if answer == "silence":
                    self.connection.recv(1)
                    self.close_connection = True
                    return
                self.send_response(status)
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Endpoint)
        print(server.server_port, flush=True)
        server.serve_forever()
        """#
}
