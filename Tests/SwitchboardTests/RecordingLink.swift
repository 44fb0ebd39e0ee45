import RelayTypes
import Signalling
import Switchboard
import Synchronization

/// A WebSocket that keeps what it is told.
final class RecordingLink: PeerLink {
    struct Sent: Sendable, Equatable {
        var message: ServerMessage
        var re: MessageID?
    }

    private let messages = Mutex<[Sent]>([])
    private let closing = Mutex<CloseCode?>(nil)
    private let arrivals: AsyncStream<Void>
    private let arrived: AsyncStream<Void>.Continuation

    init() { (arrivals, arrived) = AsyncStream.makeStream() }

    func send(_ message: ServerMessage, re: MessageID?) {
        messages.withLock { $0.append(Sent(message: message, re: re)) }
        arrived.yield()
    }

    func close(_ code: CloseCode, reason: String) {
        closing.withLock { $0 = $0 ?? code }
        arrived.yield()
    }

    var all: [ServerMessage] { messages.withLock { $0.map(\.message) } }
    var closed: CloseCode? { closing.withLock { $0 } }
    var last: Sent? { messages.withLock { $0.last } }

    func forget() { messages.withLock { $0 = [] } }

    /// How long a message is waited for, in seconds: a test that waits in vain must fail, not hang.
    private static let patience = 120

    /// The first message, sent already or still to come, for which `pick` gives something.
    func first<Result: Sendable>(
        _ pick: @escaping @Sendable (ServerMessage) -> Result?
    ) async -> Result? {
        let search = Task { () -> Result? in
            var iterator = arrivals.makeAsyncIterator()
            repeat {
                if let found = all.lazy.compactMap(pick).first { return found }
            } while await iterator.next() != nil
            return nil
        }
        let limit = Task {
            guard (try? await Task.sleep(for: .seconds(Self.patience))) != nil else { return }
            search.cancel()
        }
        defer { limit.cancel() }
        return await search.value
    }

    /// What matches among the messages so far.
    func sofar<Result>(_ pick: (ServerMessage) -> Result?) -> [Result] { all.compactMap(pick) }
}

extension ServerMessage {
    var matchedPair: PairID? { if case .matched(let matched) = self { matched.pair } else { nil } }
    var receipt: String? { if case .matched(let matched) = self { matched.receipt } else { nil } }
    var errorCode: ErrorCode? { if case .error(let code, _) = self { code } else { nil } }
    var welcome: Welcome? { if case .welcome(let welcome) = self { welcome } else { nil } }
    var partnerLeft: PartnerLeft? { if case .partnerLeft(_, let why) = self { why } else { nil } }
    var cutReason: CutReason? { if case .cut(_, let why) = self { why } else { nil } }
    var isBanned: Bool { if case .banned = self { true } else { false } }
    var reportID: ReportID? { if case .reportReceived(let report, _) = self { report } else { nil } }
    var waiting: Int? { if case .queued(let waiting) = self { waiting } else { nil } }
    var offer: String? { if case .offer(let sdp, _) = self { sdp } else { nil } }
    var outbound: ChannelHolds? { if case .gate(_, _, let outbound) = self { outbound } else { nil } }
    var inbound: ChannelHolds? { if case .gate(_, let inbound, _) = self { inbound } else { nil } }
}
