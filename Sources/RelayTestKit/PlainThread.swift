internal import Glibc

/// One POSIX thread: for loops that own their thread and must not take one of Swift's pool.
package final class PlainThread: @unchecked Sendable {
    private final class Work {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    // Written once by `init`, read by `join`.
    private var handle = pthread_t()

    /// Starts `body` on a thread of its own; traps when the machine gives none.
    package init(_ body: @escaping @Sendable () -> Void) {
        let work = Unmanaged.passRetained(Work(body))  // The thread takes it over.
        let result = pthread_create(
            &handle, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body()
                return nil
            }, work.toOpaque())
        precondition(result == 0, "the machine gives no thread for a synthetic browser")
    }

    /// Waits until the body has returned.
    ///
    /// Call once, from another thread.
    package func join() { pthread_join(handle, nil) }
}
