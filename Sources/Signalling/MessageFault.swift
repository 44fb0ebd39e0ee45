/// Why a client's text is not a message: what it is answered with.
package struct MessageFault: Error, Sendable, Equatable {
    /// ``ErrorCode/badJSON``, ``ErrorCode/badMessage`` or ``ErrorCode/unknownType``.
    package let code: ErrorCode
    /// A sentence for the client's author.
    package let message: String
    /// The message's `id`, where it could be read.
    package let id: MessageID?

    package init(code: ErrorCode, message: String, id: MessageID? = nil) {
        self.code = code
        self.message = message
        self.id = id
    }
}
