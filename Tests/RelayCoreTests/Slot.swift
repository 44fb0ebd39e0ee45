/// Memory like a receive slot's: aligned, with room behind the datagram.
final class Slot {
    static let size = 1_600
    private let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 64)

    deinit { memory.deallocate() }

    /// Fills the slot, lends it, and reads `length` bytes of it.
    func run(_ bytes: [UInt8] = [], _ body: (inout MutableRawSpan) throws -> Int) rethrows -> [UInt8] {
        memory.copyBytes(from: bytes)
        var span = MutableRawSpan(_unsafeBytes: memory)
        let length = try body(&span)
        return Array(memory[..<max(length, 0)])
    }
}
