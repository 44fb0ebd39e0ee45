import Dispatch
import Glibc
import Synchronization

/// Tells the service manager how the server is, as sd_notify(3) describes; where there is none, nobody.
///
/// Each message is one datagram of lines `NAME=VALUE` to `$NOTIFY_SOCKET`.
final class ServiceManager: Sendable {
    /// How often the service manager wants a sign of life, in microseconds; `nil`: it does not.
    let watchdog: UInt64?
    /// A path; `@` in front stands for an abstract socket (unix(7)).
    private let socketName: String?
    private let isReady = Mutex(false)

    /// - Parameters:
    ///   - environment: of the process, by name.
    ///   - process: its id.
    init(environment: (String) -> String?, process: Int32 = getpid()) {
        let name = environment("NOTIFY_SOCKET")
        socketName = name.flatMap { $0.hasPrefix("/") || $0.hasPrefix("@") ? $0 : nil }
        let isForThisProcess = environment("WATCHDOG_PID").map { $0 == "\(process)" } ?? true
        let interval = environment("WATCHDOG_USEC").flatMap { UInt64($0) } ?? 0
        watchdog = socketName != nil && isForThisProcess && interval > 0 ? interval : nil
    }

    /// Every listener is open; or a reload is over.
    func ready() {
        isReady.withLock { $0 = true }
        send("READY=1")
    }

    func reloading() {
        guard isReady.withLock({ $0 }) else { return }
        // CLOCK_MONOTONIC, as sd_notify(3) asks for.
        let microseconds = DispatchTime.now().uptimeNanoseconds / 1_000
        send("RELOADING=1\nMONOTONIC_USEC=\(microseconds)")
    }

    func stopping() { send("STOPPING=1") }

    /// - Parameter sentence: on one line.
    func status(_ sentence: String) { send("STATUS=\(sentence)") }

    func signOfLife() { send("WATCHDOG=1") }

    /// Errors are nobody's business: the server works without being watched.
    private func send(_ message: String) {
        guard let socketName else { return }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var bytes = Array(socketName.utf8)
        // The final zero of a path belongs to it, and an abstract name has none.
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return }
        if bytes[0] == 0x40 { bytes[0] = 0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let isAbstract = bytes[0] == 0
        let offset = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2
        let length = socklen_t(offset + bytes.count + (isAbstract ? 0 : 1))

        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let text = Array(message.utf8)
        _ = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(
                    descriptor, text, text.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT),
                    $0, length)
            }
        }
    }
}

/// A listening socket that the service manager hands over, as sd_listen_fds(3) describes.
enum SocketActivation {
    /// The first descriptor that is handed over.
    private static let first: Int32 = 3
    /// What the public listener's socket is called, where several are handed over.
    static let name = "http"

    /// - Returns: `nil` where none is handed over to this process.
    /// - Throws: where it is no listening TCP socket.
    static func socket(
        environment: (String) -> String?, process: Int32 = getpid()
    ) throws(StartFailure) -> Int32? {
        guard environment("LISTEN_PID") == "\(process)",
            let count = environment("LISTEN_FDS").flatMap({ Int32($0) }), count > 0, count < 1_024
        else { return nil }
        let names = environment("LISTEN_FDNAMES")?.split(separator: ":").map(String.init) ?? []
        let index = names.firstIndex(of: name) ?? 0
        guard index < Int(count) else { return nil }
        let descriptor = first + Int32(index)
        guard isListening(descriptor) else {
            throw StartFailure(
                "the socket that the service manager handed over (descriptor \(descriptor)) does not listen for TCP; "
                    + "give the socket unit ListenStream= and Accept=no")
        }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        return descriptor
    }

    private static func isListening(_ descriptor: Int32) -> Bool {
        option(SO_ACCEPTCONN, of: descriptor) == 1
            && option(SO_TYPE, of: descriptor) == Int32(SOCK_STREAM.rawValue)
            && [AF_INET, AF_INET6].contains(option(SO_DOMAIN, of: descriptor) ?? 0)
    }

    private static func option(_ option: Int32, of descriptor: Int32) -> Int32? {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, option, &value, &length) == 0 ? value : nil
    }
}
