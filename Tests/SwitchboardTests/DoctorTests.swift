import MediaControl
import RelayTypes
import Switchboard
import Testing

@Suite("The doctor's legs belong to nobody")
struct DoctorTests {
    @Test("a leg is there for ten seconds, one for each worker, and is matched with nobody")
    func leg() async throws {
        let stage = try await Stage(workers: 2, legs: 4)
        defer { stage.close() }
        let leg = try await stage.switchboard.doctorLeg(onWorker: 1)
        #expect(leg.worker == 1 && leg.candidates.map(\.port) == [3_479] && !leg.password.isEmpty)
        #expect(stage.media.openLegs[1]?.count == 1)
        // It answers checks; no browser is expected, so no DTLS is listened to and no media ever flows.
        #expect(stage.media.count { if case .expectBrowser = $0 { true } else { false } } == 0)
        _ = try await stage.switchboard.doctorLeg(onWorker: 1)
        #expect(stage.media.openLegs[1]?.count == 1, "the new one takes the old one's place")
        let (_, _, pair) = try await stage.pair(bands: "adult")
        #expect(stage.media.pairWorkers.count == 1 && !pair.text.isEmpty)
        await stage.advance(seconds: 11)
        #expect(stage.media.openLegs[1]?.isEmpty ?? true)
    }

    @Test("there is none where there is no worker, or no room")
    func refusals() async throws {
        let stage = try await Stage(legs: 2)
        defer { stage.close() }
        for worker in [-1, 1, .max] {
            await #expect(throws: DoctorRefusal.unknownWorker) {
                _ = try await stage.switchboard.doctorLeg(onWorker: worker)
            }
        }
        _ = try await stage.pair(bands: "adult")
        await #expect(throws: DoctorRefusal.noRoom) { _ = try await stage.switchboard.doctorLeg(onWorker: 0) }
    }

    @Test("the report has the host's checks, the audit log, the workers and where media is")
    func report() async throws {
        let stage = try await Stage {
            $0.host = {
                var host = DoctorHost()
                host.addresses = ["127.0.0.1"]
                host.configurationHash = "abc"
                host.checks = [DoctorCheck("disk_space", .bad, "nothing is free", remedy: "make room")]
                return host
            }
        }
        defer { stage.close() }
        let report = await stage.switchboard.doctor()
        #expect(report.configSHA256 == "abc")
        #expect(report.media.map(\.own) == [true] && report.media.map(\.port) == [3_478])
        let verdicts = Dictionary(grouping: report.checks, by: \.check).mapValues { $0.map(\.verdict) }
        #expect(verdicts["disk_space"] == [.bad] && verdicts["audit_log"] == [.ok])
        #expect(verdicts["workers"] == [.ok] && verdicts["ready"] == [.ok])

        stage.media.stall(worker: 0)
        await stage.advance(steps: 400, ofMilliseconds: 25)
        let stuck = await stage.switchboard.doctor()
        #expect(stuck.checks.contains { $0.check == "workers" && $0.verdict == .bad })
        #expect(stuck.checks.contains { $0.check == "ready" && $0.verdict == .bad })
    }
}
