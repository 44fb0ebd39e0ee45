import Foundation
import Policy
import RelayTypes
import Storage
import Testing

@testable import Switchboard

@Suite("Reports about one person are weighed together") struct AssessmentQueueTests {
    private func item(_ name: String, about peer: String) -> AssessmentQueue.Item {
        let record = ReportRecord(
            id: ReportID(name), receivedAt: Date(timeIntervalSince1970: 0), reporter: nil,
            reported: PeerID(peer), pair: nil, reporterSide: nil, pairStartedAt: nil, reason: "spam",
            live: false, offsetMilliseconds: 0)
        return AssessmentQueue.Item(record: record, origin: .peer) {}
    }

    private func names(_ items: [AssessmentQueue.Item]?) -> [String]? { items?.map(\.record.id.text) }

    @Test("what comes during a look waits for the next one, and all of it for that one alone") func together()
    {
        var queue = AssessmentQueue()
        let begins = [("1", "ben")].map { queue.add(item($0.0, about: $0.1)) }
        let first = names(queue.take(about: PeerID("ben")))
        let meanwhile = [("2", "ben"), ("3", "ben"), ("4", "cleo")].map { queue.add(item($0.0, about: $0.1)) }
        let second = names(queue.take(about: PeerID("ben")))
        let third = names(queue.take(about: PeerID("ben")))
        let later = queue.add(item("5", about: "ben"))
        #expect(begins == [true] && first == ["1"])
        #expect(meanwhile == [false, false, true], "others wait for nobody")
        #expect(second == ["2", "3"] && third == nil)
        #expect(later, "the look is over, so the next report begins another")
    }
}
