internal import Crypto
internal import FoundationEssentials
internal import RelayTypes
package import Switchboard
internal import Synchronization

/// Who outside may bring reports, each by a key of their own.
package final class SourceKeys: Sendable {
    /// Wrong keys a minute that are told so; beyond that, 429.
    internal static let wrongPerMinute = 20

    /// What a presented key is.
    internal enum Verdict: Equatable {
        case source(ReportSource)
        /// `isFirst`: the first wrong one of this minute.
        case wrong(isFirst: Bool)
        case tooManyWrong
    }

    private struct Wrong {
        var minute: UInt64 = 0
        var count = 0
    }

    private let sources: Mutex<[(source: ReportSource, hash: [UInt8])]>
    private let wrong = Mutex(Wrong())

    /// - Parameter sources: with the SHA-256 of each key, 32 bytes.
    package init(_ sources: [(source: ReportSource, sha256: [UInt8])] = []) {
        self.sources = Mutex(sources.map { ($0.source, $0.sha256) })
    }

    /// Takes other keys from now on.
    package func adopt(_ sources: [(source: ReportSource, sha256: [UInt8])]) {
        self.sources.withLock { $0 = sources.map { ($0.source, $0.sha256) } }
    }

    /// SHA-256 (FIPS 180-4) of a key as it is presented.
    package static func hash(_ key: String) -> [UInt8] { Array(SHA256.hash(data: Data(key.utf8))) }

    /// The hash of the key in a file; spaces and line ends around it do not belong to it.
    package static func hash(ofFile path: String) throws(FrontError) -> [UInt8] {
        try BearerToken(file: path).sha256
    }

    /// Takes the same time for every key: hashes are compared whole, with every source's.
    internal func verdict(on key: String, at now: MonotonicInstant) -> Verdict {
        let presented = Self.hash(key)
        var found: ReportSource?
        for (source, hash) in sources.withLock({ $0 }) {
            var difference: UInt8 = hash.count == presented.count ? 0 : 1
            for (one, other) in zip(hash, presented) { difference |= one ^ other }
            if difference == 0 { found = source }
        }
        if let found { return .source(found) }
        let minute = now.nanoseconds / 60_000_000_000
        return wrong.withLock { wrong in
            if wrong.minute != minute { wrong = Wrong(minute: minute) }
            wrong.count += 1
            return wrong.count > Self.wrongPerMinute ? .tooManyWrong : .wrong(isFirst: wrong.count == 1)
        }
    }
}
