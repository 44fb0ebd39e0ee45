/// The `[records]` section: what a report keeps of addresses, and who can read it.
package struct RecordsSection: Sendable, Equatable {
    /// The operator's public key (X25519, PEM) that addresses in reports are sealed with; empty: none are kept.
    package var sealKey = ""

    package init() {}
}

extension RecordsSection {
    mutating func read(_ reader: SectionReader) {
        reader.text(
            "seal_key", &sealKey, mustBe: "the path of a public key, or empty", try: "conf/seal.pub.pem")
        reader.requireReadable("seal_key", sealKey)
    }
}
