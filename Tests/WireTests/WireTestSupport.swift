/// Bytes from hexadecimal text; blanks and line ends are ignored.
func hex(_ text: String) -> [UInt8] {
    let digits = text.compactMap { $0.hexDigitValue.map(UInt8.init) }
    return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

/// Lends a buffer of `capacity` bytes, filled with 0xee, and gives back as many as `body` says.
func written(capacity: Int = 1_500, _ body: (inout MutableRawSpan) -> Int) -> [UInt8] {
    var buffer = [UInt8](repeating: 0xee, count: capacity)
    let length = buffer.withUnsafeMutableBytes { bytes in
        var span = MutableRawSpan(_unsafeBytes: bytes)
        return body(&span)
    }
    return Array(buffer.prefix(length))
}

/// Lets `body` change bytes in place.
func changed(_ original: [UInt8], _ body: (inout MutableRawSpan) -> Void) -> [UInt8] {
    var buffer = original
    buffer.withUnsafeMutableBytes { bytes in
        var span = MutableRawSpan(_unsafeBytes: bytes)
        body(&span)
    }
    return buffer
}
