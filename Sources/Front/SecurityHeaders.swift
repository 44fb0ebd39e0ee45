internal import HTTPTypes
internal import Hummingbird

/// What every response of the public listener tells the browser to forbid.
internal struct SecurityHeaders<Context: RequestContext>: RouterMiddleware {
    /// The page loads nothing from anywhere else, is framed by nobody and posts no form.
    internal static var contentSecurityPolicy: String {
        """
        default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
        media-src 'self' blob: mediastream:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
        """
    }

    /// Over TLS browsers are told to come back over TLS only.
    internal let isSecure: Bool

    internal func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        response.headers[.contentSecurityPolicy] = Self.contentSecurityPolicy
        response.headers[.xContentTypeOptions] = "nosniff"
        response.headers[Field.referrerPolicy] = "no-referrer"
        response.headers[Field.permissionsPolicy] = "camera=(self), microphone=(self)"
        response.headers[Field.crossOriginOpenerPolicy] = "same-origin-allow-popups"
        response.headers[Field.crossOriginResourcePolicy] = "same-origin"
        if isSecure { response.headers[.strictTransportSecurity] = "max-age=31536000" }
        return response
    }
}

/// Field names that the library does not know.
///
/// The empty fallback is never taken: all are tokens.
private enum Field {
    static let referrerPolicy = name("Referrer-Policy")
    static let permissionsPolicy = name("Permissions-Policy")
    static let crossOriginOpenerPolicy = name("Cross-Origin-Opener-Policy")
    static let crossOriginResourcePolicy = name("Cross-Origin-Resource-Policy")

    private static func name(_ text: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(text) else { preconditionFailure("\(text) is a token") }
        return name
    }
}
