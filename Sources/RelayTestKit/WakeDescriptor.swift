internal import Glibc

/// Wakes a thread that sleeps in `ppoll(2)`: a pipe to itself.
struct WakeDescriptor: ~Copyable {
    /// Readable once somebody has called ``wake()``.
    let descriptor: Int32
    private let writing: Int32

    init() throws(TestKitError) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw .system("pipe", errno: errno) }
        for end in ends {
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
        (descriptor, writing) = (ends[0], ends[1])
    }

    deinit {
        close(descriptor)
        close(writing)
    }

    /// A full pipe wakes as well as one byte does.
    borrowing func wake() {
        var byte: UInt8 = 1
        _ = write(writing, &byte, 1)
    }

    /// Makes the descriptor unreadable again.
    borrowing func clear() {
        var bytes = [UInt8](repeating: 0, count: 256)
        while read(descriptor, &bytes, bytes.count) == bytes.count {}
    }
}
