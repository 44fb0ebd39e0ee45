internal import Histogram
internal import LoadEngine

/// Everything that a run has left behind, and the verdict that follows from it.
struct Evidence: Sendable {
    var run: Verdict.Run
    var measurements: Measurements
    /// The engine's tally at the end, and at the end of the ramp.
    var tally: EngineTally
    var tallyAtSteady: EngineTally
    var timeline: Timeline
    /// Seconds from the beginning to the end of the ramp.
    var steadyFrom: Double
    var matches: UInt64
    var repeatedPartners: UInt64
    var bandsMixed: UInt64
    /// Waiting times, so far, of those who wait still; in nanoseconds.
    var stillWaiting: [UInt64]
    /// The last packet of the reported, for each of the reports; 0 for none.
    var lastArrivals: [UInt64]
    var impossible: [Kind: String]
    var kinds: Set<Kind>
    var remarks: [String]
    var couldNotRun: Bool

    /// Later than this, at the 99th percentile, the tool itself was the bottleneck: half a packet's time, in us.
    static let latenessAllowed: UInt64 = 10_000

    func verdict() -> Verdict {
        var verdict = Verdict(
            run: run, leaks: leaks, cuts: cuts, setUp: setUp, steady: steady, server: server,
            matching: matching, cheats: cheats,
            counters: Dictionary(
                uniqueKeysWithValues: measurements.counters.map { ($0.key.rawValue, $0.value) }),
            surprises: measurements.surprises, breaches: measurements.breaches, tool: tool,
            remarks: remarks, timeline: timeline.moments)
        verdict.couldNotRun = couldNotRun
        if verdict.tool.wasBottleneck {
            verdict.remarks.append(
                "the tool itself was late, so delay, jitter and loss say little; try --threads, fewer pairs, or "
                    + "another machine for the tool")
        }
        if let remark = eventsLostRemark { verdict.remarks.append(remark) }
        return verdict
    }

    private var eventsLostRemark: String? {
        measurements.connected.totalCount == 0 && !couldNotRun ? "nobody's media ever connected" : nil
    }

    private var leaks: [String: UInt64] {
        // Every kind is named, so that a reader sees what was looked for.
        var leaks = Dictionary(
            uniqueKeysWithValues: Leak.allCases.map { ($0.rawValue, tally.leaks[$0] ?? 0) })
        for (leak, count) in measurements.chatLeaks where count > 0 { leaks["chat_\(leak.rawValue)"] = count }
        return leaks
    }

    private var cuts: Verdict.Cuts {
        var (last, after) = (Measurements.timer(), Measurements.timer())
        var (told, durable) = (Measurements.timer(), Measurements.timer())
        var silent: UInt64 = 0
        for (report, arrival) in zip(measurements.reports, lastArrivals) {
            if arrival <= report.leftAt { silent += 1 }
            last.record(nanoseconds: arrival > report.leftAt ? arrival - report.leftAt : 0)
            if let at = report.cutToldAt {
                told.record(nanoseconds: at - min(at, report.leftAt))
                if arrival > at { after.record(nanoseconds: arrival - at) }
            }
            if let at = report.receivedAt { durable.record(nanoseconds: at - min(at, report.leftAt)) }
        }
        return Verdict.Cuts(
            reports: UInt64(measurements.reports.count), nothingAfter: silent,
            toLastPacket: Distribution(last),
            afterAcknowledgement: Distribution(after), toAcknowledgement: Distribution(told),
            toDurable: Distribution(durable))
    }

    private var setUp: Verdict.SetUp {
        let rates = timeline.rates { Double($0.legsConnected) }
        return Verdict.SetUp(
            legs: measurements.counters[.legsConnected] ?? 0, failed: measurements.counters[.legsFailed] ?? 0,
            legsPerSecond: rates.map(\.rate).max() ?? 0, connected: Distribution(measurements.connected),
            matched: Distribution(measurements.matched), firstSound: Distribution(measurements.firstSound),
            firstPicture: Distribution(measurements.firstPicture),
            nextToPicture: Distribution(measurements.nextToPicture),
            releaseToPicture: Distribution(measurements.releaseToPicture))
    }

    private var steady: Verdict.Steady {
        let seconds = max(run.lasted - steadyFrom, 0)
        func rate(_ value: UInt64) -> Double { seconds > 0 ? Double(value) / seconds : 0 }
        let sent = tally.sentPackets - min(tally.sentPackets, tallyAtSteady.sentPackets)
        let received = tally.receivedPackets - min(tally.receivedPackets, tallyAtSteady.receivedPackets)
        let bytes = tally.receivedBytes - min(tally.receivedBytes, tallyAtSteady.receivedBytes)
        return Verdict.Steady(
            seconds: seconds, sentPerSecond: rate(sent), receivedPerSecond: rate(received),
            receivedBitsPerSecond: rate(bytes) * 8, sent: sent, received: received,
            lost: tally.lostPackets - min(tally.lostPackets, tallyAtSteady.lostPackets),
            duplicated: tally.duplicatedPackets, reordered: tally.reorderedPackets,
            oneWayDelay: Distribution(tally.oneWayDelay), jitter: Distribution(tally.jitter))
    }

    private var server: Verdict.Server? {
        let known = timeline.since(steadyFrom).filter { $0.serverCPU != nil }
        guard let first = known.first, let last = known.last, last.at > first.at,
            let cpuBefore = first.serverCPU, let cpuAfter = last.serverCPU
        else { return nil }
        // A server that began anew in between counts from 0.
        let cpu = cpuAfter >= cpuBefore ? cpuAfter - cpuBefore : cpuAfter
        func change(_ value: (Moment) -> Double?) -> Double {
            let (before, after) = (value(first) ?? 0, value(last) ?? 0)
            return after >= before ? after - before : after
        }
        let received = change(\.serverReceived)
        return Verdict.Server(
            cpuShare: cpu / (last.at - first.at), forwarded: UInt64(change(\.serverForwarded)),
            received: UInt64(received), cpuPerPacket: received > 0 ? cpu * 1_000_000 / received : nil,
            memoryAtSteady: first.serverMemory ?? 0, memoryAtEnd: last.serverMemory ?? 0,
            memoryMost: timeline.moments.compactMap(\.serverMemory).max() ?? 0)
    }

    private var matching: Verdict.Matching {
        let longestNow = (stillWaiting.max() ?? 0) / 1_000
        return Verdict.Matching(
            matches: matches, waits: Distribution(measurements.waits),
            stillWaiting: UInt64(stillWaiting.count),
            longestWait: max(
                measurements.waits.totalCount > 0 ? measurements.waits.maxRecorded : 0, longestNow),
            repeatedPartners: repeatedPartners, bandsMixed: bandsMixed)
    }

    private var cheats: [Verdict.Cheat] {
        Kind.allCases.compactMap { kind -> Verdict.Cheat? in
            guard var attempts = measurements.attempts[kind] ?? (kinds.contains(kind) ? .init() : nil),
                kind.isCheat
            else { return nil }
            if kind == .unknownSource {
                attempts.through &+= tally.unannouncedPackets
                // Nothing of it arrived, and no other answer is to be expected.
                if tally.unannouncedPackets == 0 { attempts.refused = attempts.tried }
            }
            if kind == .replay {
                // A repaired packet that turns up after all is a second copy as well, and no cheat.
                let copies = tally.duplicatedPackets - min(tally.duplicatedPackets, tally.retransmissionsSent)
                attempts.through &+= copies
                if copies == 0 { attempts.refused = attempts.tried }
            }
            return Verdict.Cheat(
                kind: kind.rawValue, tried: attempts.tried, refused: attempts.refused,
                through: attempts.through, impossible: impossible[kind])
        }
    }

    private var tool: Verdict.Tool {
        let lateness = Distribution(tally.lateness)
        let window = timeline.since(steadyFrom)
        var share = 0.0
        if let first = window.first, let last = window.last, last.at > first.at {
            share = (last.toolCPU - first.toolCPU) / (last.at - first.at)
        }
        return Verdict.Tool(
            lateness: lateness, cpuShare: share,
            wasBottleneck: lateness.map { $0.p99 > Self.latenessAllowed } ?? false)
    }
}

extension Kind {
    /// Whether it tries what the server must refuse.
    var isCheat: Bool {
        switch self {
        case .unverified, .foreignNonce, .expiredToken, .forgedToken, .replayedToken, .resumeThief, .banned,
            .garbage, .flood, .replay, .unknownSource:
            true
        case .stays, .next, .report, .chat, .late, .losesSocket, .vanishes, .roams, .otherBand: false
        }
    }
}
