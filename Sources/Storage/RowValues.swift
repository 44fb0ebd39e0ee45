internal import FoundationEssentials
internal import GRDB
internal import RelayTypes

/// Values that many tables hold.
extension Row {
    /// A time in milliseconds since 1970 UTC.
    func date(_ column: String) -> Date? { (self[column] as Int64?).map(Date.init(milliseconds:)) }
}

extension BanMark {
    init?(_ row: Row) {
        guard let handle = (row["handle"] as String?).flatMap(BanHandle.init), let hash = row["hash"] as Data?
        else { return nil }
        self.init(handle: handle, hash: Array(hash))
    }
}

extension Side {
    init?(stored: Int64) {
        guard let byte = UInt8(exactly: stored) else { return nil }
        self.init(rawValue: byte)
    }
}

extension Date {
    /// Since 1970 UTC.
    var milliseconds: Int64 {
        Int64(exactly: (timeIntervalSince1970 * 1_000).rounded()) ?? 0
    }

    init(milliseconds: Int64) {
        self.init(timeIntervalSince1970: Double(milliseconds) / 1_000)
    }
}
