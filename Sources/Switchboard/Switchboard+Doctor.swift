import Foundation
import Logging
import MediaControl
import RelayTypes

/// Whether the installation is sound, and legs of nobody to try the way to the workers with.
extension Switchboard {
    /// How long a leg of nobody lives, in seconds.
    private static let doctorSeconds: UInt64 = 10

    package func doctor() async -> DoctorReport {
        let host = await configuration.host()
        var checks = host.checks
        checks.append(await auditCheck())
        checks += workerChecks
        checks += await hookChecks()
        checks.append(await readiness())
        let media = media
        return DoctorReport(
            version: configuration.version, now: timestamp(configuration.wallClock()),
            configSHA256: host.configurationHash,
            media: (0..<media.workerCount)
                .flatMap { worker in
                    media.candidates(ofWorker: UInt16(worker))
                        .map { candidate in
                            DoctorReport.Media(
                                worker: worker, address: candidate.address, port: Int(candidate.port),
                                own: host.addresses.contains(candidate.address))
                        }
                },
            checks: checks)
    }

    /// A leg that belongs to nobody and is matched with nobody: it answers connectivity checks, and no DTLS.
    package func doctorLeg(onWorker worker: Int) async throws(DoctorRefusal) -> DoctorLeg {
        guard legSlots.indices.contains(worker) else { throw .unknownWorker }
        if let old = doctorLegs[worker] { releaseDoctorLeg(old) }
        guard let place = legSlots[worker].take() else { throw .noRoom }
        let slot = LegSlot(worker: UInt16(worker), index: place.index, generation: place.generation)
        doctorLegs[worker] = slot
        let credentials = media.credentials(for: slot, using: &random)
        let parameters = LegParameters(
            credentials: credentials, sources: OutboundSources(audio: 1, video: 2, retransmission: 3),
            canonicalName: "")
        guard case .inForce = await perform(.openLeg(slot, parameters)) else {
            releaseDoctorLeg(slot)
            throw .workerSilent
        }
        due.add(.doctorLeg(slot), at: media.now.advanced(bySeconds: Self.doctorSeconds))
        return DoctorLeg(
            worker: worker, usernameFragment: credentials.usernameFragment, password: credentials.password,
            candidates: media.candidates(ofWorker: slot.worker)
                .map { DoctorLeg.Address(address: $0.address, port: Int($0.port)) },
            seconds: Int(Self.doctorSeconds))
    }

    func releaseDoctorLeg(_ slot: LegSlot) {
        guard doctorLegs[Int(slot.worker)] == slot else { return }
        doctorLegs[Int(slot.worker)] = nil
        release(slot)
    }

    private func auditCheck() async -> DoctorCheck {
        do {
            let verdict = try await verifyAudit()
            guard let fault = verdict.faults.first else {
                return DoctorCheck(
                    "audit_log", .ok, "the audit log has \(verdict.entries) entries and is sound")
            }
            return DoctorCheck(
                "audit_log", .bad, "the audit log is not sound from entry \(fault.number) on: \(fault.what)",
                remedy: "keep the database as it is, and see 'tidegatectl audit verify'")
        } catch {
            return DoctorCheck(
                "audit_log", .bad, "the audit log cannot be read: \(error)",
                remedy: "see the check 'database'")
        }
    }

    private var workerChecks: [DoctorCheck] {
        let problems = workerProblems
        guard !problems.isEmpty else {
            return [DoctorCheck("workers", .ok, "\(media.workerCount) media workers go round their loops")]
        }
        return problems.map {
            DoctorCheck(
                "workers", .bad, $0, remedy: "restart the server when its pairs have ended, and keep the log")
        }
    }

    private func readiness() async -> DoctorCheck {
        let report = await isReady()
        guard !report.ready else { return DoctorCheck("ready", .ok, "new people may come") }
        return DoctorCheck(
            "ready", .bad, "nobody new is let in: \(report.problems.joined(separator: "; "))",
            remedy: "mend what is named; /readyz says when it is gone")
    }
}
