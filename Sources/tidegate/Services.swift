import Forwarder
import Hooks
import ServiceLifecycle
import Storage
import Switchboard

/// The data plane, from the first thread to the last close_notify.
struct MediaService: Service {
    let media: MediaServer

    func run() async throws {
        try media.start()
        // Throws when the group is torn down; the threads must end either way.
        try? await gracefulShutdown()
        media.stop()
    }
}

/// What brings events to the operator's endpoint.
///
/// Those of the last people are written down after its end, and brought there by the next start.
struct HookService: Service {
    let hooks: Hooks

    func run() async throws { await cancelWhenGracefulShutdown { await hooks.run() } }
}

/// The control plane, whom it asks, and the database that it writes to.
struct SwitchboardService: Service {
    let switchboard: Switchboard
    let hooks: Hooks
    let store: SQLiteStore

    func run() async throws {
        await cancelWhenGracefulShutdown { await switchboard.run() }
        await hooks.close()
        await store.close()
    }
}
