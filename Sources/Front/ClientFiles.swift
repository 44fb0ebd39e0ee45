/// The page and what it loads: compiled into the program, so that it runs without the source tree.
internal struct ClientFiles: Sendable {
    internal struct File: Sendable {
        internal let bytes: [UInt8]
        internal let contentType: String
        /// Quoted, as it travels (RFC 9110 §8.8.3).
        internal let entityTag: String
    }

    private let files: [String: File]

    /// - Parameter embedded: file names and contents.
    internal init(_ embedded: [(name: String, bytes: [UInt8])]) {
        files = Dictionary(
            embedded.map { name, bytes in
                let file = File(
                    bytes: bytes, contentType: Self.contentType(of: name),
                    entityTag: "\"" + String(Self.checksum(bytes), radix: 16) + "\"")
                return (name, file)
            },
            uniquingKeysWith: { first, _ in first })
    }

    internal subscript(name: String) -> File? { files[name] }

    internal var names: [String] { files.keys.sorted() }

    /// By the end of the name; everything that the page has.
    private static func contentType(of name: String) -> String {
        switch name.split(separator: ".").last {
        case "html": "text/html; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "js", "mjs": "text/javascript; charset=utf-8"
        case "svg": "image/svg+xml"
        case "json": "application/json; charset=utf-8"
        case "webmanifest": "application/manifest+json"
        case "png": "image/png"
        case "ico": "image/x-icon"
        default: "application/octet-stream"
        }
    }

    /// FNV-1a, 64 bits: enough to tell one build's file from the next one's.
    private static func checksum(_ bytes: [UInt8]) -> UInt64 {
        bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}
