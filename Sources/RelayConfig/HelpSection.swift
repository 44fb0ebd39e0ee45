/// One `[[help]]`: a place where somebody is listened to, shown after a cut and after a report.
package struct HelpSection: Sendable, Equatable {
    /// BCP 47 tags of those whom it is shown to; empty: everybody.
    package var languages: [String] = []
    /// What it is, in the words of those whom it is shown to.
    package var text = ""
    /// As one dials it; empty: none.
    package var phone = ""
    /// Empty: none.
    package var url = ""

    package init() {}

    /// Most of them.
    static let most = 32
}

extension HelpSection {
    /// Reads one `[[help]]`.
    init(reading reader: SectionReader) {
        self.init()
        reader.texts(
            "languages", &languages, mustBe: "a list of BCP 47 tags", try: "[\"fr\"]",
            where: { tag in
                (1...35).contains(tag.utf8.count)
                    && tag.utf8.allSatisfy { ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7a || $0 == 0x2d }
            })
        reader.text(
            "text", &text, mustBe: "1 to 300 characters", try: "what it is and when it answers",
            where: { (1...300).contains($0.count) })
        reader.require(
            !text.isEmpty || reader.has("text"), "text", "", "set", try: "what it is and when it answers")
        reader.text(
            "phone", &phone, mustBe: "digits, spaces and + as one dials them", try: "116 111",
            where: { $0.utf8.count <= 32 && $0.allSatisfy { "0123456789 +".contains($0) } })
        reader.text(
            "url", &url, mustBe: "an https URL, or empty", try: "https://help.example",
            where: { $0.isEmpty || ($0.hasPrefix("https://") && $0.utf8.count <= 500) })
        reader.require(
            !phone.isEmpty || !url.isEmpty, "phone", phone, "set where url is not", try: "116 111")
    }
}
