package import Signalling

/// What the public listener needs to know.
package struct FrontConfiguration: Sendable {
    /// Name or numeric address.
    package var host = "127.0.0.1"
    /// 0: one that is free.
    package var port = 8_080
    /// Lets another process of this user listen at the same place (SO_REUSEPORT), to hand over to it.
    package var sharesPort = false
    /// A listening socket that the service manager has opened, in place of ``host`` and ``port``.
    package var socket: Int32?
    /// PEM files.
    ///
    /// Both empty: plain HTTP.
    package var certificate = ""
    package var key = ""
    /// Origins other than the server's own that may open a WebSocket, as a browser writes them.
    package var origins: [String] = []
    package var limits = FrontLimits()
    package var signalling = SignallingLimits()
    /// Only in development: makes an age attestation for a nonce and a band; `nil` for an unknown band.
    package var developmentAttestation: DevelopmentAttestation?

    package typealias DevelopmentAttestation =
        @Sendable (_ nonce: String, _ band: String) async throws -> String?

    package init() {}
}

/// What one client, and all of them together, may take.
package struct FrontLimits: Sendable, Equatable {
    /// Most connections at a time, HTTP and WebSocket together.
    package var connections = 10_000
    /// Most of them from one IPv4 address or one IPv6 /64.
    ///
    /// Loopback is not counted: it is a proxy or a test.
    package var connectionsPerPrefix = 64
    /// Bytes of one WebSocket message.
    package var messageBytes = 32 * 1_024
    /// Messages that wait for a client which does not read.
    package var outgoingMessages = 256
    /// Bytes of all header fields of one request.
    package var headBytes = 16 * 1_024
    /// Seconds in which a request's head must be complete, and for which an idle connection is kept.
    package var headSeconds = 10
    package var idleSeconds = 60
    /// Seconds for the other side's part of a closing handshake.
    package var closeSeconds = 3

    package init() {}
}
