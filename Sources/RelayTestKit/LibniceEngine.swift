internal import RelayTypes
internal import Synchronization

/// libnice's full agent as a synthetic browser's transport.
final class LibniceEngine: ICEEngine {
    /// What libnice's thread hands over to the browser's.
    private final class Inbox: Sendable {
        /// As a socket's buffer: what does not fit is lost.
        private static let capacity = 4_096

        struct Contents: Sendable {
            var datagrams: [[UInt8]] = []
            var state = FullICEAgent.State.disconnected
        }

        let contents = Mutex(Contents())

        func push(_ datagram: [UInt8]) {
            contents.withLock { contents in
                if contents.datagrams.count < Self.capacity { contents.datagrams.append(datagram) }
            }
        }
    }

    let credentials: ICECredentials
    let descriptor: Int32 = -1
    let deadline = MonotonicInstant.never
    private(set) var tally = ICETally()
    private let agent: FullICEAgent
    private let inbox: Inbox
    private let remote: ICECredentials
    private let candidates: [Endpoint]
    // Taken out of the inbox all at once; `next` is the first that is not handed on yet.
    private var taken: [[UInt8]] = []
    private var next = 0

    /// - Parameter wake: wakes the browser's thread.
    init(
        localAddress: String, remote: ICECredentials, candidates: [Endpoint],
        wake: @escaping @Sendable () -> Void
    ) throws(TestKitError) {
        let inbox = Inbox()
        agent = try FullICEAgent(
            controlling: true, localAddresses: [localAddress], consentFreshness: true,
            handlers: .init(
                datagram: { datagram in
                    inbox.push(datagram)
                    wake()
                },
                state: { state in
                    inbox.contents.withLock { $0.state = state }
                    wake()
                }))
        self.inbox = inbox
        self.remote = remote
        self.candidates = candidates
        credentials = agent.credentials
        tally.local = agent.candidates.first
    }

    var isWritable: Bool {
        switch inbox.contents.withLock({ $0.state }) {
        case .connected, .ready: true
        case .disconnected, .gathering, .connecting, .failed: false
        }
    }

    var hasFailed: Bool { inbox.contents.withLock { $0.state } == .failed }

    func start(at now: MonotonicInstant) throws(TestKitError) {
        try agent.setRemote(credentials: remote, candidates: candidates)
    }

    func clockAdvanced(to now: MonotonicInstant) {}

    func receive(at now: MonotonicInstant) -> [UInt8]? {
        if next == taken.count {
            next = 0
            taken = inbox.contents.withLock { contents in
                defer { contents.datagrams.removeAll() }
                return contents.datagrams
            }
        }
        guard next < taken.count else { return nil }
        defer { next += 1 }
        return taken[next]
    }

    func send(_ datagram: [UInt8]) { agent.send(datagram) }

    func changeAddress(at now: MonotonicInstant) {}

    func setRenewsConsent(_ renews: Bool, at now: MonotonicInstant) {}

    func stop() { agent.stop() }
}
