internal import ArgumentParser
internal import Foundation
internal import ReferenceTools

/// How long people stay with a partner, in seconds.
enum StayLength: Sendable, Equatable {
    case fixed(Double)
    case uniform(Double, Double)
    /// Many go soon, a few stay long: what is seen on such services.
    case exponential(median: Double)

    /// In nanoseconds, and never longer than an hour.
    func draw(using random: inout SplitMix64) -> UInt64 {
        let seconds =
            switch self {
            case .fixed(let seconds): seconds
            case .uniform(let low, let high): Double.random(in: low...high, using: &random)
            case .exponential(let median):
                // The median of an exponential distribution is its mean times ln 2.
                -median / M_LN2 * log(1 - Double.random(in: 0..<1, using: &random))
            }
        return UInt64(min(max(seconds, 0), 3_600) * 1e9)
    }

    var text: String {
        switch self {
        case .fixed(let seconds): "fixed:\(Figures.plain(seconds))"
        case .uniform(let low, let high): "uniform:\(Figures.plain(low))-\(Figures.plain(high))"
        case .exponential(let median): Figures.plain(median)
        }
    }
}

extension StayLength: ExpressibleByArgument {
    /// `5` for a median of 5 s, `fixed:5`, or `uniform:2-8`.
    init?(argument: String) {
        func seconds(_ text: some StringProtocol) -> Double? {
            Double(text).flatMap { $0.isFinite && $0 >= 0.1 && $0 <= 3_600 ? $0 : nil }
        }
        if let median = seconds(argument) {
            self = .exponential(median: median)
            return
        }
        let words = argument.split(separator: ":", omittingEmptySubsequences: false)
        guard words.count == 2 else { return nil }
        switch words[0] {
        case "fixed":
            guard let value = seconds(words[1]) else { return nil }
            self = .fixed(value)
        case "uniform":
            let ends = words[1].split(separator: "-").compactMap { seconds($0) }
            guard ends.count == 2, ends[0] <= ends[1] else { return nil }
            self = .uniform(ends[0], ends[1])
        default: return nil
        }
    }

    var defaultValueDescription: String { text }
}
