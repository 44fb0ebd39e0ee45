internal import CNiceSTUN

/// Sole owner of one libnice `StunAgent`, which is a configuration and a table of sent requests.
///
/// It must not move in memory: messages point back to it.
internal struct NiceAgent: ~Copyable {
    /// Lives as long as `self` does.
    internal let handle: UnsafeMutablePointer<StunAgent>

    internal init() {
        handle = .allocate(capacity: 1)
        cnicestun_agent_init(handle)  // Clears all of it first.
    }

    deinit { handle.deallocate() }
}

/// The password that `stun_agent_validate` asks for, as long as the call lasts.
internal struct NicePassword {
    internal let bytes: UnsafeMutablePointer<UInt8>
    internal let count: Int

    /// Hands the password that the context points to over to libnice.
    ///
    /// The user name has been compared already.
    internal static let validator: StunMessageIntegrityValidate = { _, _, _, _, password, length, context in
        guard let context, let password, let length else { return false }
        let known = context.load(as: NicePassword.self)
        // With no key at all libnice would skip the comparison, and accept.
        guard known.count > 0 else { return false }
        password.pointee = known.bytes
        length.pointee = known.count
        return true
    }
}

extension String {
    /// Lends the UTF-8 bytes without copying them, where the string has them in one piece: always, but for
    /// strings bridged from elsewhere.
    @inline(__always)
    internal func withUTF8Bytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        if let result = utf8.withContiguousStorageIfAvailable(body) { return result }
        return Array(utf8).withUnsafeBufferPointer(body)
    }
}
