internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import Switchboard
internal import Telemetry

/// The admin API (PROTOCOL.md section 6), as much of it as there is yet.
internal struct AdminRoutes: Sendable {
    internal typealias Context = BasicRequestContext

    internal let control: any ControlPlane
    internal let usage: @Sendable () -> FrontUsage
    /// Absent on the Unix socket, where the file's mode says who may.
    internal let token: BearerToken?
    internal let sources: SourceKeys
    /// Absent where there is no file.
    internal var config: (any ConfigControl)?

    /// Every path that is served, with the names of its parameters in braces.
    internal var paths: [String] { Set(router().routes.map(\.path.description)).sorted() }

    internal func router() -> Router<Context> {
        let router = Router(context: Context.self)
        router.add(middleware: JSONErrors())
        if let token { router.add(middleware: RequireToken(token: token)) }
        router.only(.get, "v1/status") { [control] _, _ in try JSONAnswer.value(await control.status()) }
        PairRoutes(control: control).add(to: router)
        WorkerRoutes(control: control).add(to: router)
        BanRoutes(control: control).add(to: router)
        ReportRoutes(control: control).add(to: router, sources: SourceRoutes(control: control, keys: sources))
        AppealRoutes(control: control).add(to: router)
        LogRoutes(control: control).add(to: router)
        DrainRoutes(control: control).add(to: router)
        if let config { ReloadRoutes(config: config).add(to: router) }
        InsightRoutes(control: control).add(to: router)
        EventRoutes(control: control).add(to: router)
        CaptureRoutes(control: control).add(to: router)
        DoctorRoutes(control: control).add(to: router)
        HookRoutes(control: control).add(to: router)
        router.only(.get, "metrics") { [control, usage] _, _ in
            // A disk that does not answer is no reason for this page not to.
            let readiness = await within(seconds: 2) { await control.isReady() }
            let page = MetricsPage(
                snapshot: await control.metrics(), status: await control.status(),
                ready: readiness?.ready ?? false, front: usage())
            return Response(
                status: .ok, headers: [.contentType: PrometheusText.contentType, .cacheControl: "no-store"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: page.text)))
        }
        return router
    }
}

/// Why an admin call cannot be understood.
///
/// Each is a 400 with its sentence.
internal struct AdminFault: Error, Equatable {
    internal let message: String
}

/// Lets nothing through that does not carry the token, but for reports from outside, which have keys of their own.
internal struct RequireToken<Context: RequestContext>: RouterMiddleware {
    internal let token: BearerToken

    internal func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let isReport = request.method == .post && request.uri.path == SourceRoutes.path
        guard isReport || token.isCarried(by: request.headers[.authorization]) else {
            return JSONAnswer.error(
                .unauthorized, code: "unauthorized", "this needs Authorization: Bearer and the admin token",
                headers: [.wwwAuthenticate: "Bearer"])
        }
        return try await next(request, context)
    }
}
