import Foundation
import ReferenceTools
import Testing

@testable import Switchboard

@Suite("A time in an answer") struct TimestampTests {
    @Test("is the millisecond that was kept, whatever its binary fraction") func milliseconds() throws {
        var generator = SplitMix64(seed: 7)
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        for _ in 0..<10_000 {
            let kept = Int64.random(in: 0...4_000_000_000_000, using: &generator)
            let text = Date(timeIntervalSince1970: Double(kept) / 1_000).formattedToTheMillisecond
            let read = try style.parse(text).timeIntervalSince1970 * 1_000
            #expect(Int64(read.rounded()) == kept, "\(text)")
        }
    }
}
