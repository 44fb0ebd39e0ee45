import Forwarder
import MediaControl
import RelayTypes
import Testing

@Suite("A mailbox is bounded, and never refuses to shut a gate")
struct MailboxTests {
    private let pair = PairSlot(worker: 0, index: 0, generation: 1)
    private let leg = LegSlot(worker: 0, index: 0, generation: 1)

    @Test("keeps the order of what it was given")
    func order() {
        let mailbox = Mailbox(capacity: 4)
        #expect(!mailbox.hasMail)
        for number in 1...3 as ClosedRange<UInt64> {
            #expect(mailbox.put(.inspect(pair), ticket: Ticket(number: number)))
        }
        #expect(mailbox.hasMail)
        #expect(mailbox.take().map(\.ticket.number) == [1, 2, 3])
        #expect(!mailbox.hasMail)
        #expect(mailbox.take().isEmpty)
    }

    @Test("full: opens nothing more, shuts all the same")
    func full() {
        let mailbox = Mailbox(capacity: 2)
        #expect(mailbox.put(.inspect(pair), ticket: .none))
        #expect(mailbox.put(.inspect(pair), ticket: .none))
        #expect(!mailbox.put(.inspect(pair), ticket: .none))
        #expect(mailbox.put(.part(pair), ticket: .none))
        #expect(mailbox.put(.setGates(pair, PairGates()), ticket: .none))
        #expect(mailbox.put(.closeLeg(leg), ticket: .none))
        #expect(mailbox.take().count == 5)
        #expect(mailbox.put(.inspect(pair), ticket: .none), "there is room again")
    }
}
