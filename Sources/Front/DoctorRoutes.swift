internal import FoundationEssentials
internal import Hummingbird
package import Switchboard

/// What the front door asks of whoever knows whether the installation is sound.
package protocol DoctorControl: Sendable {
    func doctor() async -> DoctorReport
    /// Returns when the leg answers checks.
    func doctorLeg(onWorker worker: Int) async throws(DoctorRefusal) -> DoctorLeg
}

/// `GET /v1/doctor` and `POST /v1/doctor/leg`.
internal struct DoctorRoutes: Sendable {
    internal let control: any DoctorControl

    internal func add(to router: Router<AdminRoutes.Context>) {
        router.only(.get, "v1/doctor") { [control] _, _ in try JSONAnswer.value(await control.doctor()) }
        router.only(.post, "v1/doctor/leg", use: leg)
    }

    private struct Members: Decodable {
        let worker: Int?
    }

    @Sendable private func leg(_ request: Request, _ context: AdminRoutes.Context) async throws -> Response {
        do {
            let members = try await AdminBody.read(Members.self, "{\"worker\"?}", from: request)
            return try JSONAnswer.value(try await control.doctorLeg(onWorker: members.worker ?? 0))
        } catch let fault as AdminFault {
            return JSONAnswer.error(.badRequest, code: "bad_request", fault.message)
        } catch let refusal as DoctorRefusal {
            switch refusal {
            case .unknownWorker:
                return JSONAnswer.error(.notFound, code: "unknown_worker", "there is no such worker")
            case .noRoom:
                return JSONAnswer.error(
                    .serviceUnavailable, code: "no_room", "the worker carries as many legs as it may")
            case .workerSilent:
                return JSONAnswer.error(
                    .serviceUnavailable, code: "worker_stuck", "the worker has not answered; see /readyz")
            }
        }
    }
}
