import RelayTypes

/// `welcome.resume`: a lineage, which stays, and a secret, which works once.
///
/// The lineage proves nothing. It says which page this is, so that a ban can hold on to it.
enum ResumeToken {
    private static let lineageCharacters = 22
    private static let secretCharacters = 43

    /// A token that nobody can guess, of the same lineage as an earlier one where there is one.
    static func fresh(after earlier: String?, using generator: inout some RandomNumberGenerator) -> String {
        let lineage =
            Self.lineage(of: earlier) ?? randomText(characters: lineageCharacters, using: &generator)
        return lineage + randomText(characters: secretCharacters, using: &generator)
    }

    /// - Returns: `nil` for what was never a token of this server's.
    static func lineage(of token: String?) -> String? {
        guard let token, token.utf8.count == lineageCharacters + secretCharacters,
            token.utf8.allSatisfy({ byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x5f: true
                default: false
                }
            })
        else { return nil }
        return String(token.prefix(lineageCharacters))
    }
}
