import Logging
import RelayConfig
import Synchronization

/// What is logged and how, for every logger of the process; a reload changes it.
final class LiveLog: Sendable {
    private let held: Mutex<LogSection>

    init(_ section: LogSection) { held = Mutex(section) }

    var now: LogSection { held.withLock { $0 } }

    func adopt(_ section: LogSection) { held.withLock { $0 = section } }

    /// The level of a logger by its label.
    func level(of label: String) -> Logger.Level {
        let level = Logger.Level(rawValue: now.level.rawValue) ?? .info
        // The libraries' step-by-step account is of use to their authors only.
        return label.hasPrefix("tidegate") ? level : max(level, .info)
    }
}
