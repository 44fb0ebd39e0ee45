/// When a flight is sent again that was not answered (RFC 6347 §4.2.4.1).
package enum DTLSTiming: Sendable, Equatable {
    /// By the system's clock: for the first time after `first` microseconds, then twice as long each time, up
    /// to ``longest``.
    case system(first: UInt32)
    /// Whenever ``DTLSAssociation/handleTimeout()`` is called: for tests whose clock is turned by hand.
    ///
    /// OpenSSL's timers cannot be fired, only awaited. So they are made as short as OpenSSL takes them, and
    /// `handleTimeout` waits the millisecond out. ``DTLSAssociation/retransmitDeadline()`` says what it would
    /// say at the start of ``standard``.
    case simulated

    /// RFC 6347 proposes 1 s at first.
    ///
    /// Browsers, which have measured the path with ICE, start at 50 ms; a lost flight should not delay the
    /// first picture.
    package static let standard = DTLSTiming.system(first: 100_000)

    /// Longest pause between two retransmissions, in microseconds.
    internal static let longest: UInt32 = 1_600_000
    /// OpenSSL takes a timer with less than 15 ms to go for fired, in microseconds.
    private static let shortest: UInt32 = 16_000

    /// How long a timer of OpenSSL's runs, in microseconds.
    ///
    /// - Parameter last: how long it ran before, or 0 for a new flight.
    internal func timer(after last: UInt32) -> UInt32 {
        switch self {
        case .simulated: Self.shortest
        case .system(let first) where last == 0: max(first, Self.shortest)
        case .system: last >= Self.longest / 2 ? max(last, Self.longest) : last * 2
        }
    }

    /// What a timer of ``standard`` would be, in microseconds, for a flight that was sent again `count`
    /// times.
    internal static func pause(after count: Int) -> UInt32 {
        var pause = standard.timer(after: 0)
        for _ in 0..<min(count, 8) { pause = standard.timer(after: pause) }
        return pause
    }
}
