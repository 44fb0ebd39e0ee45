import LoadEngine
import Testing

@Suite("A pair ledger") struct PairLedgerTests {
    @Test("knows its capacity") func capacity() { #expect(PairLedger(capacity: 3).capacity == 3) }
}
