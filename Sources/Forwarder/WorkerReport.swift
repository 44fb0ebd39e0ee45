internal import MediaControl
internal import Synchronization

/// The way up from one worker: events, and what has failed for good.
internal final class WorkerReport: Sendable {
    private let events: AsyncStream<MediaEvent>.Continuation
    private let told = Atomic<UInt64>(0)
    private let sentences = Mutex<[String]>([])

    internal init(events: AsyncStream<MediaEvent>.Continuation) { self.events = events }

    internal func tell(_ event: MediaEvent) {
        told.wrappingAdd(1, ordering: .relaxed)
        events.yield(event)
    }

    /// Events so far.
    internal var toldEvents: UInt64 { told.load(ordering: .relaxed) }

    internal func fail(_ sentence: String) { sentences.withLock { $0.append(sentence) } }

    internal var failures: [String] { sentences.withLock { $0 } }
}
