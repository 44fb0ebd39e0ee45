internal import Foundation

/// How much a test does of what is drawn at random.
///
/// Few enough rounds for every day; `TIDEGATE_ROUNDS` times as many where somebody has changed what is tested.
package enum Rounds {
    private static let factor =
        ProcessInfo.processInfo.environment["TIDEGATE_ROUNDS"].flatMap(Int.init).map { max($0, 1) } ?? 1

    package static func of(_ usual: Int) -> Int { usual * factor }
}
