internal import COpenSSL

/// What an association still has to do once its keys are exported, in some 500 bytes where OpenSSL holds 60 KiB.
///
/// A client whose Finished is not answered sends it again, and gets our last flight again, byte for byte: its own replay
/// protection drops what it has had (RFC 6347 §4.2.4). Its alerts are heard. Our close_notify was made beforehand.
internal final class DTLSEpilogue {
    /// What a datagram means.
    internal enum Meaning: Equatable {
        case nothing
        /// The client has not had our last flight.
        case repeatedFinished
        case closeNotify
        /// An authenticated alert that ends the association.
        case fatalAlert
    }

    /// How often our last flight is sent again: as often as OpenSSL would.
    private static let mostRepetitions = 12
    /// Records of one datagram that are decrypted: a client's last flight has one, and an alert comes alone.
    private static let mostAttempts = 2
    /// Bytes of what a client may say here: an alert has 2, Finished has 24.
    private static let mostPlain = 64

    private let key: ClientRecordKey
    /// Numbers up to this one have been seen, or are too late: an answer is given once to each record.
    private var newest: Int64 = -1
    private var flight: [UInt8]
    private var repetitions = 0
    /// Our close_notify: one record.
    internal let farewell: [UInt8]

    /// - Parameters:
    ///   - ssl: an `SSL *` whose handshake is done.
    ///   - flight: the datagram with our last flight, ChangeCipherSpec and Finished.
    ///   - farewell: a datagram with our close_notify, encrypted.
    /// - Returns: `nil` when there is no key, so that OpenSSL has to stay.
    internal init?(of ssl: OpaquePointer, flight: [UInt8], farewell: [UInt8]) {
        guard let key = ClientRecordKey(of: ssl) else { return nil }
        self.key = key
        self.flight = flight
        self.farewell = farewell
    }

    /// Our last flight, for a client that has asked for it; empty once it has asked too often.
    internal func takeFlight() -> [UInt8] {
        guard repetitions < Self.mostRepetitions else {
            flight = []
            return []
        }
        repetitions += 1
        return flight
    }

    /// Looks at the records of a datagram (RFC 6347 §4.1.1), up to the first that means something.
    internal func read(_ datagram: RawSpan) -> Meaning {
        datagram.withUnsafeBytes { bytes in
            var start = 0
            var attempts = 0
            while bytes.count - start >= ClientRecordKey.headerLength, attempts < Self.mostAttempts {
                let length = Int(bytes[start + 11]) << 8 | Int(bytes[start + 12])
                let end = start + ClientRecordKey.headerLength + length
                guard end <= bytes.count else { return .nothing }
                let record = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
                if let type = Self.type(of: record) {
                    attempts += 1
                    let meaning = read(record, type)
                    if meaning != .nothing { return meaning }
                }
                start = end
            }
            return .nothing
        }
    }

    private enum ContentType: UInt8 {
        case alert = 21
        case handshake = 22
    }

    /// The type of a record of DTLS 1.2 under the keys of the handshake; `nil` for what says nothing here.
    private static func type(of record: UnsafeRawBufferPointer) -> ContentType? {
        guard record[1] == 0xfe, record[2] == 0xfd, record[3] == 0, record[4] == 1 else { return nil }
        return ContentType(rawValue: record[0])
    }

    private func read(_ record: UnsafeRawBufferPointer, _ type: ContentType) -> Meaning {
        let length = record.count - key.overhead
        guard type == .alert ? length == 2 : (12...Self.mostPlain).contains(length) else { return .nothing }
        let number = record[5..<11].reduce(Int64(0)) { $0 << 8 | Int64($1) }
        guard number > newest else { return .nothing }
        return withUnsafeTemporaryAllocation(byteCount: Self.mostPlain, alignment: 8) { plain in
            guard key.open(record, into: plain) else { return .nothing }
            newest = number
            switch type {
            // Handshake type 20 (RFC 5246 §7.4).
            case .handshake: return plain[0] == 20 ? .repeatedFinished : .nothing
            // Description 0, level 2 (RFC 5246 §7.2).
            case .alert: return plain[1] == 0 ? .closeNotify : plain[0] == 2 ? .fatalAlert : .nothing
            }
        }
    }
}
