import DTLS

/// One association, in a class: `#expect` cannot look into a value that cannot be copied.
final class End {
    private var association: DTLSAssociation
    /// How far it has come, and the first error on the way.
    private(set) var progress = DTLSAssociation.Progress.needsDatagram
    var error: DTLSError?

    init(accepting context: borrowing DTLSContext) throws {
        association = try DTLSAssociation(accepting: context)
    }
    init(connecting context: borrowing DTLSContext) throws {
        association = try DTLSAssociation(connecting: context)
    }

    var isFinished: Bool { association.isFinished }
    var version: String { association.version }
    var cipher: String { association.cipher }
    var selectedProfile: UInt16? { association.selectedProfile }
    var retransmitDeadline: UInt64? { association.retransmitDeadline() }

    func receive(_ datagram: [UInt8]) {
        do throws(DTLSError) {
            progress = try association.receive(datagram.span.bytes)
        } catch {
            if self.error == nil { self.error = error }
        }
    }

    /// Everything that waits to be sent.
    func pending() -> [[UInt8]] {
        var found: [[UInt8]] = []
        while true {
            var buffer = [UInt8](repeating: 0xa5, count: DTLSAssociation.mostDatagramBytes)
            var span = buffer.mutableSpan
            var bytes = span.mutableBytes
            let length = association.nextDatagram(into: &bytes)
            guard length > 0 else { return found }
            found.append(Array(buffer[..<length]))
        }
    }

    func handleTimeout() throws(DTLSError) { try association.handleTimeout() }
    func close() { association.close() }
    func release() { association.release() }
    func digest(_ algorithm: DTLSDigest) -> [UInt8]? { association.peerCertificateDigest(algorithm) }

    func keys(_ length: Int) throws(DTLSError) -> [UInt8] {
        var keys = [UInt8](repeating: 0, count: length)
        var span = keys.mutableSpan
        var bytes = span.mutableBytes
        try association.exportKeys(into: &bytes)
        return keys
    }
}

/// A browser's end and the server's.
final class Ends {
    /// Made once: a key pair costs time, and nothing in these tests depends on which it is.
    static let serverCertificate = try? DTLSCertificate.generated()
    static let clientCertificate = try? DTLSCertificate.generated()

    let server: End
    let client: End

    init(
        clientProfiles: String = DTLSContext.defaultProfiles,
        serverProfiles: String = DTLSContext.defaultProfiles,
        serverCiphers: String = DTLSContext.defaultCiphers,
        clientCertificate: DTLSCertificate? = Ends.clientCertificate, timing: DTLSTiming = .standard
    ) throws {
        let accepting = try DTLSContext(
            role: .server, certificate: Self.serverCertificate, profiles: serverProfiles,
            ciphers: serverCiphers,
            timing: timing)
        let connecting = try DTLSContext(
            role: .client, certificate: clientCertificate, profiles: clientProfiles, timing: timing)
        server = try End(accepting: accepting)
        client = try End(connecting: connecting)
    }

    func toServer(_ datagrams: [[UInt8]]) { for datagram in datagrams { server.receive(datagram) } }
    func toClient(_ datagrams: [[UInt8]]) { for datagram in datagrams { client.receive(datagram) } }

    /// Carries datagrams to and fro until both are silent.
    func run() {
        for _ in 0..<20 {
            let forward = client.pending()
            toServer(forward)
            let back = server.pending()
            toClient(back)
            if forward.isEmpty, back.isEmpty { return }
        }
    }

    var areFinished: Bool { server.isFinished && client.isFinished }
    var haveFailed: Bool { server.error != nil || client.error != nil }
}
