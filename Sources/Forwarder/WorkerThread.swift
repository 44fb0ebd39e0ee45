internal import CLinuxNet
internal import Glibc
internal import Synchronization

/// A named POSIX thread that runs one worker.
///
/// Not a task: it sleeps in `ppoll`, which a cooperative pool must never do.
internal final class WorkerThread: Sendable {
    /// Hands a worker over to its thread: written before the thread starts, read by it alone.
    private final class Box: @unchecked Sendable {
        var worker: Worker?
        let name: String

        init(worker: consuming Worker, name: String) {
            self.worker = consume worker
            self.name = name
        }
    }

    private let thread: Mutex<pthread_t?>

    /// Starts at once.
    internal init(worker: consuming Worker, name: String) throws(MediaServerError) {
        let box = Unmanaged.passRetained(Box(worker: worker, name: name))
        var thread = pthread_t()
        let result = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let box = Unmanaged<Box>.fromOpaque(argument).takeRetainedValue()
                clinuxnet_begin_thread(box.name)  // Signals are for the threads of the control plane.
                box.worker?.run()
                box.worker = nil  // Closes its sockets before whoever joins goes on.
                return nil
            }, box.toOpaque())
        guard result == 0 else {
            box.release()
            throw .cannotStartThread(errno: result)
        }
        self.thread = Mutex(thread)
    }

    /// Waits for its end, once.
    ///
    /// - Parameter seconds: after so long it is left alone.
    /// - Returns: whether it has ended.
    internal func join(atMost seconds: Int) -> Bool {
        let thread = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        guard let thread else { return true }
        return clinuxnet_join(thread, Int64(seconds)) == 0
    }
}
