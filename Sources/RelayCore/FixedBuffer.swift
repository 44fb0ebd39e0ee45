internal import CPrefetch

/// A fixed number of plain values, allocated once and used by address.
///
/// An array asks at every change whether it is shared, and keeps its count on a cache line of its own.
@safe
internal struct FixedBuffer<Element: BitwiseCopyable>: ~Copyable {
    /// 0 for a buffer that takes no memory.
    internal let count: Int
    private let elements: UnsafeMutablePointer<Element>?

    /// A buffer without room.
    internal init() {
        count = 0
        unsafe elements = nil
    }

    internal init(repeating element: Element, count: Int) {
        self.count = count
        let memory = UnsafeMutablePointer<Element>.allocate(capacity: count)
        unsafe memory.initialize(repeating: element, count: count)
        unsafe elements = memory
    }

    deinit { unsafe elements?.deallocate() }

    internal subscript(index: Int) -> Element {
        @inline(__always)
        unsafeAddress {
            guard index >= 0, index < count, let elements = unsafe elements else { Self.refuse() }
            return unsafe UnsafePointer(elements + index)
        }
        @inline(__always)
        unsafeMutableAddress {
            guard index >= 0, index < count, let elements = unsafe elements else { Self.refuse() }
            return unsafe elements + index
        }
    }

    /// Asks for an element to be in the cache when it is used.
    @inline(__always)
    internal borrowing func fetch(_ index: Int) {
        guard index >= 0, index < count, let elements = unsafe elements else { return }
        unsafe cprefetch(elements + index, MemoryLayout<Element>.size)
    }

    private static func refuse() -> Never { preconditionFailure("no such element") }
}
