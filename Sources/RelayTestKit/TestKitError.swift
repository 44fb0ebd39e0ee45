/// Why a synthetic browser could not even begin.
///
/// What goes wrong later is in its record.
package enum TestKitError: Error, Sendable, Equatable {
    /// A system call failed.
    case system(String, errno: Int32)
    /// libnice refused; the text says at which step.
    case agent(String)
    /// The server's offer lacks something that a browser needs.
    case badOffer(String)
    /// A DTLS or SRTP call failed before anything was sent; the text is the library's.
    case security(String)
}

extension TestKitError {
    /// Runs calls of the DTLS and SRTP modules, and translates what they throw.
    static func securely<Result: ~Copyable>(_ body: () throws -> Result) throws(TestKitError) -> Result {
        do {
            return try body()
        } catch {
            throw .security("\(error)")
        }
    }
}
