import Foundation

/// Draws what `top` shows, as lines that fit.
struct TopScreen {
    /// A line, and how it stands out.
    struct Line: Equatable {
        enum Look { case plain, bold, inverse }

        var text: String
        var look = Look.plain
    }

    let width: Int
    let height: Int

    /// As many lines as there is room for, none wider than the terminal.
    func lines(of model: TopModel) -> [Line] {
        var lines: [Line]
        switch model.mode {
        case .help: lines = Self.help.map { Line(text: $0) }
        case .list, .question, .pair:
            lines = head(of: model)
            let room = max(height - lines.count - 1, 0)
            if case .pair(let pair, let from) = model.mode {
                lines += explanation(model, pair, from: from, room: room)
            } else {
                lines += table(model, room: room)
            }
        }
        lines = Array(lines.prefix(max(height - 1, 0)))
        lines += Array(repeating: Line(text: ""), count: max(height - 1 - lines.count, 0))
        lines.append(foot(of: model))
        return lines.map { Line(text: fitted($0.text, padded: $0.look == .inverse), look: $0.look) }
    }

    /// How many rows fit below the head.
    func page(of model: TopModel) -> Int { max(height - head(of: model).count - 3, 1) }

    /// The frame as a terminal takes it (ECMA-48): from the top left, each line erased to its end.
    func frame(of model: TopModel) -> String {
        let rows = lines(of: model)
            .map { line in
                let text =
                    switch line.look {
                    case .plain: line.text
                    case .bold: "\u{1b}[1m\(line.text)\u{1b}[0m"
                    case .inverse: "\u{1b}[7m\(line.text)\u{1b}[0m"
                    }
                return text + "\u{1b}[K"
            }
        return "\u{1b}[H" + rows.joined(separator: "\r\n") + "\u{1b}[J"
    }

    // MARK: Parts

    private func head(of model: TopModel) -> [Line] {
        guard let overview = model.overview else { return [Line(text: "tidegate: waiting for the server …")] }
        var lines = [
            Line(
                text: "tidegate \(overview.version), up \(spoken(seconds: overview.uptimeSeconds))",
                look: .bold),
            Line(
                text: "peers \(overview.peers), waiting \(overview.waiting), pairs \(overview.pairs), "
                    + "legs \(overview.legs), cuts \(overview.cuts), "
                    + "reports waiting \(overview.reportsWaiting.map(String.init) ?? "?")"),
            Line(
                text: "packets \(Self.count(model.packetsPerSecond))/s, "
                    + "bits \(Self.count(model.bitsPerSecond))/s, "
                    + "dropped \(Self.count(model.droppedPerSecond))/s"),
            Line(text: "gates " + Self.gates(overview.gates)),
        ]
        lines += model.workers.prefix(8).map { Line(text: worker($0)) }
        lines += overview.problems.prefix(3).map { Line(text: "! " + $0, look: .bold) }
        if let trouble = model.trouble { lines.append(Line(text: "! " + trouble, look: .bold)) }
        return lines
    }

    private static func gates(_ gates: [String: Int]) -> String {
        let names = gates.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        return names.isEmpty ? "none" : names.joined(separator: ", ")
    }

    private func worker(_ worker: WorkersAnswer.Worker) -> String {
        let place = "worker \(worker.worker)"
        guard !worker.stuck else { return "\(place) STUCK" }
        let busy = min(max(worker.busy ?? 0, 0), 1)
        let bar = String(repeating: "#", count: Int((busy * 10).rounded()))
        let rate = worker.packetsPerSecond.map { ", \(Self.count($0)) packets/s" } ?? ""
        return "\(place) [\(bar)\(String(repeating: ".", count: 10 - bar.count))] "
            + "\(Int((busy * 100).rounded())) %, \(worker.legs) legs, \(worker.pairs) pairs\(rate)"
    }

    private func table(_ model: TopModel, room: Int) -> [Line] {
        guard room > 1 else { return [] }
        let columns = fittingColumns
        let heading = columns.map { column in
            Self.cell(
                column.rawValue.uppercased() + (column == model.sort ? (model.isAscending ? "^" : "v") : ""),
                column)
        }
        var lines = [Line(text: heading.joined(separator: " "), look: .inverse)]
        guard !model.rows.isEmpty else { return lines + [Line(text: "no pairs")] }
        // The bar stays in view.
        let shown = room - 1
        let first = min(max((model.position ?? 0) - shown / 2, 0), max(model.rows.count - shown, 0))
        for row in model.rows[first...].prefix(shown) {
            let cells = columns.map { Self.cell(text(of: row, $0), $0) }
            lines.append(
                Line(
                    text: cells.joined(separator: " "),
                    look: row.pair == model.selected ? .inverse : .plain))
        }
        return lines
    }

    private func explanation(
        _ model: TopModel, _ pair: String, from: Int, room: Int
    ) -> [Line] {
        guard room > 1 else { return [] }
        let title = Line(text: "pair \(pair)", look: .inverse)
        guard !model.explanation.isEmpty else { return [title, Line(text: "…")] }
        return [title] + model.explanation.dropFirst(from).prefix(room - 1).map { Line(text: $0) }
    }

    private func foot(of model: TopModel) -> Line {
        switch model.mode {
        case .question(let action, let pair):
            Line(text: "\(action.rawValue) \(pair)? y: yes, any other key: no", look: .bold)
        case .help: Line(text: "any key: back")
        case .pair:
            Line(
                text: model.message.isEmpty
                    ? "Esc back, arrows scroll, h hold, r release, c cut" : model.message)
        case .list: Line(text: model.message.isEmpty ? "? help, q quit" : model.message)
        }
    }

    // MARK: Columns

    /// All where they fit; else as many from the left as do.
    private var fittingColumns: [TopModel.Column] {
        let order: [TopModel.Column] = [.pair, .bits, .packets, .gates, .age, .worker, .holds]
        var used = 0
        return order.filter { column in
            used += Self.width(column) + 1
            return column == .pair || used - 1 <= width
        }
    }

    private static func width(_ column: TopModel.Column) -> Int {
        switch column {
        case .pair: 20
        case .bits, .packets: 9
        case .gates: 7
        case .age: 10
        case .worker: 7
        case .holds: 12
        }
    }

    private static func cell(_ text: String, _ column: TopModel.Column) -> String {
        let space = String(repeating: " ", count: max(width(column) - text.count, 0))
        switch column {
        case .bits, .packets, .gates, .worker: return space + text
        case .pair, .age, .holds: return text + space
        }
    }

    private func text(of row: TopModel.Row, _ column: TopModel.Column) -> String {
        switch column {
        case .pair: row.pair
        case .age: spoken(seconds: row.age)
        case .worker: row.worker.map(String.init) ?? "-"
        case .gates: "\(row.open)/\(row.gates)"
        case .holds: row.holds.joined(separator: " ")
        case .packets: Self.count(row.packetsPerSecond)
        case .bits: Self.count(row.bitsPerSecond)
        }
    }

    /// `950`, `12.3k`, `4.5M`.
    static func count(_ number: Double) -> String {
        let number = max(number, 0)
        for (limit, divisor, unit) in [(1e3, 1.0, ""), (1e6, 1e3, "k"), (1e9, 1e6, "M")]
        where number < limit {
            return divisor == 1 ? "\(Int(number.rounded()))" : String(format: "%.1f", number / divisor) + unit
        }
        return String(format: "%.1f", number / 1e9) + "G"
    }

    private func fitted(_ text: String, padded: Bool) -> String {
        let line = String(SafeText.line(text).prefix(width))
        return padded ? line + String(repeating: " ", count: max(width - line.count, 0)) : line
    }

    private static let help = [
        "tidegatectl top", "", "up, down, PgUp, PgDn, Home, End   choose a pair",
        "left, right or < >                 sort by another column",
        "i                                  turn the order round",
        "Enter                              explain the pair; Esc goes back",
        "h                                  hold what both send",
        "r                                  release it",
        "c                                  cut the pair",
        "                                   each asks first",
        "?                                  this", "q, Ctrl-C                          leave", "",
        "Rates are those since the answer before.",
    ]
}
