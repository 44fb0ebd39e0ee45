package import RelayTypes

/// What the server needs to know of a browser's answer.
///
/// Its candidates are ignored (PROTOCOL.md section 3).
package struct BrowserAnswer: Sendable, Equatable {
    package let credentials: ICECredentials
    /// Of the certificate that the browser must present.
    ///
    /// Where the answer names several, the longest digest.
    package let fingerprint: CertificateFingerprint
    /// Always `true`: an answer that rejects the audio section is refused.
    package let hasAudio: Bool
    /// Whether the video section was taken; `false` means audio only.
    package let hasVideo: Bool

    package init(
        credentials: ICECredentials, fingerprint: CertificateFingerprint, hasAudio: Bool, hasVideo: Bool
    ) {
        self.credentials = credentials
        self.fingerprint = fingerprint
        self.hasAudio = hasAudio
        self.hasVideo = hasVideo
    }
}
