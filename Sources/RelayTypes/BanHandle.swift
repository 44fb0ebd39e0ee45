/// What a ban can hold on to.
package enum BanHandle: String, Sendable, Codable, CaseIterable {
    /// The operator's own account: `sub` of the token in `hello`.
    case identity
    /// Every resume token that a page has had, one after the other.
    case lineage
    /// An IPv4 address, or the upper half of an IPv6 address: what one household has.
    case address
}
