internal import LoadEngine
internal import RelayTypes

/// The engine's ledger, as ``Truth`` writes it.
struct LedgerWindows: Windows {
    let ledger: PairLedger

    func open(_ a: PeerNumber, _ b: PeerNumber) -> UInt32 { ledger.open(a, b) }

    func release(_ pair: UInt32, from sender: PeerNumber, _ channel: Channel, at nanoseconds: UInt64) {
        ledger.release(pair, from: sender, channel: channel, at: nanoseconds)
    }

    func shut(_ pair: UInt32, at nanoseconds: UInt64) { ledger.shut(pair, at: nanoseconds) }
}
