internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOHTTP1

/// Where age attestations come from: a test issuer of this tool's, or the server's own in development.
struct TokenSource: Sendable {
    enum Origin: Sendable {
        case key(TestIssuer)
        /// `POST /dev/age` of a server with `development = true`.
        case development(Target)
    }

    let origin: Origin
    let audience: String
    /// Signs what the server must not believe.
    private let forger: TestIssuer
    private let client: HTTPClient

    init(_ origin: Origin, audience: String, client: HTTPClient) {
        self.origin = origin
        self.audience = audience
        self.client = client
        forger =
            switch origin {
            case .key(let issuer): issuer
            case .development:
                TestIssuer(name: "urn:tidegate:development", keyID: "development", expires: .distantFuture)
            }
    }

    /// Tokens that cannot be made here.
    var impossible: [Kind: String] {
        switch origin {
        case .key: [:]
        case .development: [.expiredToken: "the server's development issuer makes no expired tokens"]
        }
    }

    /// A token that needs nobody else, at once.
    ///
    /// - Returns: `nil` where only the server can make it.
    func tokenNow(nonce: String, _ band: LoadBand, _ cheat: TokenCheat?, tokenID: String) throws -> String? {
        switch (origin, cheat) {
        case (.development, .forged), (.key, _):
            return try forger.token(
                nonce: nonce, audience: audience, band, tokenID: tokenID, isExpired: cheat == .expired,
                isForged: cheat == .forged, now: .now)
        case (.development, _): return nil
        }
    }

    /// A token of the server's own issuer.
    func developmentToken(nonce: String, _ band: LoadBand) async throws(LoadFailure) -> String {
        guard case .development(let target) = origin else {
            throw .issuerRefused("there is no development issuer")
        }
        return try await Self.developmentToken(of: target, nonce: nonce, band, client)
    }

    private struct Answer: Decodable { let token: String }

    private static func developmentToken(
        of target: Target, nonce: String, _ band: LoadBand, _ client: HTTPClient
    ) async throws(LoadFailure) -> String {
        var request = HTTPClientRequest(url: target.url + "/dev/age")
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        request.body = .bytes(
            ByteBuffer(
                string: "{\"nonce\":\(JSONText.quoted(nonce)),\"band\":\"\(band.developmentName)\"}"))
        let answer: (status: UInt, body: Data)?
        do {
            let response = try await client.execute(request, timeout: .seconds(10))
            let body = try await response.body.collect(upTo: 65_536)
            answer = (response.status.code, Data(body.readableBytesView))
        } catch { answer = nil }
        guard let answer else { throw .cannotRun("\(target.authority) does not answer /dev/age") }
        guard answer.status == 200, let token = try? JSONDecoder().decode(Answer.self, from: answer.body)
        else {
            throw .issuerRefused(
                "the server is not in development and has no issuer of its own; make one with "
                    + "'tidegate-load issuer DIR', put it in the server's configuration, and give --issuer DIR"
            )
        }
        return token.token
    }
}
