package import RelayTypes

/// What carries a synthetic browser's datagrams: one ICE agent with one component.
///
/// Used by the browser's thread alone.
protocol ICEEngine: AnyObject {
    /// This side's, for the answer.
    var credentials: ICECredentials { get }
    /// Readable when ``receive(at:)`` may have something; -1 when the engine wakes the thread itself.
    var descriptor: Int32 { get }
    /// Whether application datagrams can be sent.
    var isWritable: Bool { get }
    /// Whether the agent has given up.
    var hasFailed: Bool { get }
    /// When ``clockAdvanced(to:)`` next wants to be called.
    var deadline: MonotonicInstant { get }
    /// What it has seen, for the record.
    var tally: ICETally { get }

    /// Begins connectivity checks towards the server.
    func start(at now: MonotonicInstant) throws(TestKitError)
    func clockAdvanced(to now: MonotonicInstant)
    /// - Returns: the next datagram that is not STUN, or `nil` when there is none.
    func receive(at now: MonotonicInstant) -> [UInt8]?
    func send(_ datagram: [UInt8])
    /// Goes on from another local address, as after a NAT rebinding. Engines without that do nothing.
    func changeAddress(at now: MonotonicInstant)
    /// Whether consent is renewed from now on. Engines without that do nothing.
    func setRenewsConsent(_ renews: Bool, at now: MonotonicInstant)
    func stop()
}

/// What connectivity checks came to.
package struct ICETally: Sendable, Equatable {
    /// Binding requests sent; 0 where the engine does not tell.
    package var requests = 0
    /// Authenticated success responses.
    package var successes = 0
    /// Authenticated error responses, by code.
    package var errors: [Int: Int] = [:]
    /// STUN that is no authenticated answer to a request of ours.
    package var ignored = 0
    /// What XOR-MAPPED-ADDRESS said last.
    package var mapped: Endpoint?
    /// Where the engine sends from.
    package var local: Endpoint?

    package init() {}
}
