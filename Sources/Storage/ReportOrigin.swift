/// Where a report came from, in the words of the DSA Transparency Database.
package enum ReportOrigin: String, Sendable, CaseIterable {
    /// A person in the pair (DSA article 16).
    case personInPair = "SOURCE_ARTICLE_16"
    /// A trusted flagger (DSA article 22).
    case trustedFlagger = "SOURCE_TRUSTED_FLAGGER"
    /// A rule, a hook or a moderator of the operator's own.
    case voluntary = "SOURCE_VOLUNTARY"
    /// Anybody else, an authority for example.
    case otherNotification = "SOURCE_TYPE_OTHER_NOTIFICATION"
}
