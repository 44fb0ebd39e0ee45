/// What a client is told of the policy in force: `welcome.policy` and `GET /v1/policy`.
package struct PolicySummary: Sendable, Equatable {
    package enum Unverified: String, Sendable, Equatable, CaseIterable { case hold, lobby, refuse }
    package enum Consent: String, Sendable, Equatable, CaseIterable { case off, video, all }
    package enum Capture: String, Sendable, Equatable, CaseIterable { case none, text, media }

    package var unverified: Unverified
    package var consent: Consent
    package var bands: [String]
    /// Where a person gets an attestation.
    package var attestURL: String?
    package var chat: Bool
    package var capture: Capture
    package var retentionDays: Int
    /// Places where somebody is listened to.
    package var help: [HelpCard]

    package init(
        unverified: Unverified = .hold, consent: Consent = .video, bands: [String] = ["adult", "teen"],
        attestURL: String? = nil, chat: Bool = true, capture: Capture = .none, retentionDays: Int = 90,
        help: [HelpCard] = []
    ) {
        self.unverified = unverified
        self.consent = consent
        self.bands = bands
        self.attestURL = attestURL
        self.chat = chat
        self.capture = capture
        self.retentionDays = retentionDays
        self.help = help
    }
}

/// A place where somebody is listened to, shown after a cut and after a report.
package struct HelpCard: Sendable, Equatable {
    /// BCP 47 tags of those whom it is for; empty: everybody.
    package var languages: [String]
    package var text: String
    package var phone: String?
    package var url: String?

    package init(languages: [String], text: String, phone: String? = nil, url: String? = nil) {
        self.languages = languages
        self.text = text
        self.phone = phone
        self.url = url
    }
}
