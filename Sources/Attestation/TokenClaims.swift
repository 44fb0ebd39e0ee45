internal import FoundationEssentials

/// The checks of registered claims (RFC 7519 §4.1) that every token goes through after its signature.
struct TokenClaims {
    let claims: [String: JSONValue]
    let now: Date
    /// In seconds.
    let skew: TimeInterval

    /// `aud`, a string or a list of strings, contains `audience` (RFC 7519 §4.1.3).
    func requireAudience(_ audience: String) throws(TokenFault) {
        let isMeant: Bool
        switch claims["aud"] {
        case .string(let name): isMeant = name.isSameBytes(as: audience)
        case .array(let names): isMeant = names.contains { $0.string?.isSameBytes(as: audience) ?? false }
        default: isMeant = false
        }
        guard isMeant else { throw TokenFault("aud does not contain this service's audience") }
    }

    /// `exp` is a number and has not passed (RFC 7519 §4.1.4).
    func requireUnexpired() throws(TokenFault) -> TimeInterval {
        guard let expires = claims["exp"]?.number else { throw TokenFault("exp is not a number") }
        guard now.timeIntervalSince1970 < expires + skew else { throw TokenFault("exp has passed") }
        return expires
    }

    /// `iat`, if present, is a number and not in the future (RFC 7519 §4.1.6).
    func issuedAt() throws(TokenFault) -> TimeInterval? {
        guard let value = claims["iat"] else { return nil }
        guard let issued = value.number else { throw TokenFault("iat is not a number") }
        guard issued <= now.timeIntervalSince1970 + skew else { throw TokenFault("iat is in the future") }
        return issued
    }

    /// `nbf`, if present, is a number and has come (RFC 7519 §4.1.5).
    func requireStarted() throws(TokenFault) {
        guard let value = claims["nbf"] else { return }
        guard let start = value.number else { throw TokenFault("nbf is not a number") }
        guard start <= now.timeIntervalSince1970 + skew else { throw TokenFault("nbf has not come") }
    }

    /// The object at the end of `path`, or `nil` where there is none.
    func object(at path: [String]) -> [String: JSONValue]? {
        var object = claims
        for name in path {
            guard let inner = object[name]?.object else { return nil }
            object = inner
        }
        return object
    }
}
