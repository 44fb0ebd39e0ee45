/// The last four sender reports of one stream that went on to one receiver, each by the middle 32 bits of its NTP
/// timestamp, as receivers name them.
///
/// A receiver goes on naming the former partner's until it has one of the present partner's: that was written on another
/// browser's clock, and to subtract it from one's own gives no round trip (RFC 3550 §6.4.1).
package struct SenderReportNames: Sendable, Equatable, BitwiseCopyable {
    private var names: (UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0)

    package init() {}

    /// - Parameter ntpTimestamp: of a report that goes on.
    package mutating func note(ntpTimestamp: UInt64) {
        names = (UInt32(truncatingIfNeeded: ntpTimestamp >> 16), names.0, names.1, names.2)
    }

    /// Whether LSR names one of them; 0 names none.
    package func contains(_ name: UInt32) -> Bool {
        name != 0 && (name == names.0 || name == names.1 || name == names.2 || name == names.3)
    }

    package static func == (left: Self, right: Self) -> Bool { left.names == right.names }
}
