import Foundation

/// The server's clock against this machine's.
enum ClockCheck {
    /// - Parameters:
    ///   - text: what the server's clock said, RFC 3339.
    ///   - began: when it was asked, and `ended` when its answer was here, by this machine's clock.
    static func finding(server text: String, from began: Date, to ended: Date) -> DoctorFinding {
        let name = "clock_here"
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        guard let server = (try? style.parse(text)) ?? (try? Date.ISO8601FormatStyle().parse(text)) else {
            return DoctorFinding(
                name, .warn, "the server's time cannot be understood: \(text)",
                remedy: "use the server's own tool")
        }
        // It was read somewhere between the two.
        let offset = max(began.timeIntervalSince(server), server.timeIntervalSince(ended), 0)
        let text =
            "the server's clock and this machine's are \(offset < 0.1 ? "the same" : "\(Int(offset.rounded(.up))) s apart")"
        let remedy = "find out which one is wrong; proofs of age are refused by a clock that is 60 s off"
        switch offset {
        case ..<2: return DoctorFinding(name, .ok, text)
        case ..<30: return DoctorFinding(name, .warn, text, remedy: remedy)
        default: return DoctorFinding(name, .bad, text, remedy: remedy)
        }
    }
}
