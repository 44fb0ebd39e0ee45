internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import RelayTypes
internal import ServiceLifecycle
internal import Switchboard

/// `GET /v1/events`: server-sent events (WHATWG HTML, section 9.2), with `Last-Event-ID`.
internal struct EventRoutes: Sendable {
    /// Between two comments that say that the server is still there, in seconds.
    internal static let beat: Int64 = 15
    /// The first line: from here on every event is told.
    internal static let greeting = ": tidegate events\n\n"

    internal let control: any ControlPlane

    internal func add(to router: Router<AdminRoutes.Context>) {
        router.only(.get, "v1/events", use: follow)
    }

    @Sendable private func follow(
        _ request: Request, _ context: AdminRoutes.Context
    ) async throws -> Response {
        let filter: EventFilter
        do {
            filter = try Self.filter(request)
        } catch {
            return JSONAnswer.error(.badRequest, code: "bad_request", error.message)
        }
        guard await control.hasRoomForSubscriber else {
            return JSONAnswer.error(
                .serviceUnavailable, code: "too_many", "there are too many readers of events already")
        }
        let last = HTTPField.Name("Last-Event-ID").flatMap { request.headers[$0] }
        var headers: HTTPFields = [
            .contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-store",
        ]
        // A proxy in front must not collect it.
        if let name = HTTPField.Name("X-Accel-Buffering") { headers[name] = "no" }
        return Response(
            status: .ok, headers: headers,
            body: ResponseBody { [control] writer in
                // Two may have come at once.
                guard let queue = await control.subscribe(to: filter, after: last) else {
                    return try await writer.finish(nil)
                }
                do {
                    try await Self.tell(queue, to: &writer)
                } catch {
                    await control.unsubscribe(queue)
                    throw error
                }
                await control.unsubscribe(queue)
                try await writer.finish(nil)
            })
    }

    private static func filter(_ request: Request) throws(AdminFault) -> EventFilter {
        let query = try AdminQuery(request, names: "peer", "pair", "kind")
        var filter = EventFilter(
            peer: query["peer"].map { PeerID($0) }, pair: query["pair"].map { PairID($0) })
        if let text = query["kind"] {
            let kinds = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            for kind in kinds where !SessionEvent.names.contains(kind) {
                throw AdminFault(
                    message:
                        "there are no events '\(kind.prefix(32))'; there are \(SessionEvent.names.joined(separator: ", "))"
                )
            }
            filter.kinds = Set(kinds)
        }
        return filter
    }

    /// Writes what comes until the client or the server goes.
    private static func tell(_ queue: EventQueue, to writer: inout any ResponseBodyWriter) async throws {
        try await writer.write(buffer(greeting))
        let beating = Task {
            while true {
                try await Task.sleep(for: .seconds(beat))
                queue.beat()
            }
        }
        defer { beating.cancel() }
        try await withGracefulShutdownHandler {
            while let items = await queue.take() {
                try await writer.write(buffer(items.map { text($0, run: queue.run) }.joined()))
            }
        } onGracefulShutdown: {
            queue.close()
        }
    }

    /// One event as lines; what has no number is no event of the server's.
    ///
    /// - Parameter run: of the server, which counts anew at each start.
    internal static func text(_ item: EventQueue.Item, run: String) -> String {
        switch item {
        case .beat: return ": still here\n\n"
        case .lost(let count): return "event: lost\ndata: {\"lost\":\(count)}\n\n"
        case .event(let noted):
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            guard let data = try? encoder.encode(noted) else { return "" }
            return """
                id: \(run)-\(noted.number)
                event: \(noted.event.name)
                data: \(String(decoding: data, as: UTF8.self))


                """
        }
    }

    private static func buffer(_ text: String) -> ByteBuffer { ByteBuffer(string: text) }
}
