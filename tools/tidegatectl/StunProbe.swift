import Dispatch
import Foundation
import RelayTypes
import STUNCodec

/// One authenticated binding request over UDP, repeated like a browser's (RFC 8489 §6.2.1).
enum StunProbe {
    enum Result: Sendable, Equatable {
        /// The address that the server saw.
        case mapped(String)
        /// An answer that the worker did not make.
        case wrong(String)
        /// No answer.
        case silent(String)
    }

    /// How long an answer is waited for after each request, in milliseconds.
    private static let patience: [Int32] = [300, 600, 1_200]

    static func ask(_ address: String, _ port: Int, username: String, password: String) async -> Result {
        await withCheckedContinuation { continuation in
            // It waits in poll(2), which a thread of Swift's pool must not.
            DispatchQueue.global()
                .async {
                    continuation.resume(returning: wait(address, port, username, password))
                }
        }
    }

    private static func wait(_ address: String, _ port: Int, _ username: String, _ password: String) -> Result
    {
        var hints = addrinfo()
        hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV
        hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(address, "\(port)", &hints, &found) == 0, let first = found else {
            return .silent("it is not a numeric address")
        }
        defer { freeaddrinfo(first) }
        let descriptor = socket(first.pointee.ai_family, Int32(SOCK_DGRAM.rawValue), 0)
        guard descriptor >= 0 else { return .silent(text(errno)) }
        defer { close(descriptor) }
        guard connect(descriptor, first.pointee.ai_addr, first.pointee.ai_addrlen) == 0 else {
            return .silent(text(errno))
        }
        var client = STUNClient(username: username, password: password)
        var buffer = [UInt8](repeating: 0, count: 1_500)
        var strange = 0
        for patience in patience {
            var span = buffer.mutableSpan
            var bytes = span.mutableBytes
            let length = client.request(into: &bytes)
            guard length > 0, send(descriptor, buffer, length, Int32(MSG_NOSIGNAL)) == length else {
                return .silent(text(errno))
            }
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            while poll(&waiting, 1, patience) > 0 {
                let count = recv(descriptor, &buffer, buffer.count, 0)
                // The kernel tells what ICMP has said.
                guard count >= 0 else { return .silent(text(errno)) }
                switch client.receive(buffer.span.extracting(0..<count).bytes) {
                case .mapped(let seen):
                    return .mapped(
                        seen.isIPv6 ? "[\(seen.address)]:\(seen.port)" : "\(seen.address):\(seen.port)")
                case .error(let code): return .wrong("it refuses with code \(code)")
                case .ignored: strange += 1
                }
                if strange > 16 { break }
            }
        }
        return strange > 0 ? .wrong("its answers are not signed") : .silent("nothing came back")
    }

    private static func text(_ code: Int32) -> String { String(cString: strerror(code)) }
}
