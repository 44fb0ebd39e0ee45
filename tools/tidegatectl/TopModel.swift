import Foundation

/// What `top` shows, and what keys and answers do to it.
///
/// Pure: it reads no clock and no terminal.
struct TopModel {
    /// One pair with its rates.
    struct Row: Equatable {
        var pair: String
        var age: Double
        var worker: Int?
        var open: Int
        var gates: Int
        var holds: [String]
        var packetsPerSecond: Double
        var bitsPerSecond: Double
        var packets: UInt64
    }

    enum Column: String, CaseIterable {
        case pair, age, worker, gates, holds, packets, bits
    }

    /// What is asked before something is done.
    enum Action: String { case hold, release, cut }

    enum Mode: Equatable {
        case list
        case help
        case question(Action, pair: String)
        /// A pair that is explained, from this line on.
        case pair(String, from: Int)
    }

    /// What is to be done outside.
    enum Effect: Equatable {
        case quit
        case explain(String)
        case order(Action, pair: String)
    }

    private(set) var overview: OverviewAnswer?
    private(set) var workers: [WorkersAnswer.Worker] = []
    private(set) var rows: [Row] = []
    private(set) var packetsPerSecond = 0.0
    private(set) var bitsPerSecond = 0.0
    private(set) var droppedPerSecond = 0.0
    private(set) var sort = Column.bits
    private(set) var isAscending = false
    /// The pair that the bar is on.
    private(set) var selected: String?
    private(set) var mode = Mode.list
    private(set) var explanation: [String] = []
    /// The outcome of the latest order.
    private(set) var message = ""
    /// Why there is no fresh answer; `nil` while there is.
    private(set) var trouble: String?
    /// How many rows fit, for paging.
    var page = 10
    private var before: [String: (packets: UInt64, bytes: UInt64)] = [:]

    // MARK: Answers

    mutating func take(_ overview: OverviewAnswer, workers: [WorkersAnswer.Worker]) {
        let elapsed =
            self.overview.map {
                Double(overview.atMilliseconds) / 1_000 - Double($0.atMilliseconds) / 1_000
            } ?? 0
        // A server that was started anew counts from 0 again.
        func rate(_ now: UInt64, _ then: UInt64?) -> Double {
            guard let then, elapsed > 0, now >= then else { return 0 }
            return Double(now - then) / elapsed
        }
        packetsPerSecond = rate(overview.forwarded.packets, self.overview?.forwarded.packets)
        bitsPerSecond = 8 * rate(overview.forwarded.bytes, self.overview?.forwarded.bytes)
        droppedPerSecond = rate(overview.droppedPackets, self.overview?.droppedPackets)
        rows = overview.list.map { row in
            Row(
                pair: row.pair, age: row.age, worker: row.worker, open: row.open, gates: row.gates,
                holds: row.holds, packetsPerSecond: rate(row.packets, before[row.pair]?.packets),
                bitsPerSecond: 8 * rate(row.bytes, before[row.pair]?.bytes), packets: row.packets)
        }
        before = Dictionary(overview.list.map { ($0.pair, ($0.packets, $0.bytes)) }) { first, _ in first }
        self.overview = overview
        self.workers = workers
        trouble = nil
        arrange()
    }

    mutating func lose(_ why: String) { trouble = why }

    mutating func show(_ lines: [String], of pair: String) {
        if case .pair(pair, _) = mode { explanation = lines }
    }

    mutating func tell(_ message: String) { self.message = message }

    private mutating func arrange() {
        let (column, isAscending) = (sort, isAscending)
        rows.sort { left, right in
            let order = Self.isBefore(left, right, by: column)
            let reverse = Self.isBefore(right, left, by: column)
            guard order != reverse else { return left.pair < right.pair }
            return isAscending ? order : reverse
        }
        if let selected, rows.contains(where: { $0.pair == selected }) { return }
        selected = rows.first?.pair
    }

    private static func isBefore(_ left: Row, _ right: Row, by column: Column) -> Bool {
        switch column {
        case .pair: left.pair < right.pair
        case .age: left.age < right.age
        case .worker: (left.worker ?? -1) < (right.worker ?? -1)
        case .gates: left.open < right.open
        case .holds: left.holds.joined(separator: " ") < right.holds.joined(separator: " ")
        case .packets: left.packetsPerSecond < right.packetsPerSecond
        case .bits: left.bitsPerSecond < right.bitsPerSecond
        }
    }

    /// Where the bar is.
    var position: Int? { rows.firstIndex { $0.pair == selected } }

    // MARK: Keys

    mutating func press(_ key: TopKey) -> Effect? {
        if key == .interrupt { return .quit }
        switch mode {
        case .help:
            mode = .list
            return key == .character("q") ? .quit : nil
        case .question(let action, let pair):
            mode = .list
            guard key == .character("y") else {
                message = "nothing was done"
                return nil
            }
            message = "\(action.rawValue) \(pair) …"
            return .order(action, pair: pair)
        case .pair(let pair, let line): return pressed(key, in: pair, at: line)
        case .list: return pressed(key)
        }
    }

    private mutating func pressed(_ key: TopKey, in pair: String, at line: Int) -> Effect? {
        var line = line
        switch key {
        case .up: line -= 1
        case .down: line += 1
        case .pageUp: line -= page
        case .pageDown, .character(" "): line += page
        case .home: line = 0
        case .end: line = explanation.count
        case .escape, .left, .enter, .character("q"):
            mode = .list
            return nil
        case .character("h"): return ask(.hold, pair)
        case .character("r"): return ask(.release, pair)
        case .character("c"): return ask(.cut, pair)
        case .right, .interrupt, .character: return nil
        }
        mode = .pair(pair, from: min(max(line, 0), max(explanation.count - page, 0)))
        return nil
    }

    private mutating func pressed(_ key: TopKey) -> Effect? {
        message = ""
        switch key {
        case .up, .character("k"): move(by: -1)
        case .down, .character("j"): move(by: 1)
        case .pageUp: move(by: -page)
        case .pageDown, .character(" "): move(by: page)
        case .home: move(by: -rows.count)
        case .end: move(by: rows.count)
        case .left, .character("<"): chooseColumn(by: -1)
        case .right, .character(">"): chooseColumn(by: 1)
        case .character("i"):
            isAscending.toggle()
            arrange()
        case .character("?"): mode = .help
        case .character("q"): return .quit
        case .enter:
            guard let selected else { return nil }
            mode = .pair(selected, from: 0)
            explanation = []
            return .explain(selected)
        case .character("h"): return selected.flatMap { ask(.hold, $0) }
        case .character("r"): return selected.flatMap { ask(.release, $0) }
        case .character("c"): return selected.flatMap { ask(.cut, $0) }
        case .escape, .interrupt, .character: break
        }
        return nil
    }

    private mutating func ask(_ action: Action, _ pair: String) -> Effect? {
        mode = .question(action, pair: pair)
        return nil
    }

    private mutating func move(by count: Int) {
        guard let position else { return }
        selected = rows[min(max(position + count, 0), rows.count - 1)].pair
    }

    private mutating func chooseColumn(by count: Int) {
        let all = Column.allCases
        guard let index = all.firstIndex(of: sort) else { return }
        sort = all[(index + count + all.count) % all.count]
        arrange()
    }
}
