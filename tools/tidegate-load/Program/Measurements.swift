internal import Histogram
internal import LoadEngine
internal import RelayTypes

/// What the crowd has seen: everything of the verdict that is not media.
struct Measurements: Sendable {
    /// How often a cheat was tried, and what came of it.
    struct Attempts: Sendable, Equatable {
        var tried: UInt64 = 0
        var refused: UInt64 = 0
        var through: UInt64 = 0
    }

    /// One report, from the moment at which it left.
    struct Report: Sendable, Equatable {
        let pair: UInt32
        let reported: PeerNumber
        let leftAt: UInt64
        /// When `partner_left` came to the reporter.
        var cutToldAt: UInt64?
        /// When `report_received` came.
        var receivedAt: UInt64?
    }

    var counters: [Counter: UInt64] = [:]
    var attempts: [Kind: Attempts] = [:]
    /// What got through, in words; the first few.
    var breaches: [String] = []
    /// What nobody expected, by sentence.
    var surprises: [String: UInt64] = [:]
    var reports: [Report] = []
    /// Chat messages that came where none may, by why.
    var chatLeaks: [Leak: UInt64] = [:]

    var connected = Self.timer()
    var matched = Self.timer()
    var waits = Self.timer()
    var firstSound = Self.timer()
    var firstPicture = Self.timer()
    var nextToPicture = Self.timer()
    var releaseToPicture = Self.timer()

    /// Microseconds, to three digits.
    static func timer() -> Histogram<UInt64> {
        Histogram<UInt64>(
            lowestDiscernibleValue: 1, highestTrackableValue: 3_600_000_000,
            numberOfSignificantValueDigits: .three)
    }

    mutating func count(_ counter: Counter, _ by: UInt64 = 1) { counters[counter, default: 0] += by }

    mutating func surprise(_ sentence: String) {
        // So many different ones that a server which makes them up cannot fill the memory.
        guard surprises.count < 50 || surprises[sentence] != nil else { return }
        surprises[sentence, default: 0] += 1
    }

    mutating func breach(_ kind: Kind, _ what: String) {
        attempts[kind, default: Attempts()].through += 1
        if breaches.count < 20 { breaches.append("\(kind.rawValue): \(what)") }
    }

    mutating func leakChat(_ leak: Leak) { chatLeaks[leak, default: 0] += 1 }
}

extension Histogram<UInt64> {
    /// A time in nanoseconds, kept in microseconds; never beyond what it can hold.
    mutating func record(nanoseconds: UInt64) {
        record(Swift.min(nanoseconds / 1_000, 3_600_000_000))
    }
}
