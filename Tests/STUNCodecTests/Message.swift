import ReferenceTools
import RelayTypes
import STUNCodec

extension Collection where Element == UInt8 {
    var hex: String { map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
}

extension Array where Element == UInt8 {
    /// From hexadecimal digits; spaces and line breaks are skipped.
    init(hex text: String) {
        let digits = text.compactMap(\.hexDigitValue)
        self = stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    static func bigEndian(_ number: some FixedWidthInteger) -> [UInt8] {
        stride(from: number.bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: number >> $0) }
    }
}

/// Builds and takes apart STUN messages without libnice (RFC 8489 §5, §14).
struct Message {
    static let cookie = [UInt8](hex: "2112a442")
    var type: UInt16 = 0x0001
    var transaction = [UInt8](hex: "b7e7a701bc34d686fa87dfae")
    var attributes: [UInt8] = []

    mutating func append(_ type: UInt16, _ value: [UInt8]) {
        attributes += .bigEndian(type) + .bigEndian(UInt16(value.count)) + value
        attributes += [UInt8](repeating: 0, count: (4 - value.count % 4) % 4)
    }

    private func bytes(announcing extra: Int) -> [UInt8] {
        .bigEndian(type) + .bigEndian(UInt16(attributes.count + extra)) + Self.cookie + transaction
            + attributes
    }

    var bytes: [UInt8] { bytes(announcing: 0) }

    /// MESSAGE-INTEGRITY (RFC 8489 §14.5).
    mutating func sign(_ password: String) {
        append(0x0008, ReferenceSHA1.hmac(key: Array(password.utf8), bytes(announcing: 24)))
    }

    /// FINGERPRINT (RFC 8489 §14.7).
    mutating func seal() { append(0x8028, .bigEndian(Self.crc32(bytes(announcing: 8)) ^ 0x5354_554e)) }

    /// FINGERPRINT made right again, as anybody on the path can.
    static func resealed(_ message: [UInt8]) -> [UInt8] {
        guard message.count >= 8 else { return message }
        let body = message.dropLast(4)
        return body + .bigEndian(crc32(body.dropLast(4)) ^ 0x5354_554e)
    }

    static func crc32(_ bytes: some Sequence<UInt8>) -> UInt32 {
        ~bytes.reduce(~UInt32(0)) { crc, byte in
            (0..<8).reduce(crc ^ UInt32(byte)) { value, _ in value >> 1 ^ (value & 1 == 1 ? 0xedb8_8320 : 0) }
        }
    }

    /// Every attribute of a message, in order: offset of its header, type, value.
    static func attributes(of message: [UInt8]) -> [(offset: Int, type: UInt16, value: [UInt8])] {
        var found: [(offset: Int, type: UInt16, value: [UInt8])] = []
        var offset = 20
        while offset + 4 <= message.count {
            let type = UInt16(message[offset]) << 8 | UInt16(message[offset + 1])
            let length = Int(message[offset + 2]) << 8 | Int(message[offset + 3])
            guard offset + 4 + length <= message.count else { break }
            found.append((offset, type, Array(message[(offset + 4)..<(offset + 4 + length)])))
            offset += 4 + (length + 3) & ~3
        }
        return found
    }
}

/// A server, its credentials, and a client that knows them.
enum Fixture {
    static let credentials = ICECredentials(usernameFragment: "evtj", password: "VOkJxbRl1RmTxUk/WvJxBt")
    static let remote = "h6vY"
    static let username = "evtj:h6vY"
    static let endpoint = Endpoint(ipv4: 0xc000_0201, port: 32_853)

    /// A request as a browser sends it, made without libnice.
    static func request(
        username: String? = Fixture.username, password: String? = Fixture.credentials.password,
        fingerprint: Bool = true, extra: [(UInt16, [UInt8])] = [], behind: [(UInt16, [UInt8])] = []
    ) -> [UInt8] {
        var message = Message()
        if let username { message.append(0x0006, Array(username.utf8)) }
        message.append(0x0024, [0x6e, 0, 1, 0xff])
        message.append(0x802a, [1, 2, 3, 4, 5, 6, 7, 8])
        for (type, value) in extra { message.append(type, value) }
        if let password { message.sign(password) }
        for (type, value) in behind { message.append(type, value) }
        if fingerprint { message.seal() }
        return message.bytes
    }

    /// Asks a fresh server.
    static func answer(
        _ request: [UInt8], credentials: ICECredentials = Fixture.credentials,
        remote: String? = Fixture.remote,
        from endpoint: Endpoint = Fixture.endpoint, tieBreaker: UInt64 = 0, room: Int = 512,
        poison: UInt8 = 0xa5
    ) -> (outcome: STUNOutcome, buffer: [UInt8]) {
        var server = STUNServer()
        return server.answer(
            request, credentials: credentials, remote: remote, from: endpoint, tieBreaker: tieBreaker,
            room: room,
            poison: poison)
    }
}

extension STUNServer {
    mutating func answer(
        _ request: [UInt8], credentials: ICECredentials = Fixture.credentials,
        remote: String? = Fixture.remote,
        from endpoint: Endpoint = Fixture.endpoint, tieBreaker: UInt64 = 0, room: Int = 512,
        poison: UInt8 = 0xa5
    ) -> (outcome: STUNOutcome, buffer: [UInt8]) {
        var buffer = [UInt8](repeating: poison, count: room)
        var span = buffer.mutableSpan
        var bytes = span.mutableBytes
        let outcome = answer(
            request.span.bytes, credentials: credentials, remoteUsernameFragment: remote, from: endpoint,
            tieBreaker: tieBreaker, into: &bytes)
        return (outcome, buffer)
    }
}

/// The static readers, with arrays: `#expect` cannot take a span apart.
extension STUNServer {
    static func isRequest(_ datagram: [UInt8]) -> Bool { isBindingRequest(datagram.span.bytes) }

    static func usernameText(_ datagram: [UInt8]) -> String? {
        username(of: datagram.span.bytes).map { String(decoding: datagram[$0], as: UTF8.self) }
    }

    static func localText(_ datagram: [UInt8]) -> String? {
        localUsernameFragment(of: datagram.span.bytes).map { String(decoding: datagram[$0], as: UTF8.self) }
    }
}

extension STUNClient {
    mutating func request(_ check: Check = Check(), transactionID: [UInt8]? = nil) -> [UInt8] {
        var buffer = [UInt8](repeating: 0xa5, count: 512)
        var span = buffer.mutableSpan
        var bytes = span.mutableBytes
        let length = request(check, into: &bytes, transactionID: transactionID)
        return Array(buffer[..<length])
    }

    mutating func receive(_ response: [UInt8]) -> Response { receive(response.span.bytes) }
}

extension STUNOutcome {
    /// Length of what is to be sent; 0 for nothing.
    var length: Int {
        switch self {
        case .success(let length, _, _), .refusal(let length): length
        case .malformed, .unauthenticated: 0
        }
    }
}
