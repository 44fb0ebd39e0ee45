/// What a gate stands in front of.
///
/// Each direction of a pair has one gate for each channel.
package enum Channel: UInt8, Sendable, CaseIterable, BitwiseCopyable {
    case audio = 0
    case video = 1
    case chat = 2

    /// The name on the wire (PROTOCOL.md section 2.2).
    package var name: String {
        switch self {
        case .audio: "audio"
        case .video: "video"
        case .chat: "chat"
        }
    }

    package init?(name: String) {
        guard let match = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = match
    }
}
