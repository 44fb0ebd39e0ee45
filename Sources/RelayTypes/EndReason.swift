/// Why a pair ended.
package enum EndReason: Sendable, Hashable {
    /// One side went on to the next partner.
    case next(by: Side)
    /// One side left the pool or closed its connection.
    case left(by: Side)
    /// One side's connection or media path was lost.
    case lost(Side)
    /// One side reported the other.
    case report(by: Side)
    /// An operator ordered it.
    case moderator
    /// A rule of the operator's ordered it.
    case policy
    /// The attestations show two different bands. Neither side is told so.
    case differentBands
    /// The server drains, and its deadline has come.
    case draining

    /// A name for metrics and logs: a closed set.
    package var name: String {
        switch self {
        case .next: "next"
        case .left: "left"
        case .lost: "lost"
        case .report: "report"
        case .moderator: "moderator"
        case .policy: "policy"
        case .differentBands: "different_bands"
        case .draining: "draining"
        }
    }
}
