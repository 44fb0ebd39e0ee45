internal import CNiceSTUN
package import RelayTypes

/// Checks ICE connectivity checks and builds the answers, for an ICE-lite agent.
///
/// One for each worker; it holds libnice's configuration and nothing about any browser, so it never fills up:
/// libnice remembers requests that it has sent, and this side sends none.
///
/// Source: RFC 8445 §7.3, RFC 8489 §6.3, §9.1.
package struct STUNServer: ~Copyable {
    /// Bytes that a response buffer must have.
    ///
    /// A success is at most 76 bytes long; a 420 that names many unknown attributes may need more, and is not
    /// sent where it does not fit.
    package static let responseLength = 128

    private let agent = NiceAgent()

    package init() {}

    /// Whether the datagram has the header of a binding request.
    ///
    /// Cheap: reads 8 bytes.
    package static func isBindingRequest(_ datagram: RawSpan) -> Bool {
        STUNRequestLayout.isBindingRequest(datagram)
    }

    /// Where USERNAME is, before anything is authenticated.
    ///
    /// Cheap: one walk over the attributes, no allocation.
    ///
    /// - Returns: offsets into the datagram, or `nil` when it is malformed or has no USERNAME.
    package static func username(of datagram: RawSpan) -> Range<Int>? {
        STUNRequestLayout(datagram)?.usernameRange
    }

    /// Where the part of USERNAME before the colon is: our own username fragment, if the request is for us.
    ///
    /// Source: RFC 8445 §7.2.2.
    package static func localUsernameFragment(of datagram: RawSpan) -> Range<Int>? {
        guard let range = username(of: datagram) else { return nil }
        let colon = range.first {
            datagram.unsafeLoad(fromByteOffset: $0, as: UInt8.self) == UInt8(ascii: ":")
        }
        guard let colon, colon > range.lowerBound else { return nil }
        return range.lowerBound..<colon
    }

    /// Checks a request and writes the answer.
    ///
    /// - Parameters:
    ///   - credentials: ours.
    ///   - remoteUsernameFragment: the browser's, or `nil` before its answer was read: then any will do.
    ///   - source: where the request came from, for XOR-MAPPED-ADDRESS.
    ///   - tieBreaker: ours, against a browser that believes itself controlled (RFC 8445 §7.3.1.1). An
    ///     ICE-lite agent cannot take the controlling role, so pass 0: the browser then has to switch.
    ///   - response: at least ``responseLength`` bytes, not overlapping the request.
    package mutating func answer(
        _ request: RawSpan, credentials: ICECredentials, remoteUsernameFragment: String?,
        from source: Endpoint, tieBreaker: UInt64, into response: inout MutableRawSpan
    ) -> STUNOutcome {
        precondition(response.byteCount >= Self.responseLength, "a STUN response buffer is too short")
        guard let layout = STUNRequestLayout(request) else { return .malformed }
        guard layout.hasMessageIntegrity, layout.hasFingerprint, let username = layout.usernameRange,
            Self.matches(request, username, credentials.usernameFragment, remoteUsernameFragment)
        else { return .unauthenticated }

        return request.withUnsafeBytes { requestBytes in
            response.withUnsafeMutableBytes { responseBytes in
                credentials.password.withUTF8Bytes { password in
                    answer(
                        requestBytes, layout, password: password, from: source, tieBreaker: tieBreaker,
                        into: responseBytes)
                }
            }
        }
    }

    /// Compares USERNAME with `local:remote` (RFC 8445 §7.2.2).
    private static func matches(
        _ request: RawSpan, _ range: Range<Int>, _ local: String, _ remote: String?
    ) -> Bool {
        var offset = range.lowerBound
        func take(_ byte: UInt8) -> Bool {
            guard offset < range.upperBound,
                request.unsafeLoad(fromByteOffset: offset, as: UInt8.self) == byte
            else { return false }
            offset += 1
            return true
        }
        for byte in local.utf8 where !take(byte) { return false }
        guard take(UInt8(ascii: ":")) else { return false }
        guard let remote else { return true }
        for byte in remote.utf8 where !take(byte) { return false }
        return offset == range.upperBound
    }
}

extension STUNServer {
    /// The part that libnice does.
    ///
    /// `stun_usage_ice_conncheck_create_reply` is not used: it aborts the process where a buffer is short,
    /// repeats USERNAME in the response against RFC 8489 §9.1.3, and compares tie-breakers the wrong way
    /// round for a controlled agent (RFC 8445 §7.3.1.1).
    private func answer(
        _ request: UnsafeRawBufferPointer, _ layout: STUNRequestLayout, password: UnsafeBufferPointer<UInt8>,
        from source: Endpoint, tieBreaker: UInt64, into response: UnsafeMutableRawBufferPointer
    ) -> STUNOutcome {
        guard let requestStart = request.baseAddress?.assumingMemoryBound(to: UInt8.self),
            let responseStart = response.baseAddress?.assumingMemoryBound(to: UInt8.self),
            let passwordStart = password.baseAddress
        else { return .unauthenticated }

        var key = NicePassword(bytes: UnsafeMutablePointer(mutating: passwordStart), count: password.count)
        var incoming = StunMessage()
        let status = stun_agent_validate(
            agent.handle, &incoming, requestStart, request.count, NicePassword.validator, &key)
        // libnice counts attributes behind MESSAGE-INTEGRITY as unknown too; nobody vouches for those.
        var isUnderstood = true
        switch status {
        case STUN_VALIDATION_SUCCESS: break
        case STUN_VALIDATION_UNKNOWN_REQUEST_ATTRIBUTE: isUnderstood = !layout.hasUnknownRequired
        default: return .unauthenticated
        }

        var outgoing = StunMessage()
        // libnice pads an attribute to 4 bytes without asking whether they fit.
        let room = response.count - 3
        guard isUnderstood else {
            let length = stun_agent_build_unknown_attributes_error(
                agent.handle, &outgoing, responseStart, room, &incoming)
            return length > 0 ? .refusal(length: length) : .malformed
        }

        // We are controlled, being lite. Two controlled agents: the larger tie-breaker would switch to
        // controlling, the smaller one tells the other to (RFC 8445 §7.3.1.1).
        var theirs: UInt64 = 0
        if stun_message_find64(&incoming, STUN_ATTRIBUTE_ICE_CONTROLLED, &theirs)
            == STUN_MESSAGE_RETURN_SUCCESS,
            tieBreaker < theirs
        {
            guard
                stun_agent_init_error(
                    agent.handle, &outgoing, responseStart, room, &incoming, STUN_ERROR_ROLE_CONFLICT)
            else { return .malformed }
            let length = stun_agent_finish_message(agent.handle, &outgoing, nil, 0)
            return length > 0 ? .refusal(length: length) : .malformed
        }

        // The response is signed with the request's key (RFC 8489 §9.1.3), which libnice has kept in
        // `incoming`.
        guard stun_agent_init_response(agent.handle, &outgoing, responseStart, room, &incoming),
            appendMappedAddress(source, to: &outgoing)
        else { return .malformed }
        let length = stun_agent_finish_message(agent.handle, &outgoing, nil, 0)
        guard length > 0 else { return .malformed }

        var priority: UInt32 = 0
        let hasPriority =
            stun_message_find32(&incoming, STUN_ATTRIBUTE_PRIORITY, &priority) == STUN_MESSAGE_RETURN_SUCCESS
        return .success(
            length: length, useCandidate: stun_usage_ice_conncheck_use_candidate(&incoming),
            priority: hasPriority ? priority : nil)
    }

    private func appendMappedAddress(_ source: Endpoint, to message: inout StunMessage) -> Bool {
        // Both halves in network order; an IPv4 address fills the first 4 bytes.
        let address = (source.high.bigEndian, source.low.bigEndian)
        return withUnsafeBytes(of: address) { bytes in
            cnicestun_append_xor_mapped_address(
                &message, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), source.isIPv6, source.port)
        }
    }
}
