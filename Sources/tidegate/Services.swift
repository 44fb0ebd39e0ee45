import Forwarder
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

/// The control plane, and the database that it writes to.
struct SwitchboardService: Service {
    let switchboard: Switchboard
    let store: SQLiteStore

    func run() async throws {
        await cancelWhenGracefulShutdown { await switchboard.run() }
        await store.close()
    }
}
