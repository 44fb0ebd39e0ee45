internal import Foundation
internal import LoadEngine
internal import NIOCore

/// The time from the first person's coming to the last one's leaving: looks once a second, and keeps what it sees.
struct RunCourse {
    let plan: RunPlan
    let engine: LoadEngine
    let crowd: NIOLoopBound<Crowd>
    let loop: any EventLoop
    let admin: AdminLink?

    private var timeline = Timeline()
    private var remarks: [String] = []
    /// Nothing arrived that should have: such a run proves nothing.
    private var isSilent = false
    private var stopped: String?
    private var goneSince: Double?
    private var serverRestarts = 0
    private var hadPeople = false

    /// How long nobody may be there before the server is given up, in seconds.
    private static let patience = 30.0

    init(
        plan: RunPlan, engine: LoadEngine, crowd: NIOLoopBound<Crowd>, loop: any EventLoop, admin: AdminLink?
    ) {
        self.plan = plan
        self.engine = engine
        self.crowd = crowd
        self.loop = loop
        self.admin = admin
    }

    mutating func run(
        kinds: [Kind], consent: Truth<LedgerWindows>.Consent, impossible: [Kind: String], stop: StopSign
    ) async throws -> Verdict {
        let began = Date.now
        let start = Crowd.now
        func elapsed() -> Double { Double(Crowd.now &- start) / 1e9 }
        var progress = Progress(total: plan.ramp + plan.duration)
        let crowd = crowd
        loop.execute { crowd.value.begin() }
        try await look(at: 0)
        var tallyAtSteady = EngineTally()
        var steadyFrom = plan.ramp
        var isSteady = false
        while elapsed() < plan.ramp + plan.duration, stopped == nil {
            if stop.isSet {
                stopped = "by a signal"
                break
            }
            // Wakes ten times a second so that a signal is heard soon, and looks once a second.
            try await Task.sleep(for: .milliseconds(100))
            let now = elapsed()
            if !isSteady, now >= plan.ramp {
                isSteady = true
                steadyFrom = now
                engine.measureAnew()
                tallyAtSteady = engine.tally()
                try await look(at: now)
            }
            guard now >= (timeline.moments.last?.at ?? 0) + 1 else { continue }
            let here = try await look(at: now)
            watchServer(here: here, at: now)
            if plan.showsProgress { progress.show(timeline, here: here, people: kinds.count) }
        }
        let lasted = elapsed()
        if !isSteady { steadyFrom = min(plan.ramp, lasted) }
        try await look(at: lasted)
        progress.end()
        let snapshot = try await finish()
        let tally = engine.tally()
        let arrivals = snapshot.measurements.reports.map {
            engine.ledger.lastArrival($0.pair, from: $0.reported)
        }
        loop.execute { crowd.value.leave() }
        for ban in snapshot.bans { await admin?.lift(ban) }
        // The goodbyes leave before the sockets close.
        try await Task.sleep(for: .milliseconds(300))
        addRemarks(snapshot, tally, consent)
        let evidence = Evidence(
            run: description(began: began, lasted: lasted, consent: consent),
            measurements: snapshot.measurements, tally: tally, tallyAtSteady: tallyAtSteady,
            timeline: timeline,
            steadyFrom: steadyFrom, matches: snapshot.matches, repeatedPartners: snapshot.repeatedPartners,
            bandsMixed: snapshot.bandsMixed, stillWaiting: snapshot.waiting, lastArrivals: arrivals,
            impossible: impossible, kinds: Set(kinds), remarks: remarks,
            couldNotRun: isSilent || goneSince != nil && stopped != nil
                || snapshot.measurements.counters[.legsConnected] == nil)
        return evidence.verdict()
    }

    // MARK: Looking

    private struct Snapshot: Sendable {
        var measurements: Measurements
        var matches: UInt64
        var repeatedPartners: UInt64
        var bandsMixed: UInt64
        var waiting: [UInt64]
        var here: Int
        var bans: [String]
    }

    private func snapshot() async throws -> Snapshot {
        let crowd = crowd
        return
            try await loop.submit {
                let crowd = crowd.value
                let now = Crowd.now
                return Snapshot(
                    measurements: crowd.measurements, matches: crowd.truth.matches,
                    repeatedPartners: crowd.truth.repeatedPartners, bandsMixed: crowd.truth.bandsMixed,
                    waiting: crowd.people.filter { $0.phase == .here && $0.pair == nil && $0.legIsUp }
                        .compactMap { $0.poolSince.map { now &- min(now, $0) } },
                    here: crowd.people.count { $0.phase == .here }, bans: crowd.bans)
            }
            .get()
    }

    private struct Glance: Sendable {
        var legs: UInt64
        var matches: UInt64
        var here: Int
        var chatLeaks: UInt64
    }

    /// Adds a moment to the timeline.
    ///
    /// - Returns: how many people are with the server.
    @discardableResult
    private mutating func look(at now: Double) async throws -> Int {
        let crowd = crowd
        let glance =
            try await loop.submit {
                let crowd = crowd.value
                return Glance(
                    legs: crowd.measurements.counters[.legsConnected] ?? 0, matches: crowd.truth.matches,
                    here: crowd.people.count { $0.phase == .here },
                    chatLeaks: crowd.measurements.chatLeaks.values.reduce(0, &+))
            }
            .get()
        let tally = engine.tally()
        var moment = Moment(at: now)
        moment.legsConnected = glance.legs
        moment.matches = glance.matches
        moment.sentPackets = tally.sentPackets
        moment.receivedPackets = tally.receivedPackets
        moment.receivedBytes = tally.receivedBytes
        moment.lostPackets = tally.lostPackets
        moment.leaks = tally.leaks.values.reduce(0, &+) &+ glance.chatLeaks
        moment.toolCPU = Self.processTime()
        if let figures = await admin?.metrics() {
            if let before = timeline.moments.last(where: { $0.serverCPU != nil })?.serverCPU,
                figures.cpuSeconds < before
            {
                serverRestarts += 1
            }
            moment.serverCPU = figures.cpuSeconds
            moment.serverMemory = figures.memoryBytes
            moment.serverReceived = figures.receivedPackets
            moment.serverForwarded = figures.forwardedPackets
        }
        timeline.add(moment)
        return glance.here
    }

    /// Seconds of CPU time that this process has had.
    private static func processTime() -> Double {
        var usage = rusage()
        guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }

    private mutating func watchServer(here: Int, at now: Double) {
        if here > 0 {
            hadPeople = true
            goneSince = nil
            return
        }
        let since = goneSince ?? now
        goneSince = since
        if now - since >= Self.patience {
            stopped = "the server has not answered for \(Int(Self.patience)) s"
        }
    }

    // MARK: The end

    private func finish() async throws -> Snapshot {
        let snapshot = try await snapshot()
        let crowd = crowd
        try await loop.submit { crowd.value.fallSilent() }.get()
        // What is under way arrives; what is sent from here on is not judged, for nothing is sent.
        try await Task.sleep(for: .milliseconds(500))
        return snapshot
    }

    private mutating func addRemarks(
        _ snapshot: Snapshot, _ tally: EngineTally, _ consent: Truth<LedgerWindows>.Consent
    ) {
        let counters = snapshot.measurements.counters
        func count(_ counter: Counter) -> UInt64 { counters[counter] ?? 0 }
        if count(.noRoomForLeg) > 0 {
            remarks.append(
                "the server had no room for \(Figures.count(count(.noRoomForLeg), "leg")): raise its "
                    + "media.legs_per_worker or media.workers")
        }
        if count(.serverFull) > 0 {
            remarks.append(
                "the server was full for \(Figures.count(count(.serverFull), "hello", "hellos")): raise its limits.peers"
            )
        }
        if snapshot.measurements.surprises["cannot connect: the server hung up"] != nil {
            remarks.append(
                "the server closed connections before they became WebSockets: raise its limits.connections, and "
                    + "limits.connections_per_prefix where the tool is on another machine")
        }
        if count(.cameBackAsNew) > 0 || serverRestarts > 0 {
            remarks.append(
                "\(Figures.count(count(.connectionsLost), "connection")) broke off, "
                    + "\(Figures.count(count(.resumed), "person", "people")) resumed and "
                    + "\(Figures.count(count(.cameBackAsNew), "person", "people")) came back as somebody new"
                    + (serverRestarts > 0
                        ? "; the server began anew \(Figures.count(UInt64(serverRestarts), "time"))" : ""))
        }
        if consent != .all {
            remarks.append(
                "the server's policy.consent is '\(consent.rawValue)': sound may flow before anybody accepts, so media "
                    + "pauses between partners and the last packets for a former one are not looked for")
        }
        if snapshot.waiting.count == 1 {
            remarks.append("an odd number waited, so one was left over at the end")
        }
        if tally.receivedPackets == 0, snapshot.matches > 0,
            plan.mix.shares.contains(where: { $0.kind.provesAtOnce })
        {
            remarks.append("not one media packet has arrived")
            isSilent = true
        }
    }

    private func description(
        began: Date, lasted: Double, consent: Truth<LedgerWindows>.Consent
    ) -> Verdict.Run {
        Verdict.Run(
            target: plan.target.url, pairs: plan.pairs, seed: plan.seed, mix: plan.mix.text,
            stay: plan.stay.text,
            ramp: plan.ramp, duration: plan.duration, packetTime: plan.packetTime,
            videoBitrate: plan.videoBitrate, ice: plan.usesFullICE ? "full" : "light", threads: plan.threads,
            consent: consent.rawValue, began: began.formatted(.iso8601), lasted: lasted, stopped: stopped)
    }
}
