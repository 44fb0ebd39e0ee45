import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// Asks the admin API (PROTOCOL.md section 6).
struct AdminClient {
    /// Longest answer that is read, in bytes.
    private static let longestAnswer = 8 * 1_024 * 1_024
    /// How long an answer may take, in seconds: an order is in force within milliseconds.
    static let patience: Int64 = 10

    private let base: String
    private let token: String?
    private let actor: String
    /// What a sentence calls the server.
    private let place: String
    /// The file of the Unix socket; `nil` over TCP.
    private let socket: AdminSocketFile?

    /// - Parameter actor: who acts, for the audit log.
    init(base: String, token: String, actor: String) {
        self.base = base
        self.token = token
        self.actor = actor
        place = base
        socket = nil
    }

    init(socket path: String, actor: String) {
        base = "http+unix://" + Self.encoded(path)
        token = nil
        self.actor = actor
        place = path
        socket = AdminSocketFile(path: path)
    }

    /// An answer as it came, and its text.
    struct Answer<Value: Decodable> {
        let value: Value
        let json: String
    }

    /// - Parameter patience: how long the answer may take, in seconds.
    func get<Value: Decodable>(
        _ path: String, query: [(name: String, value: String)] = [], patience: Int64 = Self.patience,
        as type: Value.Type = Value.self
    ) async throws(AdminFailure) -> Answer<Value> {
        let parameters = query.map { "\($0.name)=\(Self.encoded($0.value))" }.joined(separator: "&")
        let target = parameters.isEmpty ? path : path + "?" + parameters
        return try await decode(try await ask(HTTPClientRequest(url: base + target), patience: patience))
    }

    func post<Body: Encodable, Value: Decodable>(
        _ path: String, _ body: Body, as type: Value.Type = Value.self
    ) async throws(AdminFailure) -> Answer<Value> {
        var request = HTTPClientRequest(url: base + path)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        guard let data = try? JSONEncoder().encode(body) else {
            throw .refused(status: 0, message: "the order cannot be written as JSON")
        }
        request.body = .bytes(ByteBuffer(bytes: data))
        return try await decode(try await ask(request))
    }

    func delete<Value: Decodable>(
        _ path: String, as type: Value.Type = Value.self
    ) async throws(AdminFailure) -> Answer<Value> {
        var request = HTTPClientRequest(url: base + path)
        request.method = .DELETE
        return try await decode(try await ask(request))
    }

    /// The server was there, and is not any more.
    var hasGone: AdminFailure { .unreachable("the server at \(place) has gone") }

    /// Reads a stream of events until the server goes: it never ends by itself.
    ///
    /// - Parameter last: the id of the last event that is known.
    func follow(
        _ path: String, query: [(name: String, value: String)], after last: String? = nil,
        _ tell: (ServerSentEvent) -> Void
    ) async throws(AdminFailure) {
        let parameters = query.map { "\($0.name)=\(Self.encoded($0.value))" }.joined(separator: "&")
        var request = HTTPClientRequest(url: base + path + (parameters.isEmpty ? "" : "?" + parameters))
        if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        request.headers.add(name: "Accept", value: "text/event-stream")
        if let last { request.headers.add(name: "Last-Event-ID", value: last) }
        var configuration = Self.configuration
        // The server says every 15 s that it is there: one that says nothing for so long is gone.
        configuration.timeout.read = .seconds(60)
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        var refusal: (status: Int, body: Data)?
        var hasBegun = false
        do {
            let response = try await client.execute(request, deadline: .distantFuture)
            if response.status == .ok {
                hasBegun = true
                var reader = EventStreamReader()
                for try await part in response.body {
                    for event in reader.take(part.readableBytesView) { tell(event) }
                }
            } else {
                let body = try await response.body.collect(upTo: Self.longestAnswer)
                refusal = (Int(response.status.code), Data(body.readableBytesView))
            }
        } catch {
            // Told below: the connection is gone, or never was.
        }
        try? await client.shutdown()
        if let refusal {
            let _: Answer<StatusAnswer> = try await decode(refusal)
        }
        if hasBegun { return }
        throw .unreachable("no server answers at \(place); is it running, and may this user connect?")
    }

    private static var configuration: HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration()
        // Who is not there now is told to be not there now.
        configuration.connectionPool.retryConnectionEstablishment = false
        return configuration
    }

    /// An identifier as a part of a path.
    static func encoded(_ text: String) -> String {
        text.utf8
            .map { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f, 0x7e:
                    String(UnicodeScalar(byte))
                default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
                }
            }
            .joined()
    }

    /// Sends an order and gives the body of the answer piece by piece.
    ///
    /// - Parameters:
    ///   - seconds: how long the server has been asked to go on.
    ///   - take: called for each piece, in order; what it throws ends the call.
    func stream(
        _ path: String, _ body: some Encodable, seconds: Int,
        _ take: (ByteBuffer) throws(AdminFailure) -> Void
    ) async throws(AdminFailure) {
        var request = HTTPClientRequest(url: base + path)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        guard let data = try? JSONEncoder().encode(body) else {
            throw .refused(status: 0, message: "the order cannot be written as JSON")
        }
        request.body = .bytes(ByteBuffer(bytes: data))
        try prepare(&request)
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: Self.configuration)
        var failure: AdminFailure?
        var refusal: (status: Int, body: Data)?
        do {
            let response = try await client.execute(
                request, timeout: .seconds(Int64(seconds) + 2 * Self.patience))
            if (200..<300).contains(response.status.code) {
                for try await piece in response.body { try take(piece) }
            } else {
                let body = try await response.body.collect(upTo: Self.longestAnswer)
                refusal = (Int(response.status.code), Data(body.readableBytesView))
            }
        } catch let error as AdminFailure {
            failure = error
        } catch {
            failure = .unreachable("the server at \(place) went away, or did not answer in time")
        }
        try? await client.shutdown()
        if let failure { throw failure }
        if let refusal { throw self.failure(of: refusal) }
    }

    /// Says who asks; what cannot lead to a server of ours is refused here.
    private func prepare(_ request: inout HTTPClientRequest) throws(AdminFailure) {
        if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        if !actor.isEmpty { request.headers.add(name: "Tidegate-Operator", value: actor) }
        try socket?.check()
        guard Self.namesSomething(request.url.dropFirst(base.count)) else {
            throw .refused(status: 404, message: "an id of no characters names nothing", code: "bad_request")
        }
    }

    private func ask(
        _ request: HTTPClientRequest, patience: Int64 = Self.patience
    ) async throws(AdminFailure) -> (status: Int, body: Data) {
        var request = request
        try prepare(&request)
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: Self.configuration)
        let answer: (status: Int, body: Data)?
        do {
            let response = try await client.execute(request, timeout: .seconds(patience))
            let body = try await response.body.collect(upTo: Self.longestAnswer)
            answer = (Int(response.status.code), Data(body.readableBytesView))
        } catch {
            answer = nil
        }
        try? await client.shutdown()
        guard let answer else {
            throw .unreachable("no server answers at \(place); is it running, and may this user connect?")
        }
        return answer
    }

    /// Whether no part of a path is empty: an identifier that is left out must not become another call.
    private static func namesSomething(_ target: Substring) -> Bool {
        let path = target.prefix { $0 != "?" }.dropFirst()
        return !path.split(separator: "/", omittingEmptySubsequences: false)
            .contains { ["", ".", ".."].contains($0) }
    }

    private func decode<Value: Decodable>(
        _ answer: (status: Int, body: Data)
    ) async throws(AdminFailure) -> Answer<Value> {
        guard (200..<300).contains(answer.status) else { throw failure(of: answer) }
        guard let value = try? JSONDecoder().decode(Value.self, from: answer.body) else {
            throw .unreachable("what answers at \(place) is not a Tidegate server of this version")
        }
        return Answer(value: value, json: String(decoding: answer.body, as: UTF8.self))
    }

    private func failure(of answer: (status: Int, body: Data)) -> AdminFailure {
        let refusal = try? JSONDecoder().decode(Refusal.self, from: answer.body)
        guard let message = refusal?.error.message else {
            return .unreachable(
                "what answers at \(place) is not a Tidegate server (status \(answer.status))")
        }
        return .refused(status: answer.status, message: message, code: refusal?.error.code ?? "")
    }

    private struct Refusal: Decodable {
        struct Detail: Decodable {
            let message: String
            let code: String?
        }
        let error: Detail
    }
}
