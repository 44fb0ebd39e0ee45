import RelayTypes
import SDP

/// A browser's SDP answer: every refusal must have a description.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzSDPAnswer(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let text = String(decoding: UnsafeBufferPointer(start: data, count: count), as: UTF8.self)
    do throws(SDPError) {
        _ = try AnswerReader.read(text, format: MediaFormat())
    } catch {
        precondition(!error.description.isEmpty, "a refusal without a reason")
    }
    return 0
}
