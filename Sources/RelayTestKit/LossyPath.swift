import ReferenceTools

/// Loses datagrams in a reproducible way.
package struct LossyPath: Sendable {
    /// How much to lose.
    package struct Settings: Sendable {
        /// Of what the browser sends, 0 to 100.
        package var outboundPercent: Double
        /// Of what the browser would receive, 0 to 100.
        package var inboundPercent: Double
        package var seed: UInt64

        package init(outboundPercent: Double = 0, inboundPercent: Double = 0, seed: UInt64) {
            self.outboundPercent = outboundPercent
            self.inboundPercent = inboundPercent
            self.seed = seed
        }
    }

    private let settings: Settings
    // Two generators, so that timing of one direction does not change the other.
    private var outbound: SplitMix64
    private var inbound: SplitMix64

    package init(_ settings: Settings) {
        self.settings = settings
        outbound = SplitMix64(seed: settings.seed)
        inbound = SplitMix64(seed: ~settings.seed)
    }

    /// Whether the next outbound datagram is lost.
    package mutating func losesOutbound() -> Bool {
        Double.random(in: 0..<100, using: &outbound) < settings.outboundPercent
    }

    /// Whether the next inbound datagram is lost.
    package mutating func losesInbound() -> Bool {
        Double.random(in: 0..<100, using: &inbound) < settings.inboundPercent
    }
}
