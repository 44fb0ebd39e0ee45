import Foundation
import Hooks
import RelayTypes
import Signalling

/// What the operator's endpoint is asked about a pair, and how far it is.
struct PairQuestions {
    enum State {
        /// Allowed, or never asked.
        case settled
        /// To be asked when it matters.
        case due
        case asking
        /// Not allowed, to be asked again at a time.
        case held
        /// Being asked again about what it has allowed, which holds meanwhile.
        case renewing

        var holds: Bool {
            switch self {
            case .settled, .renewing: false
            case .due, .asking, .held: true
            }
        }

        var isAsking: Bool {
            switch self {
            case .asking, .renewing: true
            case .settled, .due, .held: false
            }
        }
    }

    var match = State.settled
    var release = State.settled

    /// Whether everything between the two waits.
    var hold: Bool { match.holds || release.holds }

    subscript(kind: HookDecisionKind) -> State {
        get { kind == .match ? match : release }
        set { if kind == .match { match = newValue } else { release = newValue } }
    }
}

/// Whether the operator's endpoint lets a person in.
enum Entrance {
    /// Not asked, or its word counts no more.
    case unknown
    case asking
    /// `nil`: for as long as the person is here.
    case open(until: MonotonicInstant?)
    case held(until: MonotonicInstant)
    case denied(until: MonotonicInstant?)
}

/// A chat message that the operator's endpoint is asked about.
struct UnansweredLine {
    let text: String
    let at: Date
    let re: MessageID?
    /// See ``PairEvidence/note(_:)``.
    let number: Int
}

/// Chat messages that wait for an answer of the operator's endpoint: they are passed on in the order in which they came.
struct UnansweredLines {
    /// Most of one person at once.
    static let most = 32

    private struct Entry {
        let ticket: UInt64
        let line: UnansweredLine
        var answer: HookAnswer?
    }

    private var entries: [Side: [Entry]] = [:]
    private var lastTicket: UInt64 = 0

    /// - Returns: `nil` where there are too many.
    mutating func add(_ line: UnansweredLine, from side: Side) -> UInt64? {
        guard entries[side, default: []].count < Self.most else { return nil }
        lastTicket += 1
        entries[side, default: []].append(Entry(ticket: lastTicket, line: line, answer: nil))
        return lastTicket
    }

    mutating func answer(_ ticket: UInt64, from side: Side, _ answer: HookAnswer) {
        guard let index = entries[side]?.firstIndex(where: { $0.ticket == ticket }) else { return }
        entries[side]?[index].answer = answer
    }

    /// The oldest line, once it is answered.
    mutating func next(from side: Side) -> (line: UnansweredLine, answer: HookAnswer)? {
        guard let first = entries[side]?.first, let answer = first.answer else { return nil }
        entries[side]?.removeFirst()
        return (first.line, answer)
    }
}
