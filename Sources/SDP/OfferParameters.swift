package import RelayTypes

/// All that differs between the offers of one deployment.
package struct OfferParameters: Sendable, Equatable {
    /// The server's own, for this leg.
    package var credentials: ICECredentials
    /// Of the server's certificate.
    package var fingerprint: CertificateFingerprint
    /// Where the leg's worker listens, as browsers reach it.
    package var candidates: [Endpoint]
    /// The SSRCs that the server will use towards this browser.
    package var sources: OutboundSources
    /// CNAME of the server's own sources (RFC 3550 §6.5.1): random, and of no other use.
    package var canonicalName: String
    /// Payload types and header-extension ids.
    package var format: MediaFormat
    /// `sess-id` of RFC 8866 §5.2.
    ///
    /// Written modulo 2^63, as RFC 9429 §5.2.1 asks.
    package var sessionID: UInt64
    /// `sess-version`: grows by one with every further offer to the same peer.
    package var sessionVersion: UInt64

    package init(
        credentials: ICECredentials, fingerprint: CertificateFingerprint, candidates: [Endpoint],
        sources: OutboundSources, canonicalName: String, format: MediaFormat, sessionID: UInt64,
        sessionVersion: UInt64
    ) {
        self.credentials = credentials
        self.fingerprint = fingerprint
        self.candidates = candidates
        self.sources = sources
        self.canonicalName = canonicalName
        self.format = format
        self.sessionID = sessionID
        self.sessionVersion = sessionVersion
    }
}
