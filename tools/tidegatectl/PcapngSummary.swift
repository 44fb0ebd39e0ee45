/// What a capture holds, counted as it comes (draft-ietf-opsawg-pcapng section 4).
struct PcapngSummary {
    /// The most that a server can be configured to give, with some room.
    private static let mostBytes = 1_200_000_000
    private static let longestBlock = 1_048_576
    private static let statistics: UInt32 = 5
    private static let packet: UInt32 = 6
    /// `isb_ifdrop`.
    private static let dropped: UInt16 = 5

    private(set) var packets = 0
    private(set) var bytes = 0
    /// Of each interface, as its last block says.
    private var losses: [UInt32: UInt64] = [:]
    private var rest: [UInt8] = []

    /// Packets that were to be captured and are not here.
    var lost: UInt64 { losses.values.reduce(0, &+) }

    /// - Throws: for what is no pcapng, or more than was asked for.
    mutating func read(_ piece: [UInt8]) throws(AdminFailure) {
        bytes += piece.count
        guard bytes <= Self.mostBytes else {
            throw .local("the server sends more than it may; the capture was ended")
        }
        rest += piece
        var start = 0
        while rest.count - start >= 12 {
            let length = Int(number(start + 4))
            guard length >= 12, length % 4 == 0, length <= Self.longestBlock else {
                throw .unreachable("what the server sends is not a capture")
            }
            guard rest.count - start >= length else { break }
            switch number(start) {
            case Self.packet: packets += 1
            case Self.statistics: note(start, length)
            default: break
            }
            start += length
        }
        rest.removeFirst(start)
    }

    private mutating func note(_ start: Int, _ length: Int) {
        guard length >= 24 else { return }
        var option = start + 20
        while option + 4 <= start + length - 4 {
            let (code, size) = (UInt16(truncatingIfNeeded: number(option)), Int(number(option) >> 16))
            guard code != 0, option + 4 + size <= start + length - 4 else { return }
            if code == Self.dropped, size == 8 {
                losses[number(start + 8)] = UInt64(number(option + 4)) | UInt64(number(option + 8)) << 32
            }
            option += 4 + (size + 3) & ~3
        }
    }

    /// Four bytes, little-endian; the caller has looked whether they are there.
    private func number(_ place: Int) -> UInt32 {
        rest[place..<(place + 4)].reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }
}
