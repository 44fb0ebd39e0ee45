internal import NIOSSL
internal import Synchronization

/// A configuration of the public listener whose certificate has been read and fits its key.
package struct FrontSettings: Sendable {
    internal let configuration: FrontConfiguration
    internal let upgrade: WebSocketUpgrade
    /// `nil`: plain HTTP.
    internal let tls: NIOSSLContext?
    /// When the certificate ends, in Unix time; `nil`: there is none.
    internal let certificateExpiry: Double?

    /// - Throws: when the certificate or the key cannot be used.
    package init(_ configuration: FrontConfiguration) throws(FrontError) {
        self.configuration = configuration
        upgrade = WebSocketUpgrade(origins: configuration.origins)
        tls = try TLSFiles.context(certificate: configuration.certificate, key: configuration.key)
        certificateExpiry =
            try TLSFiles.configuration(
                certificate: configuration.certificate, key: configuration.key
            )
            .flatMap(TLSFiles.expiry)
    }
}

/// The settings that hold for new connections; those that are open keep theirs.
internal final class LiveSettings: Sendable {
    private let held: Mutex<FrontSettings>

    internal init(_ settings: FrontSettings) { held = Mutex(settings) }

    internal var now: FrontSettings { held.withLock { $0 } }

    internal func adopt(_ settings: FrontSettings) { held.withLock { $0 = settings } }
}
