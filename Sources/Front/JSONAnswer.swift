internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// The two shapes of a JSON response: a value, or an error with a code and a sentence.
internal enum JSONAnswer {
    internal static func value(
        _ value: some Encodable, status: HTTPResponse.Status = .ok
    ) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return response(Array(try encoder.encode(value)), status: status)
    }

    /// A value that is JSON already.
    internal static func text(_ json: String, status: HTTPResponse.Status = .ok) -> Response {
        response(Array(json.utf8), status: status)
    }

    internal static func error(
        _ status: HTTPResponse.Status, code: String, _ message: String, headers: HTTPFields = [:]
    ) -> Response {
        let body = ErrorBody(error: .init(code: code, message: message))
        guard var response = try? value(body, status: status) else { return Response(status: status) }
        response.headers.append(contentsOf: headers)
        return response
    }

    private static func response(_ bytes: [UInt8], status: HTTPResponse.Status) -> Response {
        Response(
            status: status,
            headers: [
                .contentType: "application/json; charset=utf-8", .cacheControl: "no-store",
            ],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    /// `{"error": {"code", "message"}}` (PROTOCOL.md section 6).
    private struct ErrorBody: Encodable {
        struct Detail: Encodable {
            let code: String
            let message: String
        }
        let error: Detail
    }
}

/// Turns every refusal of the router, and everything that went wrong, into the JSON error of PROTOCOL.md.
internal struct JSONErrors<Context: RequestContext>: RouterMiddleware {
    internal func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch is NIOTooManyBytesError {
            return JSONAnswer.error(.contentTooLarge, code: "too_large", "the body is too long")
        } catch let error as HTTPError {
            switch error.status {
            case .notFound: return JSONAnswer.error(.notFound, code: "not_found", "there is nothing here")
            case .contentTooLarge:
                return JSONAnswer.error(.contentTooLarge, code: "too_large", "the body is too long")
            default:
                return JSONAnswer.error(
                    error.status, code: "bad_request", error.body ?? error.status.reasonPhrase)
            }
        }
    }
}

extension RouterMethods {
    /// Serves one method of a path, HEAD with GET, and answers every other one with 405.
    internal func only(
        _ method: HTTPRequest.Method, _ path: RouterPath,
        use handler: @escaping @Sendable (Request, Context) async throws -> Response
    ) {
        only([method: handler], path)
    }

    /// Serves some methods of a path, HEAD with GET, and answers every other one with 405.
    internal func only(
        _ handlers: [HTTPRequest.Method: @Sendable (Request, Context) async throws -> Response],
        _ path: RouterPath
    ) {
        var handlers = handlers
        if let get = handlers[.get] {
            handlers[.head] = { request, context in try await get(request, context).createHeadResponse() }
        }
        let allowed = handlers.keys.map(\.rawValue).sorted().joined(separator: ", ")
        // A method that we have not heard of is 404: QUERY is the newest that there is.
        let others = [HTTPRequest.Method.connect, HTTPRequest.Method("QUERY")].compactMap { $0 }
        for method in [.get, .head, .post, .put, .patch, .delete, .options, .trace] + others {
            if let handler = handlers[method] {
                on(path, method: method, use: handler)
            } else {
                on(path, method: method) { _, _ in
                    JSONAnswer.error(
                        .methodNotAllowed, code: "method_not_allowed", "this path takes \(allowed)",
                        headers: [.allow: allowed])
                }
            }
        }
    }
}
