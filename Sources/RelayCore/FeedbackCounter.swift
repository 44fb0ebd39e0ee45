/// "fb pkt count" of the transport-wide feedback that one sender is given: one row, whoever tells.
///
/// The partner's own gaps stay gaps: they are messages that were lost on the way here.
///
/// Source: draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1.
package struct FeedbackCounter: Sendable, Equatable, BitwiseCopyable {
    private var next: UInt8 = 0
    /// Of the partner's last message, while it is the partner that tells.
    private var partners: UInt8?

    package init() {}

    /// The number of a message of the server's own.
    package mutating func takeOwn() -> UInt8 {
        partners = nil
        return takeNext()
    }

    /// The number of a message of the partner's.
    package mutating func takePartners(_ count: UInt8) -> UInt8 {
        if let partners {
            let step = count &- partners
            if step > 1, step < 0x80 { next &+= step &- 1 }
        }
        partners = count
        return takeNext()
    }

    /// The number of one more message, made of the same one of the partner's.
    package mutating func takeNext() -> UInt8 {
        defer { next &+= 1 }
        return next
    }

    /// The next one of the partner's is not compared with the last.
    package mutating func changePartner() { partners = nil }
}
