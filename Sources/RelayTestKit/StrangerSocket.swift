package import RelayTypes

/// A UDP socket that nobody has vouched for.
package final class StrangerSocket: Sendable {
    private let socket: UDPClientSocket

    package init(to server: Endpoint) throws(TestKitError) { socket = try UDPClientSocket(to: server) }

    package func send(_ datagram: [UInt8]) { socket.send(datagram) }

    /// Whether anything has come back.
    package var hasAnswer: Bool { socket.receive() != nil }
}
