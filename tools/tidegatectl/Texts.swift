import ArgumentParser
import Foundation

/// What is asked of texts before they are sent.
enum Texts {
    static func check(ground: String, facts: String) throws {
        guard (1...500).contains(ground.count) else {
            throw ValidationError("--ground must have 1 to 500 characters")
        }
        guard (1...4_000).contains(facts.count) else {
            throw ValidationError("--facts must have 1 to 4000 characters")
        }
    }
}

/// One line on standard error that the operator must see, with `--quiet` too.
func warn(_ sentence: String) {
    FileHandle.standardError.write(Data((SafeText.line(sentence) + "\n").utf8))
}

/// One line on standard error beside what was printed; none with `--quiet`.
func note(_ sentence: String, _ server: ServerOptions) {
    if !server.quiet { warn(sentence) }
}

extension OrderReceiptAnswer {
    /// What else came of an order.
    func tellRest() {
        if let ban { print("banned: \(SafeText.line(ban))") }
        if let lifted { print("lifted: \(SafeText.line(lifted))") }
        if let overturns { print("overturns \(SafeText.line(overturns))") }
        if audited == false { warn("the audit log does not have it yet: the disk does not take it") }
    }
}
