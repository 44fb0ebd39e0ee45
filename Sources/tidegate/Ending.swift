import Glibc
import Logging
import ServiceLifecycle
import Switchboard
import Synchronization
import UnixSignals

/// How the server goes down: first it drains, then it hangs up, and whoever insists ends it where it stands.
final class Ending: Sendable {
    private enum Stage { case running, draining, closing }

    private let group: ServiceGroup
    private let switchboard: Switchboard
    private let logger: Logger
    private let onDrain: @Sendable () -> Void
    private let stage = Mutex(Stage.running)

    /// - Parameter onDrain: done when the server begins to drain for good.
    init(
        group: ServiceGroup, switchboard: Switchboard, logger: Logger, onDrain: @escaping @Sendable () -> Void
    ) {
        self.onDrain = onDrain
        self.group = group
        self.switchboard = switchboard
        self.logger = logger
    }

    /// Does what a signal asks for, and returns at once: the next one must be heard whatever this one leads to.
    func hear(_ signal: UnixSignal) {
        let (before, now) = stage.withLock { stage in
            let before = stage
            stage = signal == .sigterm && before == .running ? .draining : .closing
            return (before, stage)
        }
        // A third one, or a second one while everybody is being hung up.
        if before == .closing {
            LogWriter.standard.flush(atMost: 0.2)
            _exit(128 + signal.rawValue)
        }
        logger.notice("stopping", metadata: ["signal": "\(signal)", "drains": "\(now == .draining)"])
        Task { now == .draining ? await drain() : await close() }
    }

    private func drain() async {
        onDrain()
        _ = await switchboard.startDrain(isFinal: true, by: .server)
        await switchboard.untilNobodyIsLeft()
        stage.withLock { $0 = .closing }
        await close()
    }

    /// Hangs up, and ends the services in their order.
    private func close() async { await group.triggerGracefulShutdown() }
}
