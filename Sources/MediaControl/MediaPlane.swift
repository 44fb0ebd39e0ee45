package import RelayTypes

/// The stairs: everything that the control plane may ask of the data plane.
///
/// No call waits.
package protocol MediaPlane: Sendable {
    /// How many workers there are; slots name them by 0 to `workerCount - 1`.
    var workerCount: Int { get }
    /// Most legs, and most pairs, that one worker holds.
    var legsPerWorker: Int { get }
    /// Where a worker listens, as candidates announce it.
    func candidates(ofWorker worker: UInt16) -> [Endpoint]
    /// The fingerprint of the server's certificate, for the offer.
    var fingerprint: CertificateFingerprint { get }
    /// The clock that workers use.
    var now: MonotonicInstant { get }

    /// Fresh credentials whose username fragment names the slot.
    func credentials(for slot: LegSlot, using generator: inout some RandomNumberGenerator) -> ICECredentials

    /// Queues an order. Orders of one worker are carried out in the order of these calls, before the worker's
    /// next batch of packets.
    ///
    /// - Returns: `false` when the worker's queue is full. Never for orders about pairs and for
    ///   ``MediaOrder/closeLeg(_:)``, whose number is bounded by what exists.
    @discardableResult
    func submit(_ order: MediaOrder, ticket: Ticket) -> Bool

    /// Everything that workers tell. Read by one task.
    var events: AsyncStream<MediaEvent> { get }

    /// How often a worker has gone round its loop.
    ///
    /// The call wakes one that sleeps, so that a worker that runs has always made another turn a moment later.
    func turns(ofWorker worker: UInt16) -> UInt64

    /// What all workers have counted so far.
    func counters() -> MediaCounters

    /// How one worker fares.
    func load(ofWorker worker: UInt16) -> WorkerCounters
}
