internal import Glibc

/// The POSIX thread of one ``EngineLoop``.
///
/// Not a task: it sleeps in the kernel, which a cooperative pool must never do.
final class EngineThread: @unchecked Sendable {
    // Unchecked: the handle is written by `init` and read by `join`.

    /// Hands a loop over to its thread: written before the thread starts, read by it alone.
    private final class Box {
        var loop: EngineLoop?

        init(_ loop: consuming EngineLoop) { self.loop = consume loop }
    }

    private var handle = pthread_t()

    /// Starts at once.
    init(_ loop: consuming EngineLoop) throws(EngineError) {
        let box = Unmanaged.passRetained(Box(loop))
        let result = pthread_create(
            &handle, nil,
            { argument in
                guard let argument else { return nil }
                let box = Unmanaged<Box>.fromOpaque(argument).takeRetainedValue()
                if var loop = box.loop.take() { loop.run() }
                return nil
            }, box.toOpaque())
        guard result == 0 else {
            box.release()
            throw .system(what: "no thread for media", errno: result)
        }
    }

    /// Waits for its end, once.
    func join() { pthread_join(handle, nil) }
}
