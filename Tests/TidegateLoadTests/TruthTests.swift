import LoadEngine
import RelayTypes
import Testing

@testable import tidegate_load

/// A ledger that only remembers what it was told.
private final class Notes: Windows {
    var opened: [[UInt32]] = []
    var released: [String] = []
    var shut: [UInt64] = []
    var room = 100

    func open(_ a: PeerNumber, _ b: PeerNumber) -> UInt32 {
        guard opened.count < room else { return 0 }
        opened.append([a.value, b.value])
        return UInt32(opened.count)
    }
    func release(_ pair: UInt32, from sender: PeerNumber, _ channel: Channel, at nanoseconds: UInt64) {
        released.append("\(pair) \(sender.value) \(channel.name) \(nanoseconds)")
    }
    func shut(_ pair: UInt32, at nanoseconds: UInt64) { shut.append(nanoseconds) }
}

@Suite("Who may hear whom follows from what left and what came in")
struct TruthTests {
    private let notes = Notes()

    private func truth(_ consent: Truth<Notes>.Consent = .all, people: Int = 4, avoidance: Int = 10) -> Truth<
        Notes
    > {
        var truth = Truth(ledger: notes, avoidance: avoidance)
        truth.consent = consent
        for person in 0..<people { truth.began(.init(person: person, number: 1)) }
        return truth
    }

    @Test("the window opens when the later of all four messages left, and not before all have")
    func opens() {
        var truth = truth()
        truth.proves(0, .ours, in: nil, at: 10)
        truth.proves(1, .ours, in: nil, at: 20)
        truth.entersPool(0, at: 30)
        truth.entersPool(1, at: 40)
        #expect(truth.matched(0, "p") == .alone)
        #expect(truth.number(of: "p") == 0, "nobody may accept before both are known")
        #expect(truth.matched(1, "p") == .both(number: 1, partner: 0))
        truth.accepts(1, "p", at: 50)
        #expect(notes.released.isEmpty)
        truth.accepts(0, "p", at: 60)
        #expect(notes.released.sorted() == ["1 0 audio 60", "1 0 video 60", "1 1 audio 60", "1 1 video 60"])
        #expect(!truth.mayBeHeard("p", .chat, sentAt: 59))
        #expect(truth.mayBeHeard("p", .chat, sentAt: 60))
        truth.accepts(0, "p", at: 70)
        #expect(notes.released.count == 4, "to accept twice changes nothing")
    }

    @Test("a proof that comes last opens it; a proof of another band never does")
    func late() {
        var truth = truth()
        truth.proves(0, .ours, in: nil, at: 1)
        _ = truth.matched(0, "p")
        _ = truth.matched(1, "p")
        truth.accepts(0, "p", at: 5)
        truth.accepts(1, "p", at: 6)
        truth.proves(1, .other, in: "p", at: 7)
        #expect(notes.released.isEmpty)
        truth.proves(1, .ours, in: "p", at: 8)
        #expect(notes.released.first?.hasSuffix(" 8") == true)
    }

    @Test("a proof that was refused opens nothing")
    func refused() {
        var truth = truth()
        for person in 0...1 {
            truth.proves(person, .ours, in: nil, at: 1)
            _ = truth.matched(person, "p")
        }
        truth.proofRefused(0)
        for person in 0...1 { truth.accepts(person, "p", at: 5) }
        #expect(notes.released.isEmpty && truth.openSince("p", .audio) == nil)
    }

    @Test("with consent for video only, sound may flow from the match on")
    func videoOnly() {
        var truth = truth(.video)
        for person in 0...1 {
            truth.proves(person, .ours, in: nil, at: UInt64(person) + 1)
            truth.entersPool(person, at: UInt64(person) + 10)
            _ = truth.matched(person, "p")
        }
        #expect(notes.released.sorted() == ["1 0 audio 11", "1 1 audio 11"])
        for person in 0...1 { truth.accepts(person, "p", at: 20 + UInt64(person)) }
        #expect(notes.released.filter { $0.contains("video") }.sorted() == ["1 0 video 21", "1 1 video 21"])
    }

    @Test("it shuts at the first word, and stays shut")
    func shuts() {
        var truth = truth()
        for person in 0...1 {
            truth.proves(person, .ours, in: nil, at: 1)
            _ = truth.matched(person, "p")
        }
        truth.accepts(0, "p", at: 5)
        truth.over("p", at: 9)
        truth.over("p", at: 12)
        truth.accepts(1, "p", at: 13)
        #expect(notes.shut == [9])
        #expect(notes.released.isEmpty, "nothing opens after the end")
        #expect(!truth.mayBeHeard("p", .chat, sentAt: 10))
    }

    @Test("after the first word of the end nothing may come")
    func end() {
        var truth = truth()
        truth.over("nobody's", at: 1)
        for person in 0...1 { _ = truth.matched(person, "p") }
        truth.over("p", at: 9)
        truth.over("p", at: 10)
        #expect(notes.shut == [9])
        truth.over("p", at: 5)
        #expect(notes.shut == [9, 5], "the earlier end counts")
    }

    @Test("what is said up to the end may be heard, what is said after it may not")
    func edges() {
        var truth = truth()
        for person in 0...1 {
            truth.proves(person, .ours, in: nil, at: 1)
            _ = truth.matched(person, "p")
        }
        for person in 0...1 { truth.accepts(person, "p", at: 5) }
        truth.over("p", at: 9)
        #expect(truth.mayBeHeard("p", .chat, sentAt: 9) && !truth.mayBeHeard("p", .chat, sentAt: 10))
    }

    @Test("a match that is told again, as after resume, is the same one")
    func again() {
        var truth = truth()
        _ = truth.matched(0, "p")
        #expect(truth.matched(0, "p") == .known)
        _ = truth.matched(1, "p")
        #expect(truth.matched(0, "p") == .known && truth.matched(1, "p") == .known)
        #expect(truth.matches == 1 && notes.opened == [[0, 1]])
    }

    @Test("partners who meet again too soon are counted, from either one's list", arguments: [0, 1, 2])
    func repeats(avoidance: Int) {
        var truth = truth(avoidance: avoidance)
        for (round, partner) in [1, 2, 3, 1].enumerated() {
            _ = truth.matched(0, "p\(round)")
            _ = truth.matched(partner, "p\(round)")
            truth.over("p\(round)", at: 1)
        }
        // For 0 there were two in between, for 1 none: one list is enough.
        #expect(truth.repeatedPartners == (avoidance == 0 ? 0 : 1))
    }

    @Test("somebody who came back as new may be met again")
    func newLife() {
        var truth = truth()
        for round in 0...1 {
            _ = truth.matched(0, "p\(round)")
            _ = truth.matched(1, "p\(round)")
            truth.over("p\(round)", at: 1)
            truth.began(.init(person: 1, number: round + 2))
        }
        #expect(truth.repeatedPartners == 0 && truth.matches == 2)
    }

    @Test("two of different bands who had proved them before they waited must not meet")
    func bands() {
        var truth = truth()
        truth.proves(0, .ours, in: nil, at: 1)
        truth.proves(1, .other, in: nil, at: 1)
        for person in 0...1 { truth.entersPool(person, at: 2) }
        for person in 0...1 { _ = truth.matched(person, "p") }
        #expect(truth.bandsMixed == 1)
        for person in 0...1 { truth.accepts(person, "p", at: 5) }
        #expect(notes.released.isEmpty)
    }

    @Test("without room in the ledger nothing opens")
    func room() {
        notes.room = 0
        var truth = truth()
        for person in 0...1 { truth.proves(person, .ours, in: nil, at: 1) }
        _ = truth.matched(0, "p")
        #expect(truth.matched(1, "p") == .both(number: 0, partner: 0))
        for person in 0...1 { truth.accepts(person, "p", at: 5) }
        #expect(notes.released.isEmpty)
    }
}
