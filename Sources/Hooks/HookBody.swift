package import Foundation

/// What is posted: `{"type", "timestamp", "data"}`, as Standard Webhooks 1.0 wants it.
package enum HookBody {
    /// - Parameters:
    ///   - type: such as `pair.matched`; it needs no escaping.
    ///   - data: a JSON object.
    package static func text(type: String, at date: Date, data: String) -> String {
        let timestamp = Date(timeIntervalSince1970: date.timeIntervalSince1970 + 0.0002)
            .formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        return "{\"type\":\"\(type)\",\"timestamp\":\"\(timestamp)\",\"data\":\(data)}"
    }
}
