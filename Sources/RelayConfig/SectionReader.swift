/// What reading one file has found so far.
final class ConfigReading {
    var problems: [ConfigProblem] = []
    /// Every key that some section asked for, with its section; entries of lists of tables without an index.
    var known: Set<String> = []
    /// Keys in the file that nothing asked for.
    var unknown: [(key: String, path: String, value: ConfigValue)] = []
    /// What holds for each key, defaults included; entries of lists of tables with their index, from 1.
    var values: [String: ConfigValue] = [:]
    /// SHA-256 of the files that keys name.
    var contents: [String: String] = [:]
}

/// Reads one table of the file, key by key, and remembers which keys there are.
///
/// A value of the wrong type or outside its range is a problem, and leaves the default in place.
struct SectionReader {
    private let reading: ConfigReading
    /// The section as it is shown to the operator, such as `attestation.issuers[2]` and a dot, or empty.
    private let shown: String
    /// The same without indices.
    private let path: String
    private let table: [String: ConfigValue]

    init(_ reading: ConfigReading, table: [String: ConfigValue], shown: String = "", path: String = "") {
        self.reading = reading
        self.table = table
        self.shown = shown
        self.path = path
    }

    // MARK: Single values

    func flag(_ key: String, _ target: inout Bool) {
        defer { note(key, .flag(target)) }
        guard let value = take(key) else { return }
        guard case .flag(let flag) = value else {
            return report(key, value, "true or false", try: "\(target)")
        }
        target = flag
    }

    func integer(_ key: String, _ target: inout Int, in range: ClosedRange<Int>, _ unit: String) {
        defer { note(key, .integer(target)) }
        guard let value = take(key) else { return }
        guard case .integer(let integer) = value, range.contains(integer) else {
            return report(
                key, value, "between \(range.lowerBound) and \(range.upperBound) \(unit)", try: "\(target)")
        }
        target = integer
    }

    /// A length of time in seconds.
    ///
    /// - Parameter fractions: whether it need not be whole; milliseconds are kept.
    func seconds(
        _ key: String, _ target: inout Duration, in range: ClosedRange<Double>, fractions: Bool = false
    ) {
        defer {
            let seconds = target.inSeconds
            note(key, seconds == seconds.rounded() ? .integer(Int(seconds)) : .number(seconds))
        }
        guard let value = take(key) else { return }
        let seconds: Double? =
            switch value {
            case .integer(let integer): Double(integer)
            case .number(let number): number
            default: nil
            }
        guard let seconds, range.contains(seconds), fractions || seconds == seconds.rounded() else {
            let edges = "\(Self.plain(range.lowerBound)) and \(Self.plain(range.upperBound))"
            return report(
                key, value, "between \(edges) \(fractions ? "" : "whole ")seconds",
                try: Self.plain(target.inSeconds))
        }
        target = .milliseconds(Int64((seconds * 1_000).rounded()))
    }

    func text(
        _ key: String, _ target: inout String, mustBe: String, try hint: String,
        where isGood: (String) -> Bool = { _ in true }
    ) {
        defer { note(key, .text(target)) }
        guard let value = take(key) else { return }
        guard case .text(let text) = value, isGood(text) else { return report(key, value, mustBe, try: hint) }
        target = text
    }

    /// A text that is one of the names of an enumeration.
    func choice<Choice: RawRepresentable & CaseIterable>(_ key: String, _ target: inout Choice)
    where Choice.RawValue == String {
        defer { note(key, .text(target.rawValue)) }
        guard let value = take(key) else { return }
        guard case .text(let text) = value, let choice = Choice(rawValue: text) else {
            let names = Choice.allCases.map(\.rawValue)
            let nearest = nearestKey(to: value.description, among: names) ?? target.rawValue
            return report(key, value, "one of \(names.joined(separator: ", "))", try: nearest)
        }
        target = choice
    }

    /// A list of texts, or one text alone.
    func texts(
        _ key: String, _ target: inout [String], mustBe: String, try hint: String,
        where isGood: (String) -> Bool = { _ in true }
    ) {
        defer { note(key, target.configValue) }
        guard let value = take(key) else { return }
        guard let texts = Self.texts(in: value), texts.allSatisfy(isGood) else {
            return report(key, value, mustBe, try: hint)
        }
        target = texts
    }

    private static func texts(in value: ConfigValue) -> [String]? {
        switch value {
        case .text(let text): return [text]
        case .list(let values):
            var texts: [String] = []
            for value in values {
                guard case .text(let text) = value else { return nil }
                texts.append(text)
            }
            return texts
        default: return nil
        }
    }

    /// A value whose form is checked by `parse`, `nil` being wrong.
    func parsed<Value: ConfigShowable>(
        _ key: String, _ target: inout Value, mustBe: String, try hint: String,
        _ parse: (ConfigValue) -> Value?
    ) {
        defer { note(key, target.configValue) }
        guard let value = take(key) else { return }
        guard let result = parse(value) else { return report(key, value, mustBe, try: hint) }
        target = result
    }

    // MARK: Tables

    /// Reads a table inside this one; where the file has none, every key keeps its default.
    func section(_ key: String, _ read: (SectionReader) -> Void) {
        let value = take(key)
        var inner: [String: ConfigValue] = [:]
        switch value {
        case .table(let table): inner = table
        case .some(let other): report(key, other, "a section", try: "a line [\(path)\(key)] of its own")
        case nil: break
        }
        let reader = SectionReader(
            reading, table: inner, shown: "\(shown)\(key).", path: "\(path)\(key).")
        read(reader)
        reader.collectUnknown()
    }

    /// Whether the file has this key; does not count as reading it.
    func has(_ key: String) -> Bool { table[key] != nil }

    /// Reads a list of tables, `[[section.key]]`.
    ///
    /// - Returns: `nil` where the file has none.
    func sections<Element>(_ key: String, _ read: (SectionReader) -> Element) -> [Element]? {
        guard let value = take(key) else {
            // Once with nothing in it, so that its keys are known; what it finds missing does not count.
            SectionReader(reading, table: [:], shown: "\(shown)\(key).", path: "\(path)\(key).")
                .rehearse { _ = read($0) }
            return nil
        }
        guard case .list(let values) = value else {
            report(key, value, "a list of sections", try: "a line [[\(path)\(key)]] for each")
            return nil
        }
        var elements: [Element] = []
        for (index, value) in values.enumerated() {
            guard case .table(let inner) = value else {
                report("\(key)[\(index + 1)]", value, "a section", try: "a line [[\(path)\(key)]]")
                continue
            }
            let reader = SectionReader(
                reading, table: inner, shown: "\(shown)\(key)[\(index + 1)].", path: "\(path)\(key).")
            elements.append(read(reader))
            reader.collectUnknown()
        }
        return elements
    }

    /// Reads without complaint, for keys that mean nothing in this file; they count as known.
    ///
    /// - Parameter keepsValues: whether what they hold is noted all the same.
    func rehearse(keepsValues: Bool = false, _ read: (SectionReader) -> Void) {
        let rehearsal = ConfigReading()
        read(SectionReader(rehearsal, table: table, shown: shown, path: path))
        reading.known.formUnion(rehearsal.known)
        if keepsValues { reading.values.merge(rehearsal.values) { $1 } }
    }

    // MARK: What holds

    /// Notes what holds for a key.
    func note(_ key: String, _ value: ConfigValue) { reading.values[shown + key] = value }

    /// Notes what is in the file that a key names, so that a later reading can tell whether that has changed.
    func note(_ key: String, contents: [UInt8]) { reading.contents[shown + key] = sha256(contents) }

    /// Keys with this beginning, for the few whose names are not fixed (`age_over_NN`); they count as read.
    func keys(beginningWith prefix: String) -> [String] {
        reading.known.insert(path + prefix + "NN")
        let found = table.keys.filter { $0.hasPrefix(prefix) }.sorted()
        reading.known.formUnion(found.map { path + $0 })
        return found
    }

    // MARK: Problems

    /// Reports a value that is wrong for a reason that only the section knows.
    func require(
        _ holds: Bool, _ key: String, _ value: some Sendable, _ mustBe: String, try hint: String
    ) {
        if holds { return }
        reading.problems.append(
            ConfigProblem(key: shown + key, value: "\(value)", mustBe: mustBe, hint: hint))
    }

    private func report(_ key: String, _ value: ConfigValue, _ mustBe: String, try hint: String) {
        reading.problems.append(
            ConfigProblem(key: shown + key, value: value.description, mustBe: mustBe, hint: hint))
    }

    private func take(_ key: String) -> ConfigValue? {
        reading.known.insert(path + key)
        return table[key]
    }

    /// Notes what is in the table and was not asked for.
    ///
    /// Called when the section has read all its keys.
    func collectUnknown() {
        for (key, value) in table.sorted(by: { $0.key < $1.key }) where !reading.known.contains(path + key) {
            reading.unknown.append((key: shown + key, path: path + key, value: value))
        }
    }

    /// A number as one would write it: without a fraction where there is none.
    private static func plain(_ number: Double) -> String {
        number == number.rounded() ? String(Int(number)) : String(number)
    }
}

extension Duration {
    /// The same length as a number of seconds.
    package var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }

    /// The same length in milliseconds; 0 where it is negative.
    package var inMilliseconds: UInt64 { UInt64(max(0, (inSeconds * 1_000).rounded())) }

    /// The same length in seconds; 0 where it is negative.
    package var inWholeSeconds: UInt64 { UInt64(max(0, inSeconds.rounded())) }
}
