/// Writes metrics in the Prometheus text exposition format, version 0.0.4.
///
/// Source: https://prometheus.io/docs/instrumenting/exposition_formats/
package enum PrometheusText {
    /// What `Content-Type` must say.
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// The whole page.
    ///
    /// Families without a sample are left out: a type without a value tells nothing.
    package static func render(_ families: [MetricFamily]) -> String {
        var text = ""
        for family in families where !family.samples.isEmpty {
            text += "# HELP \(family.name) \(escapedHelp(family.help))\n"
            text += "# TYPE \(family.name) \(family.kind.rawValue)\n"
            for sample in family.samples {
                text += family.name + sample.suffix + labels(sample.labels) + " "
                switch sample.number {
                case .whole(let value): text += String(value)
                case .real(let value): text += number(value)
                }
                text += "\n"
            }
        }
        return text
    }

    /// A number as the format spells it: `+Inf`, `-Inf` and `NaN` have names, whole numbers have no fraction.
    package static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        if let whole = Int64(exactly: value) { return String(whole) }
        return String(value)
    }

    private static func labels(_ labels: [MetricSample.Label]) -> String {
        guard !labels.isEmpty else { return "" }
        return "{" + labels.map { "\($0.name)=\"\(escapedValue($0.value))\"" }.joined(separator: ",") + "}"
    }

    /// In a label's value backslash, quote and line feed are escaped.
    private static func escapedValue(_ text: String) -> String {
        escaped(text, quotes: true)
    }

    /// In a help text backslash and line feed are escaped, quotes are not.
    private static func escapedHelp(_ text: String) -> String {
        escaped(text, quotes: false)
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
