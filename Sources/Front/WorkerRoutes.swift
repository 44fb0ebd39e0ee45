internal import Hummingbird
package import Switchboard

/// What the front door asks about media workers.
package protocol WorkerControl: Sendable {
    func workers() async -> WorkerListView
}

/// The media workers.
internal struct WorkerRoutes: Sendable {
    internal let control: any ControlPlane

    internal func add(to router: Router<AdminRoutes.Context>) {
        router.only(.get, "v1/workers") { [control] _, _ in try JSONAnswer.value(await control.workers()) }
    }
}
