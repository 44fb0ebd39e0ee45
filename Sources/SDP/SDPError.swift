/// Why a browser's answer is refused, with the line to blame: the peer's fault, always.
///
/// ``description`` goes back to the client as the message of `bad_sdp`. It quotes the client's own text, so it
/// does not belong in a log.
package struct SDPError: Error, Sendable, Equatable {
    package enum Reason: Sendable, Equatable {
        /// Longer than ``AnswerReader/maximumBytes`` or ``AnswerReader/maximumLines``.
        case tooLong
        /// Not a session description at all, or a line of one that is not `x=…` (RFC 8866 §5).
        case notSDP
        /// An attribute that may stand once stands twice in one section.
        case duplicateAttribute
        /// Not exactly one audio and one video section, in this order, with the mids that were offered.
        case wrongSections
        /// The audio section has port 0 (RFC 3264 §6).
        case rejectedAudio
        /// Another profile than UDP/TLS/RTP/SAVPF.
        case wrongProtocol
        /// A payload type that was not offered, one that is missing, or one that means something else.
        case wrongPayloadType
        /// A header extension under an id that was not offered for it (RFC 8285 §6).
        case wrongExtension
        case missingBundle, wrongBundle
        case missingMultiplexing
        case missingUsernameFragment, badUsernameFragment
        case missingPassword, badPassword
        case missingFingerprint, badFingerprint, weakFingerprint
        case missingSetup, wrongSetup
        /// Two bundled sections say different things about their one transport (RFC 9143 §7.1.3).
        case conflict
        /// Both sides would be ICE-lite, and nobody would check (RFC 8445 §6.1.1).
        case bothLite
    }

    package let reason: Reason
    /// Counted from 1, or `nil` where the fault is that a line is missing.
    package let line: Int?
    /// The line's text: printable ASCII, at most 64 characters, a password left out; or empty.
    package let text: String
    /// What is wrong and what was wanted.
    package let detail: String

    package init(_ reason: Reason, line: Int? = nil, text: String = "", detail: String) {
        self.reason = reason
        self.line = line
        self.text = text
        self.detail = detail
    }
}

extension SDPError: CustomStringConvertible {
    package var description: String {
        guard let line else { return detail }
        return "line \(line) '\(text)': \(detail)"
    }
}
