import RelayTypes
import Testing

@testable import LoadEngine

@Suite("A pair ledger") struct PairLedgerTests {
    private let ledger = PairLedger(capacity: 3, peers: 8, queueAllowance: 100)
    private let a = PeerNumber(0)
    private let b = PeerNumber(1)
    private let c = PeerNumber(2)
    /// Far enough apart that the clocks' tolerance decides nothing.
    private let second: UInt64 = 1_000_000_000

    private func mark(_ pair: UInt32, sent: UInt64, kind: MediaMark.Kind = .audio) -> MediaMark {
        MediaMark(run: 1, sender: a.value, pair: pair, counter: 0, kind: kind, sent: sent)
    }

    private func judge(
        _ mark: MediaMark, at time: UInt64, to receiver: PeerNumber? = nil, isExact: Bool = true
    ) -> Verdict {
        ledger.judge(mark, Arrival(receiver: (receiver ?? b).value, time: time, isExact: isExact))
    }

    @Test("knows its capacity") func capacity() {
        #expect(PairLedger(capacity: 3).capacity == 3)
        #expect((0..<4).map { _ in ledger.open(a, b) } == [1, 2, 3, 0])
        #expect(ledger.open(a, a) == 0)
        #expect(ledger.open(a, PeerNumber(8)) == 0)
    }

    @Test("is shut until it is released") func shutAtFirst() {
        let pair = ledger.open(a, b)
        #expect(judge(mark(pair, sent: 5 * second), at: 6 * second) == .leak(.held))
        ledger.release(pair, from: b, at: second)
        #expect(judge(mark(pair, sent: 5 * second), at: 6 * second) == .leak(.held), "the other direction")
    }

    @Test("lets through what was sent and came inside the window") func window() {
        let pair = ledger.open(a, b)
        ledger.release(pair, from: a, at: 2 * second)
        #expect(judge(mark(pair, sent: 2 * second), at: 3 * second) == .fine(pair: pair, window: 1))
        #expect(judge(mark(pair, sent: 2 * second - 100), at: 3 * second) == .early(pair: pair, window: 1))
        #expect(judge(mark(pair, sent: 2 * second - 101), at: 3 * second) == .doubtful)
        #expect(judge(mark(pair, sent: 2 * second - 1), at: second) == .leak(.held), "it came before")
        ledger.shut(pair, from: a, at: 4 * second)
        #expect(judge(mark(pair, sent: 3 * second), at: 4 * second) == .fine(pair: pair, window: 1))
        #expect(judge(mark(pair, sent: 4 * second + 1), at: 5 * second) == .leak(.held))
        #expect(
            judge(mark(pair, sent: 3 * second), at: 5 * second) == .leak(.held), "it left the server late")
        #expect(
            judge(mark(pair, sent: 3 * second), at: 5 * second, isExact: false)
                == .fine(pair: pair, window: 1))
        ledger.release(pair, from: a, at: 6 * second)
        #expect(judge(mark(pair, sent: 7 * second), at: 7 * second) == .fine(pair: pair, window: 2))
        #expect(judge(mark(pair, sent: 5 * second), at: 7 * second) == .doubtful, "sent in between")
        #expect(
            judge(mark(pair, sent: 3 * second), at: 3 * second) == .fine(pair: pair, window: 1),
            "of the window before")
    }

    @Test("judges a retransmission by both of its times") func retransmission() {
        let pair = ledger.open(a, b)
        ledger.release(pair, from: a, at: 2 * second)
        var again = mark(pair, sent: second)
        again.sentAgain = 3 * second
        #expect(judge(again, at: 3 * second) == .leak(.held), "what was said before the release")
        ledger.shut(pair, at: 4 * second)
        again = mark(pair, sent: 3 * second)
        again.sentAgain = 5 * second
        #expect(judge(again, at: 5 * second, isExact: false) == .leak(.afterCut))
    }

    @Test("tells sound from picture") func channels() {
        let pair = ledger.open(a, b)
        ledger.release(pair, from: a, channel: .audio, at: second)
        #expect(judge(mark(pair, sent: 2 * second), at: 2 * second) == .fine(pair: pair, window: 1))
        #expect(judge(mark(pair, sent: 2 * second, kind: .video), at: 2 * second) == .leak(.held))
    }

    @Test("names what comes after the end") func over() {
        let pair = ledger.open(a, b)
        ledger.release(pair, from: a, at: second)
        ledger.shut(pair, at: 2 * second)
        #expect(judge(mark(pair, sent: 3 * second), at: 3 * second) == .leak(.afterCut))
        let next = ledger.open(b, c)
        ledger.release(next, from: c, at: 2 * second)
        #expect(judge(mark(pair, sent: 3 * second), at: 3 * second) == .leak(.formerPartner))
        #expect(
            judge(mark(next, sent: 3 * second), at: 3 * second) == .leak(.formerPartner), "not of the pair")
        #expect(judge(mark(0, sent: 3 * second), at: 3 * second, to: PeerNumber(5)) == .leak(.formerPartner))
    }

    @Test("takes a packet made before its sender knew of the new pair by the new pair's window")
    func oldNumber() {
        let old = ledger.open(a, c)
        ledger.shut(old, at: second)
        let pair = ledger.open(a, b)
        ledger.release(pair, from: a, at: 2 * second)
        #expect(judge(mark(old, sent: 3 * second), at: 3 * second) == .fine(pair: pair, window: 1))
        #expect(judge(mark(0, sent: 3 * second), at: 3 * second) == .fine(pair: pair, window: 1))
        #expect(judge(mark(old, sent: second), at: 3 * second) == .doubtful)
    }

    @Test("refuses what crosses bands, whatever the window says") func bands() {
        let pair = ledger.open(a, b)
        ledger.release(pair, from: a, at: second)
        ledger.setBand(1, of: a)
        #expect(judge(mark(pair, sent: 2 * second), at: 2 * second) == .fine(pair: pair, window: 1))
        ledger.setBand(2, of: b)
        #expect(judge(mark(pair, sent: 2 * second), at: 2 * second) == .leak(.acrossBands))
    }

    @Test("finds what came between the server's word and the ledger's knowledge of it") func late() {
        let pair = ledger.open(a, b)
        ledger.release(pair, from: a, at: second)
        #expect(judge(mark(pair, sent: 2 * second), at: 3 * second) == .fine(pair: pair, window: 1))
        #expect(ledger.lastArrival(pair, from: a) == 3 * second)
        ledger.shut(pair, at: 2 * second)
        #expect(ledger.lateLeaks.counts == [.afterCut: 1])
    }
}
