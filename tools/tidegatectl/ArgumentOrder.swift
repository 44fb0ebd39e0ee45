/// Puts arguments into the order that the parser wants.
enum ArgumentOrder {
    /// Identifiers are random base64url, so one in 64 begins with a hyphen and would be taken for an option.
    private static let identifierLength = 20
    /// Options about the server may stand before the command too; these have a value.
    private static let serverOptions: Set<String> = ["--as", "--socket", "--url", "--token-file"]
    private static let serverFlags: Set<String> = ["--json", "--quiet"]
    /// Options that take their value whatever it looks like.
    private static let takeAnything: Set<String> = [
        "--as", "--config", "--facts", "--from", "--ground", "--note", "--output", "--pair", "--peer",
        "--reason",
        "--reference", "--sign-key",
        "--socket", "--to", "--token-file",
    ]

    /// The same arguments: server options behind the command, identifiers that look like options behind `--`.
    static func parsable(_ arguments: [String]) -> [String] {
        guard !arguments.contains("--") else { return arguments }
        var leading: [String] = []
        var rest = arguments[...]
        while let first = rest.first {
            if serverOptions.contains(first), rest.count > 1 {
                leading += rest.prefix(2)
                rest = rest.dropFirst(2)
            } else if serverFlags.contains(first) {
                leading.append(first)
                rest = rest.dropFirst()
            } else {
                break
            }
        }
        // Without a command the parser's own complaint is the best one.
        guard !rest.isEmpty else { return arguments }
        var plain: [String] = []
        var identifiers: [String] = []
        for argument in rest {
            let isValue = plain.last.map(takeAnything.contains) ?? false
            if !isValue, argument.hasPrefix("-"), isIdentifier(argument) {
                identifiers.append(argument)
            } else {
                plain.append(argument)
            }
        }
        return plain + leading + (identifiers.isEmpty ? [] : ["--"] + identifiers)
    }

    private static func isIdentifier(_ text: String) -> Bool {
        text.utf8.count == identifierLength
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x5f: true
                default: false
                }
            }
    }
}
