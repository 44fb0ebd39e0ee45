/// The reasons why a gate is shut.
///
/// The gate is open if and only if the set is empty.
///
/// `self` and `partner` are relative to whoever *sends* through the gate. What its receiver is told
/// has the two words swapped: see ``swapped``.
@usableFromInline package struct Holds: OptionSet, Sendable, Hashable, BitwiseCopyable {
    @usableFromInline package let rawValue: UInt8

    @inlinable package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let ageSelf = Holds(rawValue: 1 << 0)
    package static let agePartner = Holds(rawValue: 1 << 1)
    package static let consentSelf = Holds(rawValue: 1 << 2)
    package static let consentPartner = Holds(rawValue: 1 << 3)
    package static let report = Holds(rawValue: 1 << 4)
    package static let moderator = Holds(rawValue: 1 << 5)
    package static let policy = Holds(rawValue: 1 << 6)
    package static let risk = Holds(rawValue: 1 << 7)

    /// Every hold in the order in which it is written, with its name on the wire (PROTOCOL.md section 2.2).
    package static let named: [(hold: Holds, name: String)] = [
        (.ageSelf, "age_self"), (.agePartner, "age_partner"), (.consentSelf, "consent_self"),
        (.consentPartner, "consent_partner"), (.report, "report"), (.moderator, "moderator"),
        (.policy, "policy"), (.risk, "risk"),
    ]

    /// The names on the wire, always in the same order.
    package var names: [String] { Self.named.filter { contains($0.hold) }.map(\.name) }

    /// The same reasons as seen from the other end of the gate.
    package var swapped: Holds {
        let paired: Holds = [.ageSelf, .agePartner, .consentSelf, .consentPartner]
        var result = subtracting(paired)
        if contains(.ageSelf) { result.insert(.agePartner) }
        if contains(.agePartner) { result.insert(.ageSelf) }
        if contains(.consentSelf) { result.insert(.consentPartner) }
        if contains(.consentPartner) { result.insert(.consentSelf) }
        return result
    }
}
