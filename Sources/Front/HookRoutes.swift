internal import Hummingbird
package import Switchboard

/// What the admin API asks of the control plane about hooks.
package protocol HookControl: Sendable {
    func hookStatus() async -> HookStatusView
    /// Returns when it is on disk that the endpoint wants events again.
    func enableHooks(by who: Operator) async throws(AdminError) -> HookStatusView
}

/// How the operator's endpoint fares.
internal struct HookRoutes: Sendable {
    internal let control: any ControlPlane

    internal func add(to router: Router<AdminRoutes.Context>) {
        router.only(.get, "v1/hooks") { [control] _, _ in try JSONAnswer.value(await control.hookStatus()) }
        router.only(.post, "v1/hooks/enable") { [control] request, _ in
            try await AdminAnswer.value { try await control.enableHooks(by: try request.actor) }
        }
    }
}
