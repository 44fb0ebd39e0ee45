/// One `[[reports.sources]]`: somebody outside who may bring reports, with a key of their own.
package struct ReportSourceSection: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        case trustedFlagger = "trusted_flagger"
        case hotline, moderator, classifier
    }

    /// Shown in reports and in the audit log.
    package var name = ""
    package var kind = Kind.hotline
    /// SHA-256 of the key: 64 hexadecimal digits; empty where ``keyFile`` is set.
    package var keySHA256 = ""
    /// File with the key itself; empty where ``keySHA256`` is set.
    package var keyFile = ""

    package init() {}
}

extension ReportSourceSection {
    /// Reads one `[[reports.sources]]`.
    init(reading reader: SectionReader) {
        self.init()
        reader.text(
            "name", &name, mustBe: "1 to 64 letters, digits, dots, hyphens and underscores",
            try: "hotline.example",
            where: { name in
                (1...64).contains(name.utf8.count)
                    && name.utf8.allSatisfy {
                        (0x30...0x39).contains($0) || (0x61...0x7a).contains($0 | 0x20)
                            || [0x2d, 0x2e, 0x5f].contains($0)
                    }
            })
        reader.require(!name.isEmpty || reader.has("name"), "name", "", "set", try: "hotline.example")
        reader.choice("kind", &kind)
        reader.text(
            "key_sha256", &keySHA256, mustBe: "64 hexadecimal digits",
            try: "openssl rand -hex 32 | tee key | tr -d '\\n' | sha256sum",
            where: { $0.isEmpty || ($0.utf8.count == 64 && $0.allSatisfy { $0.isHexDigit && $0.isASCII }) })
        reader.text("key_file", &keyFile, mustBe: "the path of a file", try: "conf/hotline.key")
        reader.require(
            keySHA256.isEmpty != keyFile.isEmpty || (keySHA256.isEmpty && reader.has("key_sha256")),
            "key_sha256",
            keySHA256, "set, or key_file, but not both", try: "openssl rand -hex 32 > conf/hotline.key")
        requireKey(reader)
    }

    private func requireKey(_ reader: SectionReader) {
        guard !keyFile.isEmpty else { return }
        do {
            let contents = try FileProbe.read(keyFile)
            reader.note("key_file", contents: contents)
            let key = contents.split { $0 <= 0x20 }
            reader.require(
                key.count == 1 && key[0].count >= AdminSection.shortestToken, "key_file", keyFile,
                "a file with one key of at least \(AdminSection.shortestToken) bytes in it",
                try: "making it with: openssl rand -hex 32")
        } catch {
            reader.requireReadable("key_file", keyFile)
        }
    }
}
