/// The `[admin]` section: where operators and their tools come in.
package struct AdminSection: Sendable, Equatable {
    /// Path of the Unix socket, mode 0600; empty: none.
    package var socket = "run/tidegate.sock"
    /// TCP listener, which needs ``tokenFile``; `nil`: none.
    package var listen: ListenAddress?
    /// File with the bearer token, at least 32 bytes without the white space around it.
    package var tokenFile = ""
    /// PEM files for the TCP listener; both empty: plain HTTP, on a loopback address only.
    package var certificate = ""
    package var key = ""
    /// Longest capture of a pair's packets.
    package var pcapSeconds = 60
    /// Largest capture.
    package var pcapBytes = 16_777_216
    /// Whether a capture may hold what people say and show.
    package var pcapPayload = false

    package init() {}

    /// Least bytes of a token (PROTOCOL.md section 1).
    package static let shortestToken = 32
    /// Most bytes of a socket's path: `sun_path` of unix(7) without its NUL.
    package static let longestSocketPath = 107
}

extension AdminSection {
    mutating func read(_ reader: SectionReader) {
        reader.text(
            "socket", &socket, mustBe: "a path of at most \(Self.longestSocketPath) bytes",
            try: "run/tidegate.sock", where: { $0.utf8.count <= Self.longestSocketPath })
        reader.parsed("listen", &listen, mustBe: "HOST:PORT, or empty", try: "127.0.0.1:9090") {
            value -> ListenAddress?? in
            guard case .text(let text) = value else { return nil }
            if text.isEmpty { return .some(nil) }
            return ListenAddress(text).map { .some($0) }
        }
        reader.text("token_file", &tokenFile, mustBe: "the path of a file", try: "conf/admin.token")
        reader.integer("pcap_seconds", &pcapSeconds, in: 1...3_600, "seconds")
        reader.integer("pcap_bytes", &pcapBytes, in: 65_536...1_073_741_824, "bytes")
        reader.flag("pcap_payload", &pcapPayload)
        reader.require(
            !socket.isEmpty || listen != nil, "socket", socket, "set where admin.listen is not",
            try: "run/tidegate.sock")
        reader.require(
            listen == nil || !tokenFile.isEmpty, "token_file", tokenFile,
            "set where admin.listen is", try: "a file made with: openssl rand -hex 32 > conf/admin.token")
        requireToken(reader)
        reader.text("certificate", &certificate, mustBe: "the path of a PEM file", try: "certs/admin.pem")
        reader.text("key", &key, mustBe: "the path of a PEM file", try: "certs/admin.key")
        reader.require(
            certificate.isEmpty == key.isEmpty, certificate.isEmpty ? "certificate" : "key", "",
            "set where the other of certificate and key is", try: "the PEM file that belongs to it")
        reader.requireReadable("certificate", certificate)
        reader.requireReadable("key", key)
        reader.require(
            listen?.isLoopback ?? true || !certificate.isEmpty, "listen", listen?.description ?? "",
            "a loopback address where admin.certificate is empty, for the token would cross the network in the clear",
            try: "127.0.0.1:9090, or admin.certificate and admin.key")
    }

    private func requireToken(_ reader: SectionReader) {
        guard !tokenFile.isEmpty else { return }
        do {
            let contents = try FileProbe.read(tokenFile)
            reader.note("token_file", contents: contents)
            let token = contents.split { $0 <= 0x20 }
            reader.require(
                token.count == 1 && token[0].count >= Self.shortestToken, "token_file", tokenFile,
                "a file with one token of at least \(Self.shortestToken) bytes in it",
                try: "making it with: openssl rand -hex 32")
        } catch {
            reader.requireReadable("token_file", tokenFile)
        }
    }
}
