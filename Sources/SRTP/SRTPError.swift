/// Why a packet was not protected or unprotected.
///
/// Plain values only: throwing one allocates nothing, so the packet path may throw it.
package enum SRTPError: Error, Sendable, Equatable, BitwiseCopyable {
    /// The tag is wrong: forged, damaged, or made with other keys.
    ///
    /// The peer's fault.
    case unauthenticated
    /// Seen before, or older than the replay window (RFC 3711 §3.3.2).
    ///
    /// The peer's or the network's fault.
    case replayed
    /// Not RTP or RTCP, or shorter than its own header says, or too short for a tag.
    ///
    /// The peer's fault.
    case malformed
    /// A session may have 64 SSRCs each way; this would be one more.
    case tooManyStreams
    /// The slot has no room for the trailer.
    ///
    /// Ours.
    case noRoom
    /// The keys have protected as many packets as they may (RFC 3711 §9.2).
    case keyLimit
    /// The library failed, with its own status.
    ///
    /// Ours: bad keys, a misaligned slot, out of memory.
    case library(Int32)
}

extension SRTPError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unauthenticated: "SRTP authentication failed"
        case .replayed: "SRTP packet replayed or too old"
        case .malformed: "not a well-formed SRTP or SRTCP packet"
        case .tooManyStreams: "more SSRCs than one session may have"
        case .noRoom: "no room for the SRTP trailer"
        case .keyLimit: "SRTP master key used up"
        case .library(let status): "SRTP library failed with status \(status)"
        }
    }
}
