import RelayTypes
import Testing
import Wire

@testable import RelayCore

@Suite("Receiver reports of the server's own (RFC 3550 §6.4.1)")
struct HeldStreamTests {
    private let start = MonotonicInstant(nanoseconds: 9_000_000_000)

    @Test("loss is counted since the last report and in all, across wrap-around and reordering")
    func loss() throws {
        var stream = HeldStream()
        for number in [65_534, 65_535, 1, 0, 3] as [UInt16] {
            stream.hold(7, number, timestamp: 0, clock: 48, at: start)
        }
        let firstReport = stream.takeReport(at: start)
        let first = try #require(firstReport)
        #expect(first.source == 7)
        #expect(first.fractionLost == 256 / 6)
        #expect(first.cumulativeLost == 1)
        #expect(first.highestSequenceNumber == 0x1_0003)
        #expect(first.lastSenderReport == 0 && first.delaySinceLastSenderReport == 0)
        stream.hold(7, 4, timestamp: 0, clock: 48, at: start)
        stream.hold(7, 2, timestamp: 0, clock: 48, at: start)
        let secondReport = stream.takeReport(at: start)
        let second = try #require(secondReport)
        #expect(second.fractionLost == 0, "the late one makes up for it")
        #expect(second.cumulativeLost == 0)
    }

    @Test("jitter moves by a sixteenth of each difference (RFC 3550 Appendix A.8)")
    func jitter() throws {
        var stream = HeldStream()
        var now = start
        for number in 0..<400 as Range<UInt16> {
            now = now.advanced(byMilliseconds: number % 2 == 0 ? 18 : 22)
            stream.hold(7, number, timestamp: UInt32(number) * 960, clock: 48, at: now)
        }
        // Every difference is 2 ms: 96 ticks.
        let report = stream.takeReport(at: now)
        #expect((94...97).contains(try #require(report).jitter))
    }

    @Test("the last sender report and the time since are named; another SSRC forgets them")
    func senderReport() throws {
        var stream = HeldStream()
        stream.note(
            SenderInfo(source: 7, ntpTimestamp: 0x1234_5678_9abc_def0, rtpTimestamp: 0), at: start)
        let nothing = stream.takeReport(at: start)
        #expect(nothing == nil)
        stream.hold(7, 1, timestamp: 0, clock: 90, at: start)
        let taken = stream.takeReport(at: start.advanced(byMilliseconds: 1_500))
        let report = try #require(taken)
        #expect(report.lastSenderReport == 0x5678_9abc)
        #expect(report.delaySinceLastSenderReport == 98_304)
        stream.hold(8, 1, timestamp: 0, clock: 90, at: start)
        let other = stream.takeReport(at: start)
        #expect(try #require(other).lastSenderReport == 0)
        stream.release()
        let released = stream.takeReport(at: start)
        #expect(released == nil)
    }
}
