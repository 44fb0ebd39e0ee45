/// How many packet statuses the transport-wide feedback of one compound may have looked at.
///
/// Runs make a few bytes speak of thousands of packets: without a bound one datagram could keep a worker busy for
/// milliseconds. Receivers report every 50 ms to 250 ms, on some hundreds of packets.
internal struct TransportStatusBudget: BitwiseCopyable {
    /// What a block costs beside its statuses: the search of the ledger's numbers.
    private static let block = 1_024
    private var left = 10_240

    internal init() {}

    /// - Returns: whether a block with so many statuses may be looked at.
    internal mutating func take(_ statuses: Int) -> Bool {
        guard statuses &+ Self.block <= left else { return false }
        left &-= statuses &+ Self.block
        return true
    }
}
