import Foundation
import RelayTestKit
import Synchronization

/// Something behind a Unix socket that is no Tidegate server: it hears a request and says what it was told to say.
final class FakeServer: Sendable {
    private let listener: Int32
    private let thread: PlainThread

    /// - Parameter answer: the bytes that every connection gets, before it is closed.
    convenience init(at path: String, saying answer: String) throws {
        try self.init(at: path) { _ in answer }
    }

    /// One that has a body of JSON for some paths.
    convenience init(at path: String, answers: [String: String]) throws {
        try self.init(at: path) { request in
            let target = request.split(separator: " ").dropFirst().first.map(String.init) ?? ""
            return Self.response(
                answers[target] == nil ? 404 : 200, "application/json", answers[target] ?? "{}")
        }
    }

    /// - Parameter answer: what is said to a request.
    private init(at path: String, _ answer: @escaping @Sendable (String) -> String) throws {
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { place in
            for (index, byte) in path.utf8.prefix(place.count - 1).enumerated() { place[index] = byte }
        }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let isBound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(listener, $0, size) == 0 }
        }
        guard isBound, listen(listener, 8) == 0 else { throw POSIXError(.EADDRNOTAVAIL) }
        self.listener = listener
        thread = PlainThread {
            while case let connection = accept(listener, nil, nil), connection >= 0 {
                var request = [UInt8](repeating: 0, count: 16_384)
                let count = max(read(connection, &request, request.count), 0)
                let bytes = Array(answer(String(decoding: request[..<count], as: UTF8.self)).utf8)
                _ = send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL))
                close(connection)
            }
        }
    }

    /// One that speaks HTTP/1.1.
    convenience init(at path: String, status: Int, type: String = "application/json", body: String) throws {
        try self.init(at: path, saying: Self.response(status, type, body))
    }

    private static func response(_ status: Int, _ type: String, _ body: String) -> String {
        "HTTP/1.1 \(status) Status\r\nContent-Type: \(type)\r\n"
            + "Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        thread.join()
        close(listener)
    }
}
