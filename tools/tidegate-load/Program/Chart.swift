internal import Foundation

/// Lines over time or over percentiles, as inline SVG.
struct Chart: Sendable {
    struct Series: Sendable {
        let name: String
        let points: [(x: Double, y: Double)]

        init(_ name: String, _ points: [(Double, Double)]) {
            self.name = name
            self.points = points.map { (x: $0.0, y: $0.1) }
        }
    }

    let title: String
    let unit: String
    var series: [Series]
    /// What is written under the axis, and where; seconds where there is nothing.
    var ticks: [(x: Double, label: String)] = []

    private static let width = 460.0
    private static let height = 200.0
    private static let left = 52.0
    private static let bottom = 24.0
    private static let top = 10.0
    private static let right = 26.0

    /// - Returns: `nil` where there is nothing to show.
    var figure: String? {
        let series = series.filter { $0.points.count > 1 }
        guard !series.isEmpty else { return nil }
        let xs = series.flatMap { $0.points.map(\.x) }
        let (low, high) = (xs.min() ?? 0, max(xs.max() ?? 1, (xs.min() ?? 0) + 1e-9))
        let most = Self.niceMost(series.flatMap { $0.points.map(\.y) }.max() ?? 0)
        func place(_ x: Double, _ y: Double) -> (x: Double, y: Double) {
            let across = Self.width - Self.left - Self.right
            let up = Self.height - Self.top - Self.bottom
            return (Self.left + (x - low) / (high - low) * across, Self.height - Self.bottom - y / most * up)
        }
        var parts: [String] = []
        for step in 0...4 {
            let value = most * Double(step) / 4
            let y = place(low, value).y
            parts.append(
                "<path class=\"axis\" d=\"M\(Self.number(Self.left)) \(Self.number(y))H\(Self.number(Self.width - Self.right))\"/>"
                    + "<text x=\"\(Self.number(Self.left - 6))\" y=\"\(Self.number(y + 4))\" text-anchor=\"end\">\(Self.label(value))\(unit)</text>"
            )
        }
        for tick in ticks.isEmpty ? Self.seconds(low, high) : ticks {
            parts.append(
                "<text x=\"\(Self.number(place(tick.x, 0).x))\" y=\"\(Self.number(Self.height - 6))\" text-anchor=\"middle\">\(Markup.escaped(tick.label))</text>"
            )
        }
        for (index, one) in series.enumerated() {
            let path = one.points.map { place($0.x, $0.y) }
                .map { "\(Self.number($0.x)) \(Self.number($0.y))" }
            parts.append("<path class=\"series s\(index % 3)\" d=\"M\(path.joined(separator: "L"))\"/>")
        }
        let key = series.enumerated()
            .map { "<span><i class=\"k\($0 % 3)\"></i>\(Markup.escaped($1.name))</span>" }.joined()
        return """
            <figure>
            <figcaption>\(Markup.escaped(title))</figcaption>
            <svg viewBox="0 0 \(Int(Self.width)) \(Int(Self.height))" role="img" aria-label="\(Markup.escaped(title))">
            \(parts.joined(separator: "\n"))
            </svg>
            <div class="key">\(key)</div>
            </figure>
            """
    }

    /// A round number that is not below the highest value.
    static func niceMost(_ value: Double) -> Double {
        guard value > 0, value.isFinite else { return 1 }
        let power = pow(10, log10(value).rounded(.down))
        return ([1, 2, 4, 5, 8, 10].first { $0 * power >= value } ?? 10) * power
    }

    private static func seconds(_ low: Double, _ high: Double) -> [(x: Double, label: String)] {
        (0...4)
            .map { step in
                let value = low + (high - low) * Double(step) / 4
                return (value, "\(Figures.fixed(value, 0)) s")
            }
    }

    private static func label(_ value: Double) -> String {
        switch value {
        case 0: "0"
        case 1_000_000...: "\(Figures.fixed(value / 1_000_000, 1))M"
        case 10_000...: "\(Figures.fixed(value / 1_000, 0))k"
        case 10...: Figures.grouped(value)
        default: Figures.fixed(value, 2)
        }
    }

    private static func number(_ value: Double) -> String { Figures.fixed(value, 1) }
}

/// Percentiles on an axis that gives each nine as much room as the one before.
enum PercentileChart {
    static func chart(_ title: String, _ rows: [(String, Distribution?)]) -> Chart {
        let series = rows.compactMap { name, distribution in
            distribution.map { distribution in
                Chart.Series(
                    name,
                    distribution.curve.filter { $0.percentile < 100 }
                        .map { (place($0.percentile), Double($0.microseconds) / 1_000) })
            }
        }
        var chart = Chart(title: title, unit: "", series: series)
        chart.ticks = [0, 50, 90, 99, 99.9, 99.99].map { (place($0), "p\(Figures.plain($0))") }
        return chart
    }

    private static func place(_ percentile: Double) -> Double { -log10(max(1 - percentile / 100, 1e-9)) }
}
