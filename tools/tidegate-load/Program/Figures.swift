internal import Foundation

/// Numbers as people read them.
enum Figures {
    /// Without a fraction where there is none.
    static func plain(_ value: Double) -> String {
        guard value.isFinite else { return "0" }
        let rounded = value.rounded()
        return rounded == value && abs(value) < 1e15 ? String(Int64(rounded)) : String(value)
    }

    /// With this many digits behind the point.
    static func fixed(_ value: Double, _ digits: Int) -> String {
        guard value.isFinite else { return "0" }
        return String(format: "%.\(digits)f", value)
    }

    /// 1234567 as "1,234,567".
    static func grouped(_ value: UInt64) -> String {
        var text = ""
        for (index, digit) in String(value).reversed().enumerated() {
            if index > 0, index.isMultiple(of: 3) { text.append(",") }
            text.append(digit)
        }
        return String(text.reversed())
    }

    static func grouped(_ value: Double) -> String {
        grouped(UInt64(exactly: max(value, 0).rounded()) ?? 0)
    }

    /// Microseconds in a unit that fits: "85 us", "1.42 ms", "3.1 s".
    static func time(_ microseconds: Double) -> String {
        switch microseconds {
        case ..<1_000: "\(fixed(microseconds, 0)) us"
        case ..<100_000: "\(fixed(microseconds / 1_000, 2)) ms"
        case ..<1_000_000: "\(fixed(microseconds / 1_000, 0)) ms"
        default: "\(fixed(microseconds / 1_000_000, 2)) s"
        }
    }

    /// Bytes in MiB.
    static func mebibytes(_ bytes: Double) -> String { "\(fixed(bytes / 1_048_576, 1)) MiB" }

    /// "1 pair", "2 pairs".
    static func count(_ number: UInt64, _ one: String, _ many: String? = nil) -> String {
        "\(grouped(number)) \(number == 1 ? one : many ?? one + "s")"
    }
}
