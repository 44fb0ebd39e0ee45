internal import CNiceSTUN
package import RelayTypes

/// The other end of ``STUNServer``, for tests and load: a full ICE agent's connectivity checks.
///
/// Source: RFC 8445 §7.2.
package struct STUNClient: ~Copyable {
    /// What a check says about the one who sends it (RFC 8445 §7.1).
    package struct Check: Sendable {
        package var priority: UInt32
        package var isControlling: Bool
        package var tieBreaker: UInt64
        package var useCandidate: Bool

        package init(
            priority: UInt32 = 1_845_501_695, isControlling: Bool = true, tieBreaker: UInt64 = 1,
            useCandidate: Bool = false
        ) {
            self.priority = priority
            self.isControlling = isControlling
            self.tieBreaker = tieBreaker
            self.useCandidate = useCandidate
        }
    }

    /// What a response says.
    package enum Response: Sendable, Equatable {
        /// The address that the server saw.
        case mapped(Endpoint)
        /// An authenticated refusal, by its code; 487 is a role conflict.
        case error(Int)
        /// Not an authenticated answer to an outstanding request of ours.
        case ignored
    }

    /// Most requests that may be unanswered; libnice has room for 200.
    ///
    /// The oldest is forgotten beyond it.
    private static let mostOutstanding = 100

    private let agent = NiceAgent()
    private let username: [UInt8]
    /// libnice keeps a pointer to the password with each request that it remembers, so it lives here.
    private let password: UnsafeMutableBufferPointer<UInt8>
    /// Transaction identifiers with the cookie, 16 bytes each, oldest first.
    private var outstanding: [[UInt8]] = []

    /// - Parameters:
    ///   - username: the server's username fragment, a colon, ours (RFC 8445 §7.2.2).
    ///   - password: the server's.
    package init(username: String, password: String) {
        self.username = Array(username.utf8)
        let bytes = Array(password.utf8)
        self.password = .allocate(capacity: bytes.count)
        _ = self.password.initialize(from: bytes)
    }

    deinit { password.deallocate() }

    /// Writes a binding request into `buffer`.
    ///
    /// - Parameter transactionID: 12 bytes, for test vectors; random without it.
    /// - Returns: its length, or 0 when the buffer is too short.
    package mutating func request(
        _ check: Check = Check(), into buffer: inout MutableRawSpan, transactionID: [UInt8]? = nil
    ) -> Int {
        if outstanding.count >= Self.mostOutstanding { forgetOldest() }
        var identifier = [UInt8](repeating: 0, count: 16)
        let length = buffer.withUnsafeMutableBytes { bytes -> Int in
            guard let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count > 3 else {
                return 0
            }
            var message = StunMessage()
            guard
                stun_agent_init_request(agent.handle, &message, start, bytes.count - 3, STUN_BINDING),
                append(check, to: &message)
            else { return 0 }
            if let transactionID, transactionID.count == 12 {
                for index in 0..<12 { bytes[8 + index] = transactionID[index] }
            }
            for index in 0..<16 { identifier[index] = bytes[4 + index] }
            return stun_agent_finish_message(agent.handle, &message, password.baseAddress, password.count)
        }
        if length > 0 { outstanding.append(identifier) }
        return length
    }

    /// Checks a response against the requests that are outstanding.
    package mutating func receive(_ response: RawSpan) -> Response {
        guard Self.isWhole(response) else { return .ignored }
        let identifier = (4..<20).map { response.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
        let result = response.withUnsafeBytes { bytes -> Response in
            guard let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return .ignored }
            var message = StunMessage()
            let status = stun_agent_validate(agent.handle, &message, start, bytes.count, nil, nil)
            // Without the key libnice has accepted an error that nobody signed (RFC 8489 §9.1.4).
            guard status == STUN_VALIDATION_SUCCESS, message.key != nil else { return .ignored }
            return Self.meaning(of: &message)
        }
        if result != .ignored { outstanding.removeAll { $0 == identifier } }
        return result
    }
}

extension STUNClient {
    private func append(_ check: Check, to message: inout StunMessage) -> Bool {
        if check.useCandidate,
            stun_message_append_flag(&message, STUN_ATTRIBUTE_USE_CANDIDATE) != STUN_MESSAGE_RETURN_SUCCESS
        {
            return false
        }
        let role = check.isControlling ? STUN_ATTRIBUTE_ICE_CONTROLLING : STUN_ATTRIBUTE_ICE_CONTROLLED
        return stun_message_append32(&message, STUN_ATTRIBUTE_PRIORITY, check.priority)
            == STUN_MESSAGE_RETURN_SUCCESS
            && stun_message_append64(&message, role, check.tieBreaker) == STUN_MESSAGE_RETURN_SUCCESS
            && stun_message_append_bytes(&message, STUN_ATTRIBUTE_USERNAME, username, username.count)
                == STUN_MESSAGE_RETURN_SUCCESS
    }

    private mutating func forgetOldest() {
        var identifier = outstanding.removeFirst()
        _ = stun_agent_forget_transaction(agent.handle, &identifier)
    }

    private static func meaning(of message: inout StunMessage) -> Response {
        var isIPv6 = false
        var port: UInt16 = 0
        var halves: (UInt64, UInt64) = (0, 0)
        let result = withUnsafeMutableBytes(of: &halves) { bytes in
            cnicestun_process_response(
                &message, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), &isIPv6, &port)
        }
        if result == STUN_USAGE_ICE_RETURN_SUCCESS {
            return .mapped(
                Endpoint(
                    high: UInt64(bigEndian: halves.0), low: UInt64(bigEndian: halves.1), port: port,
                    isIPv6: isIPv6))
        }
        var code: Int32 = 0
        guard stun_message_find_error(&message, &code) == STUN_MESSAGE_RETURN_SUCCESS else { return .ignored }
        return .error(Int(code))
    }

    /// Whether attributes end where they say, and MESSAGE-INTEGRITY has 20 bytes: libnice compares as many.
    private static func isWhole(_ message: RawSpan) -> Bool {
        let end = message.byteCount
        guard end >= 20, end & 3 == 0, Int(message.networkUInt16(at: 2)) == end - 20 else { return false }
        var offset = 20
        while offset < end {
            guard offset + 4 <= end else { return false }
            let length = Int(message.networkUInt16(at: offset + 2))
            if message.networkUInt16(at: offset) == 0x0008, length != 20 { return false }
            offset += 4 + (length + 3) & ~3
        }
        return offset == end
    }
}
