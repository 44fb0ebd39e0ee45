internal import FoundationEssentials

/// The `[hooks]` section: the operator's own endpoint, told of events and asked before something opens (PROTOCOL.md
/// section 5).
package struct HooksSection: Sendable, Equatable {
    /// What holds for a question that is not answered.
    package enum OnError: String, Sendable, CaseIterable { case hold, allow }

    /// Where events go; empty: nowhere.
    package var eventsURL = ""
    /// Which events go there.
    package var events = Self.eventKinds
    /// Most events that wait for the endpoint.
    package var queue = 100_000
    /// Who is asked; empty: nobody.
    package var decisionsURL = ""
    /// What is asked.
    package var decisions: [String] = []
    /// How long an answer may take.
    package var timeout: Duration = .milliseconds(200)
    package var onError = OnError.hold
    /// Most questions at once.
    package var concurrency = 64
    /// File with what requests are signed with, one secret a line, the newest first; empty where no URL is set.
    package var secretFile = ""

    package init() {}

    /// Everything that an endpoint can be told of.
    package static let eventKinds = [
        "peer.joined", "pair.matched", "pair.ended", "report.received", "gate.changed", "decision.made",
        "appeal.received", "signal.matched",
    ]
    /// Everything that an endpoint can be asked.
    package static let decisionKinds = ["admit", "match", "release", "chat"]
}

extension HooksSection {
    mutating func read(_ reader: SectionReader) {
        Self.readURL("events_url", &eventsURL, reader)
        Self.readKinds("events", &events, of: Self.eventKinds, reader)
        reader.integer("queue", &queue, in: 100...10_000_000, "events")
        Self.readURL("decisions_url", &decisionsURL, reader)
        Self.readKinds("decisions", &decisions, of: Self.decisionKinds, reader)
        reader.seconds("timeout", &timeout, in: 0.01...2, fractions: true)
        reader.choice("on_error", &onError)
        reader.integer("concurrency", &concurrency, in: 1...10_000, "questions")
        reader.text("secret_file", &secretFile, mustBe: "the path of a file", try: "conf/hooks.secret")

        reader.require(
            eventsURL.isEmpty || !events.isEmpty, "events", "[]",
            "at least one kind where hooks.events_url is set", try: "[\"report.received\"]")
        reader.require(
            decisions.isEmpty || !decisionsURL.isEmpty, "decisions_url", "", "set where hooks.decisions is",
            try: "https://chat.example/tidegate/decisions")
        reader.require(
            decisionsURL.isEmpty || !decisions.isEmpty, "decisions", "[]",
            "at least one kind where hooks.decisions_url is set", try: "[\"release\"]")
        reader.require(
            (eventsURL.isEmpty && decisionsURL.isEmpty) || !secretFile.isEmpty, "secret_file", "",
            "set where hooks.events_url or hooks.decisions_url is", try: Self.makeSecret)
        requireSecret(reader)
    }

    // MARK: Kinds

    private static func readKinds(
        _ key: String, _ target: inout [String], of known: [String], _ reader: SectionReader
    ) {
        reader.texts(
            key, &target, mustBe: "some of \(known.joined(separator: ", "))", try: "\(known.prefix(2))",
            where: { known.contains($0) })
        reader.require(
            Set(target).count == target.count, key, target.joined(separator: ", "), "kinds, none twice",
            try: "each once")
    }

    // MARK: Addresses

    private static func readURL(_ key: String, _ target: inout String, _ reader: SectionReader) {
        reader.text(key, &target, mustBe: "an https URL, or empty", try: "https://chat.example/tidegate")
        guard !target.isEmpty, let fault = fault(ofURL: target) else { return }
        // What is wrong is logged: never with what could be a password.
        reader.require(false, key, withoutSecrets(target), fault, try: "https://chat.example/tidegate")
    }

    /// - Returns: what the URL must be, or `nil` for a good one.
    private static func fault(ofURL text: String) -> String? {
        guard text.utf8.count <= 2_000, text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }),
            let parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(),
            let host = parts.host, !host.isEmpty, scheme == "https" || scheme == "http"
        else { return "an https URL with a host (RFC 3986), or empty" }
        guard parts.user == nil, parts.password == nil else {
            return "without user and password: requests are signed with hooks.secret_file"
        }
        guard parts.fragment == nil else { return "without a fragment (#…), which is never sent" }
        if scheme == "http" {
            let bare = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
            guard ListenAddress(host: bare, port: 0).isLoopback else {
                return "https where the host is not this machine: what is told concerns people"
            }
        }
        return nil
    }

    /// An address for people to see: without user, password, query and fragment, which could be secret.
    static func withoutSecrets(_ url: String) -> String {
        let shown = url.prefix { $0 != "?" && $0 != "#" }
        guard let scheme = shown.firstRange(of: "://") else { return String(shown) }
        let authority = shown[scheme.upperBound...].prefix { $0 != "/" }
        guard let at = authority.lastIndex(of: "@") else { return String(shown) }
        return shown[..<scheme.upperBound] + "…" + shown[at...]
    }

    // MARK: The secret

    private static let makeSecret =
        "making it with: echo whsec_$(openssl rand -base64 32) > conf/hooks.secret"

    private func requireSecret(_ reader: SectionReader) {
        guard !secretFile.isEmpty else { return }
        do {
            let contents = try FileProbe.read(secretFile)
            reader.note("secret_file", contents: contents)
            reader.require(
                Self.isSecret(contents), "secret_file", secretFile,
                "a file of lines 'whsec_' and base64 of 24 to 64 bytes", try: Self.makeSecret)
        } catch {
            reader.requireReadable("secret_file", secretFile)
        }
    }

    /// Whether these are secrets as Standard Webhooks 1.0 writes them, one a line.
    private static func isSecret(_ contents: [UInt8]) -> Bool {
        let lines = String(decoding: contents, as: UTF8.self).split(whereSeparator: \.isNewline)
            .map { $0.trimming { $0 == " " || $0 == "\t" } }
            .filter { !$0.isEmpty }
        return !lines.isEmpty
            && lines.allSatisfy { line in
                guard line.hasPrefix("whsec_"), let key = Data(base64Encoded: String(line.dropFirst(6)))
                else { return false }
                return (24...64).contains(key.count)
            }
    }
}

extension Substring {
    fileprivate func trimming(_ isBlank: (Character) -> Bool) -> Substring {
        var rest = drop(while: isBlank)
        while let last = rest.last, isBlank(last) { rest.removeLast() }
        return rest
    }
}
