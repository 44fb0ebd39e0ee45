/// What somebody at the keyboard wants.
enum TopKey: Equatable {
    case up, down, left, right, pageUp, pageDown, home, end
    case enter, escape, interrupt
    case character(Character)
}

/// Takes what a terminal sends apart into keys (ECMA-48 §5.4: CSI is ESC `[`; xterm sends ESC `O` too).
struct TopKeyReader {
    private var pending: [UInt8] = []

    /// The keys that these bytes complete.
    ///
    /// A lone ESC at the end of what has come at once is the key itself: terminals send their sequences in one piece.
    mutating func take(_ bytes: some Sequence<UInt8>) -> [TopKey] {
        pending += bytes
        var keys: [TopKey] = []
        while let first = pending.first {
            guard first == 0x1b else {
                pending.removeFirst()
                if let key = Self.plain(first) { keys.append(key) }
                continue
            }
            guard pending.count > 1 else {
                pending = []
                keys.append(.escape)
                break
            }
            guard pending[1] == UInt8(ascii: "[") || pending[1] == UInt8(ascii: "O") else {
                pending.removeFirst()
                keys.append(.escape)
                continue
            }
            guard let final = pending.dropFirst(2).firstIndex(where: { (0x40...0x7e).contains($0) }) else {
                // More is to come; what never ends is given up.
                if pending.count > 16 { pending = [] }
                break
            }
            let sequence = String(decoding: pending[2...final], as: UTF8.self)
            pending.removeFirst(final + 1)
            if let key = Self.named[sequence] { keys.append(key) }
        }
        return keys
    }

    private static let named: [String: TopKey] = [
        "A": .up, "B": .down, "C": .right, "D": .left, "H": .home, "F": .end, "1~": .home, "4~": .end,
        "7~": .home, "8~": .end, "5~": .pageUp, "6~": .pageDown,
    ]

    private static func plain(_ byte: UInt8) -> TopKey? {
        switch byte {
        case 0x03, 0x04, 0x1c: .interrupt
        case 0x0a, 0x0d: .enter
        case 0x20...0x7e: .character(Character(UnicodeScalar(byte)))
        default: nil
        }
    }
}
