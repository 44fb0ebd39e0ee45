/// The `[http]` section: the public listener.
package struct HTTPSection: Sendable, Equatable {
    /// Where it binds.
    package var listen = ListenAddress(host: "127.0.0.1", port: 8_080)
    /// PEM file with the certificate chain; empty: plain HTTP.
    package var certificate = ""
    /// PEM file with its private key.
    package var key = ""
    /// Allowed values of `Origin` besides the server's own (RFC 6454 §6.2).
    package var origins: [String] = []
    /// Whether another process of the same user may listen at the same place, to hand over to it.
    package var reusePort = false

    package init() {}

    /// Whether the listener speaks TLS.
    package var usesTLS: Bool { !certificate.isEmpty }
}

extension HTTPSection {
    mutating func read(_ reader: SectionReader) {
        reader.parsed(
            "listen", &listen, mustBe: "HOST:PORT", try: "127.0.0.1:8080, or [::]:443 for every address"
        ) { value in
            guard case .text(let text) = value else { return nil }
            return ListenAddress(text)
        }
        reader.text("certificate", &certificate, mustBe: "the path of a PEM file", try: "certs/fullchain.pem")
        reader.text("key", &key, mustBe: "the path of a PEM file", try: "certs/privkey.pem")
        reader.texts(
            "origins", &origins, mustBe: "a list of origins without a path",
            try: "[\"https://chat.example\"]",
            where: Self.isOrigin)
        reader.flag("reuse_port", &reusePort)
        reader.require(
            certificate.isEmpty == key.isEmpty, certificate.isEmpty ? "certificate" : "key", "",
            "set where the other of certificate and key is", try: "the PEM file that belongs to it")
        reader.requireReadable("certificate", certificate)
        reader.requireReadable("key", key)
    }

    /// `scheme://host[:port]`, as browsers send it (RFC 6454 §6.1).
    private static func isOrigin(_ text: String) -> Bool {
        for scheme in ["https://", "http://"] where text.hasPrefix(scheme) {
            let authority = text.dropFirst(scheme.count)
            return !authority.isEmpty && !authority.contains { "/?#@ *".contains($0) }
                && text.lowercased() == text
        }
        return false
    }
}

extension SectionReader {
    /// Reports a file that is named but cannot be read.
    func requireReadable(_ key: String, _ path: String) {
        guard !path.isEmpty else { return }
        do {
            note(key, contents: try FileProbe.read(path))
        } catch {
            require(
                false, key, path, "a file that can be read (\(error.reason))",
                try: "a path relative to the working directory, and 'ls -l' on it as the server's user")
        }
    }
}
