internal import Synchronization

/// Carries a failure out of a callback that cannot throw.
internal final class OpenedListener: Sendable {
    private let held = Mutex<FrontError?>(nil)

    internal var failure: FrontError? { held.withLock { $0 } }

    internal func fail(with error: FrontError) { held.withLock { $0 = error } }
}
