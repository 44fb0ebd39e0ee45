internal import AsyncHTTPClient
internal import Foundation
internal import LoadEngine
internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import UnixSignals

/// One run from its first look at the machine to its verdict.
struct LoadRun: Sendable {
    private let plan: RunPlan

    init(_ plan: RunPlan) { self.plan = plan }

    func run() async throws -> Verdict {
        try MachineLimits.raised().require(people: plan.pairs * 2, usesFullICE: plan.usesFullICE)
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.retryConnectionEstablishment = false
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let result: Result<Verdict, any Error>
        do { result = .success(try await run(on: group.next(), client)) } catch { result = .failure(error) }
        try? await client.shutdown()
        try? await group.shutdownGracefully()
        return try result.get()
    }

    private func run(on loop: any EventLoop, _ client: HTTPClient) async throws -> Verdict {
        let tokens = TokenSource(
            plan.issuer.map { .key($0) } ?? .development(plan.target), audience: plan.audience, client: client
        )
        let tls = try tlsContext()
        let finding = try await Preflight(target: plan.target, tls: tls, tokens: tokens, loop: loop).run()
        var admin: AdminLink?
        var hasBans = false
        if let place = plan.admin {
            let link = try AdminLink(place, token: plan.adminToken, client: client)
            _ = try await link.requireMetrics()
            hasBans = await link.hasBans()
            admin = link
        }
        let engine = try makeEngine()
        defer { engine.stop() }
        let kinds = plan.mix.people(plan.pairs * 2, seed: plan.seed)
        let consent = Truth<LedgerWindows>.Consent(rawValue: finding.policy.consent ?? "") ?? .all
        var circumstances = Person.Circumstances()
        circumstances.stay = plan.stay
        circumstances.pausesBetweenPartners = consent != .all
        circumstances.hasBans = hasBans && plan.target.isLoopback
        circumstances.impossible = Set(tokens.impossible.keys)
        let setting = Crowd.Setting(
            target: plan.target, tls: tls, seed: plan.seed, avoidance: plan.avoidance, consent: consent,
            rampNanoseconds: UInt64(plan.ramp * 1e9))
        let crowd =
            try await loop.submit { [circumstances, admin] in
                NIOLoopBound(
                    Crowd(
                        kinds, circumstances, setting, engine: engine, tokens: tokens, admin: admin, on: loop),
                    eventLoop: loop)
            }
            .get()
        var impossible = tokens.impossible
        if !circumstances.hasBans { impossible[.banned] = banRemark(admin: admin, hasBans: hasBans) }
        var course = RunCourse(plan: plan, engine: engine, crowd: crowd, loop: loop, admin: admin)
        return try await withStopSignal { stop in
            try await course.run(kinds: kinds, consent: consent, impossible: impossible, stop: stop)
        }
    }

    private func banRemark(admin: AdminLink?, hasBans: Bool) -> String {
        if admin == nil { return "needs --admin" }
        return hasBans
            ? "needs a target on this machine, for an address of one's own"
            : "not possible with this server, which has no bans"
    }

    private func makeEngine() throws(LoadFailure) -> LoadEngine {
        var configuration = LoadEngine.Configuration(peers: plan.pairs * 2, seed: plan.seed)
        configuration.threads = plan.threads
        configuration.pairs = plan.mostPairs
        configuration.isLocal = plan.target.isLoopback
        configuration.usesFullICE = plan.usesFullICE
        configuration.shape.packetTime = plan.packetTime
        configuration.shape.videoBitrate = plan.videoBitrate
        // A packet of 20 ms has 80 bytes, one of 60 ms three times as many: 32 kbit/s.
        configuration.shape.audioBytes = 4 * plan.packetTime
        do {
            try LoadEngine.hastenCipher()
            let engine = try LoadEngine(configuration)
            try engine.start()
            return engine
        } catch { throw .cannotRun("the media engine cannot start: \(error)") }
    }

    private func tlsContext() throws(LoadFailure) -> NIOSSLContext? {
        guard plan.target.isSecure else { return nil }
        do { return try NIOSSLContext(configuration: .makeClientConfiguration()) } catch {
            throw .cannotRun("TLS cannot be set up: \(error)")
        }
    }

    /// Runs `body`, and tells it when somebody wants it to end; at the second signal the program ends at once.
    private func withStopSignal(_ body: (StopSign) async throws -> Verdict) async throws -> Verdict {
        let sign = StopSign()
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        let watch = Task {
            for await signal in signals {
                if sign.isSet { Foundation.exit(128 + signal.rawValue) }
                sign.set()
            }
        }
        defer { watch.cancel() }
        return try await body(sign)
    }
}
