package import RelayTypes

/// Looking ahead: what a datagram will need is asked for while others are worked on.
///
/// With hundreds of legs nothing of a leg is in the cache any more when its next packet comes, and to wait for each
/// line in turn takes longer than the ciphers do. Four steps, one after another with the work of other datagrams in
/// between, because each reads what the one before has asked for. None of them changes anything, and none believes
/// anything: what is asked for in vain is merely not used.
extension RelayCore {
    /// Steps between the first sight of a datagram and its turn.
    package static let stepsAhead = 4
    /// What ``fetchLeg(at:)`` gives for an address of nobody.
    private static let nobody = -1

    /// The first step: where its address is in the table.
    @inline(__always)
    package func fetchPath(_ source: Endpoint) { endpoints.fetch(source) }

    /// The second step: its leg.
    ///
    /// - Returns: what the next steps want to know.
    @inline(__always)
    package func fetchLeg(at source: Endpoint) -> Int {
        guard let index = endpoints.leg(at: source) else { return Self.nobody }
        legs.fetch(index, bytes: Leg.warmBytes)
        return index
    }

    /// The third step: the pair, the partner's leg, and what the browser's own keys are worked with.
    ///
    /// - Parameter ssrc: what the datagram says, believed or not.
    @inline(__always)
    package mutating func fetchPair(of index: Int, ssrc: UInt32) {
        guard legs.isTaken(index) else { return }
        legs[index].cipher?.fetchInbound(ssrc)
        guard let pair = legs[index].pair else { return }
        pairs.fetch(pair, bytes: Pair.warmBytes)
        legs.fetch(legs[index].partner, bytes: Leg.warmBytes)
    }

    /// The fourth step: what the partner's keys are worked with, and the ledger.
    @inline(__always)
    package mutating func fetchPartner(of index: Int, ssrc: UInt32) {
        guard legs.isTaken(index), legs[index].pair != nil else { return }
        legs[index].ledger.fetch()
        let partner = legs[index].partner
        guard legs.isTaken(partner) else { return }
        let sent = legs[partner].outbound.ssrc(for: legs[index].inbound.role(of: ssrc))
        legs[partner].cipher?.fetchOutbound(sent)
    }
}
