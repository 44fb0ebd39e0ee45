import Front
import Logging
import RelayTestKit
import ServiceLifecycle
import Testing

/// Runs a public listener on a free loopback port for the length of `body`, and ends it as SIGTERM would.
func withServer(
    _ control: StubControl, configure: (inout FrontConfiguration) -> Void = { _ in },
    _ body: (_ port: Int) async throws -> Void
) async throws {
    var configuration = FrontConfiguration()
    configuration.port = 0
    configuration.limits.closeSeconds = 1
    configure(&configuration)
    let opened = Monitor<ListenerAddress?>(nil)
    let server = try PublicServer(configuration: configuration, control: control, logger: .silent) {
        address in
        opened.update { $0 = address }
    }
    try await whileRunning(server, once: { await opened.wait { $0 != nil } }) {
        try await body(try #require(opened.value).port)
    }
}

/// Runs an admin listener for the length of `body`.
func withAdmin(
    _ control: StubControl, at place: AdminServer.Place, sources: SourceKeys = SourceKeys(),
    config: (any ConfigControl)? = nil,
    _ body: (_ address: String) async throws -> Void
) async throws {
    let opened = Monitor<String?>(nil)
    let server = try AdminServer(
        at: place, control: control, sources: sources, config: config,
        usage: { FrontUsage(connections: 3, webSockets: 2, refused: 1) },
        logger: .silent
    ) { address in
        opened.update { $0 = address }
    }
    try await whileRunning(server, once: { await opened.wait { $0 != nil } }) {
        try await body(try #require(opened.value))
    }
}

func whileRunning(
    _ service: any Service, once isOpen: () async -> Bool, _ body: () async throws -> Void
) async throws {
    let group = ServiceGroup(services: [service], logger: .silent)
    let running = Task { try await group.run() }
    do {
        try #require(await isOpen())
        try await body()
    } catch {
        await group.triggerGracefulShutdown()
        try? await running.value
        throw error
    }
    await group.triggerGracefulShutdown()
    try await running.value
}

extension Logger {
    static var silent: Logger { Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }) }
}
