import Signalling

/// A text frame of the signalling connection.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzClientMessage(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let text = String(decoding: UnsafeBufferPointer(start: data, count: count), as: UTF8.self)
    _ = ClientMessageReader.read(text)
    return 0
}
