internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOHTTP1

/// One signed POST to the operator's endpoint.
internal struct HookRequest: Sendable {
    internal let url: String
    /// `webhook-id`.
    internal let id: String
    internal let body: String

    /// What came back.
    internal enum Reply: Sendable {
        case answered(status: Int, body: Data)
        case timeout
        /// With a sentence.
        case failed(String)
    }

    /// - Parameters:
    ///   - milliseconds: until the answer must be there.
    ///   - most: longest answer that is read, in bytes.
    internal func post(
        by client: HTTPClient, signedWith secret: HookSecret?, within milliseconds: UInt64, most: Int
    ) async -> Reply {
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        request.headers.add(name: "User-Agent", value: "tidegate")
        request.headers.add(name: "webhook-id", value: id)
        let timestamp = Int64(Date().timeIntervalSince1970)
        request.headers.add(name: "webhook-timestamp", value: "\(timestamp)")
        if let secret {
            request.headers.add(
                name: "webhook-signature", value: secret.signature(id: id, timestamp: timestamp, body: body))
        }
        request.body = .bytes(ByteBuffer(string: body))
        let signed = request
        // The client's own deadline does not cover the body of the answer.
        return await withTaskGroup(of: Reply.self) { race in
            race.addTask { await Self.exchange(signed, by: client, within: milliseconds, most: most) }
            race.addTask {
                try? await Task.sleep(for: .milliseconds(Int64(clamping: milliseconds)))
                return .timeout
            }
            let first = await race.next() ?? .timeout
            race.cancelAll()
            return first
        }
    }

    private static func exchange(
        _ request: HTTPClientRequest, by client: HTTPClient, within milliseconds: UInt64, most: Int
    ) async -> Reply {
        do {
            let response = try await client.execute(
                request, timeout: .milliseconds(Int64(clamping: milliseconds)))
            let answer = try await response.body.collect(upTo: most)
            return .answered(status: Int(response.status.code), body: Data(answer.readableBytesView))
        } catch let error as HTTPClientError where timeouts.contains(error) {
            return .timeout
        } catch {
            return .failed(sentence(error))
        }
    }

    private static let timeouts: [HTTPClientError] = [
        .deadlineExceeded, .readTimeout, .connectTimeout, .getConnectionFromPoolTimeout, .writeTimeout,
    ]

    /// Never more than the kind of failure: what a library says can hold what was sent.
    private static func sentence(_ error: any Error) -> String {
        switch error {
        case let error as HTTPClientError: "\(error.shortDescription)"
        case is NIOTooManyBytesError: "the answer is too long"
        default: "no exchange (\(type(of: error)))"
        }
    }

    /// A client for endpoints: no redirects, for a signed request goes where the operator has said, and nowhere else.
    internal static func client() -> HTTPClient {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }
}
