import ServiceLifecycle
import Switchboard

/// Tells the service manager that the server is alive, and in one sentence how it is.
///
/// A sign of life is sent only while the Switchboard's clock and every worker go round: a server that stands still is
/// to be started anew.
struct Watchdog: Service {
    /// How often the sentence is looked at where nobody wants signs of life, in microseconds.
    private static let leisurely: UInt64 = 5_000_000

    let switchboard: Switchboard
    let serviceManager: ServiceManager

    func run() async throws {
        // Three for each that is wanted, so that one that comes late does no harm.
        let interval = min((serviceManager.watchdog ?? .max) / 3, Self.leisurely)
        await cancelWhenGracefulShutdown {
            var ticks: UInt64?
            var sentence = ""
            while !Task.isCancelled {
                let pulse = await switchboard.pulse()
                if serviceManager.watchdog != nil, pulse.ticks != ticks, !pulse.isWorkerStuck {
                    serviceManager.signOfLife()
                }
                ticks = pulse.ticks
                if pulse.sentence != sentence { serviceManager.status(pulse.sentence) }
                sentence = pulse.sentence
                try? await Task.sleep(for: .microseconds(Int64(clamping: interval)))
            }
        }
        serviceManager.stopping()
    }
}
