internal import CLoadNet
internal import Dispatch
internal import RelayTestKit
internal import RelayTypes
internal import Synchronization

/// A peer's transport, as the control side has prepared it.
struct PeerSetup: Sendable {
    let number: UInt32
    let credentials: ICECredentials
    let offer: ServerOffer
    let server: Endpoint
    let sources: OutboundSources
    /// Connected and non-blocking; the thread takes it over.
    ///
    /// -1 with a full agent.
    let descriptor: Int32
    let agent: FullICEAgent?
}

/// What the control side wants of a thread.
enum ThreadOrder: Sendable {
    case attach(slot: Int, PeerSetup)
    case perform(slot: Int, EngineCommand)
    /// Runs on the thread, between two turns of its loop.
    case inspect(@Sendable (borrowing EngineLoop) -> Void)
    /// Delay, jitter and lateness are measured anew.
    case measureAnew
}

/// What libnice's threads hand over.
enum AgentNews: Sendable {
    /// A datagram, and when it was read.
    case datagram([UInt8], UInt64)
    case connected
    case failed
}

/// Orders for one thread: taken at the start of a turn, in order.
final class EngineMailbox: Sendable {
    /// What agents may have waiting: as a socket's buffer, more is lost.
    private static let mostNews = 16_384

    private struct Contents: Sendable {
        var orders: [ThreadOrder] = []
        var news: [(slot: Int, news: AgentNews)] = []
    }

    /// Readable once something is there.
    let descriptor: Int32
    private let contents = Mutex(Contents())
    private let hasSomething = Atomic(false)
    private let quits = Atomic(false)

    init() throws(EngineError) {
        descriptor = cloadnet_event()
        guard descriptor >= 0 else { throw .system(what: "no eventfd for a thread", errno: -descriptor) }
    }

    deinit { cloadnet_close(descriptor) }

    var isQuitting: Bool { quits.load(ordering: .acquiring) }

    func quit() {
        quits.store(true, ordering: .releasing)
        cloadnet_signal(descriptor)
    }

    func post(_ order: ThreadOrder) {
        contents.withLock { $0.orders.append(order) }
        wake()
    }

    func post(_ news: AgentNews, slot: Int) {
        contents.withLock { contents in
            if contents.news.count < Self.mostNews { contents.news.append((slot, news)) }
        }
        wake()
    }

    /// - Returns: `nil` when nothing is there, which costs one load.
    func take() -> (orders: [ThreadOrder], news: [(slot: Int, news: AgentNews)])? {
        guard hasSomething.exchange(false, ordering: .acquiringAndReleasing) else { return nil }
        return contents.withLock { contents in
            defer { contents = Contents() }
            return (contents.orders, contents.news)
        }
    }

    private func wake() {
        if !hasSomething.exchange(true, ordering: .acquiringAndReleasing) { cloadnet_signal(descriptor) }
    }
}

/// Events of all threads, until somebody takes them; bounded.
final class EventQueue: Sendable {
    private struct Contents: Sendable {
        var events: [EngineEvent] = []
        var lost: UInt64 = 0
    }

    private let most: Int
    private let contents = Mutex(Contents())

    init(most: Int) { self.most = most }

    func add(_ event: EngineEvent) {
        contents.withLock { contents in
            guard contents.events.count < most else {
                contents.lost &+= 1
                return
            }
            contents.events.append(event)
        }
    }

    func take() -> [EngineEvent] {
        contents.withLock { contents in
            defer { contents.events = [] }
            return contents.events
        }
    }

    var lost: UInt64 { contents.withLock { $0.lost } }
}

/// One value that a thread hands to somebody who waits for it.
final class Reply<Value: Sendable>: Sendable {
    private let value = Mutex<Value?>(nil)
    private let signal = DispatchSemaphore(value: 0)

    func give(_ value: Value) {
        self.value.withLock { $0 = value }
        signal.signal()
    }

    /// - Returns: `nil` when the thread has not answered within 5 s.
    func wait() -> Value? {
        _ = signal.wait(timeout: .now() + 5)
        return value.withLock { $0 }
    }
}
