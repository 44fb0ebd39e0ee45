/// What a server makes of a datagram that looks like a binding request.
package enum STUNOutcome: Sendable, Equatable, BitwiseCopyable {
    /// Authenticated: send the first `length` bytes of the response buffer back to where the request came
    /// from.
    ///
    /// `useCandidate` is the browser's nomination (RFC 8445 §7.3.1.5), `priority` that of the peer-reflexive
    /// candidate (RFC 8445 §7.1.1), absent when the request has none.
    case success(length: Int, useCandidate: Bool, priority: UInt32?)
    /// Authenticated, but refused with 487 (role conflict) or 420 (unknown attribute): send the response.
    ///
    /// The check proves nothing about the path.
    case refusal(length: Int)
    /// Not a well-formed binding request.
    ///
    /// Send nothing.
    case malformed
    /// USERNAME, MESSAGE-INTEGRITY or FINGERPRINT is missing or wrong.
    ///
    /// Send nothing: an answer to an address that nobody has vouched for makes a reflector.
    case unauthenticated
}
