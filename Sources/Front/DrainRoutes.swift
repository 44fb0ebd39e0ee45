internal import FoundationEssentials
internal import Hummingbird
package import Switchboard

/// What the admin API asks of the control plane about draining.
package protocol DrainControl: Sendable {
    func drainReport() async -> DrainReport
    /// - Parameter seconds: after which pairs that are left are ended; `nil`: as configured.
    func startDrain(seconds: UInt64?, by who: Operator) async -> DrainReport
    func takeDrainBack(by who: Operator) async throws(AdminError) -> DrainReport
}

extension Switchboard: DrainControl {
    package func startDrain(seconds: UInt64?, by who: Operator) async -> DrainReport {
        await startDrain(seconds: seconds, isFinal: false, by: who)
    }
}

/// No new people, and taken back.
internal struct DrainRoutes: Sendable {
    /// Longest deadline, in seconds.
    private static let longest = 86_400

    internal let control: any ControlPlane

    internal func add(to router: Router<AdminRoutes.Context>) {
        router.only(
            [
                .get: { [control] _, _ in try JSONAnswer.value(await control.drainReport()) },
                .post: start,
                .delete: { [control] request, _ in
                    try await AdminAnswer.value { try await control.takeDrainBack(by: try request.actor) }
                },
            ], "v1/drain")
    }

    @Sendable private func start(_ request: Request, _ context: AdminRoutes.Context) async throws -> Response
    {
        struct Members: Decodable { let deadline: Int? }
        return try await AdminAnswer.value {
            let members = try await AdminBody.optional(
                Members.self, "{\"deadline\"?: seconds}", from: request)
            if let deadline = members?.deadline, !(0...Self.longest).contains(deadline) {
                throw AdminFault(message: "deadline must be a number of seconds from 0 to \(Self.longest)")
            }
            return await control.startDrain(
                seconds: members?.deadline.map { UInt64($0) }, by: try request.actor)
        }
    }
}
