/// Who acts through the admin API, as the audit log names them.
package struct Operator: Sendable, Hashable {
    package let name: String

    /// Where nobody says who acts.
    package static let unnamed = Operator(checked: "operator")
    /// The server by itself.
    package static let server = Operator(checked: "server")

    private init(checked name: String) { self.name = name }

    /// - Returns: `nil` for a name that is not 1 to 64 characters long, or has a control character.
    package init?(_ name: String) {
        guard (1...64).contains(name.count), name.unicodeScalars.count <= 256,
            !name.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
        else { return nil }
        self.name = name
    }
}
