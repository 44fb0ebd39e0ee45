import SRTP

/// Which implementation a test is about.
enum Implementation: CaseIterable, Sendable {
    case libSRTP
    case evp
}

/// One of the two implementations, chosen by an argument of the test.
struct TestedSession: ~Copyable, SRTPSession {
    private var lib: LibSRTPSession?
    private var evp: EVPSRTPSession?

    /// The protocol's own: the one that is not the oracle.
    init(suite: SRTPSuite, inbound: RawSpan, outbound: RawSpan) throws(SRTPError) {
        try self.init(.evp, suite: suite, inbound: inbound, outbound: outbound)
    }

    init(
        _ implementation: Implementation, suite: SRTPSuite, inbound: RawSpan, outbound: RawSpan
    ) throws(SRTPError) {
        switch implementation {
        case .libSRTP:
            lib = try LibSRTPSession(suite: suite, inbound: inbound, outbound: outbound)
            evp = nil
        case .evp:
            lib = nil
            evp = try EVPSRTPSession(suite: suite, inbound: inbound, outbound: outbound)
        }
    }

    init(
        _ implementation: Implementation, suite: SRTPSuite, inbound: [UInt8], outbound: [UInt8]
    ) throws(SRTPError) {
        try self.init(
            implementation, suite: suite, inbound: inbound.span.bytes, outbound: outbound.span.bytes)
    }

    init(
        _ implementation: Implementation, suite: SRTPSuite, exported: [UInt8], isServer: Bool
    ) throws(SRTPError) {
        switch implementation {
        case .libSRTP:
            lib = try LibSRTPSession(suite: suite, exported: exported.span.bytes, isServer: isServer)
            evp = nil
        case .evp:
            lib = nil
            evp = try EVPSRTPSession(suite: suite, exported: exported.span.bytes, isServer: isServer)
        }
    }

    mutating func unprotectRTP(_ packet: inout MutableRawSpan, length: Int) throws(SRTPError) -> Int {
        if let length = try lib?.unprotectRTP(&packet, length: length) { return length }
        return try evp?.unprotectRTP(&packet, length: length) ?? 0
    }

    mutating func unprotectRTCP(_ packet: inout MutableRawSpan, length: Int) throws(SRTPError) -> Int {
        if let length = try lib?.unprotectRTCP(&packet, length: length) { return length }
        return try evp?.unprotectRTCP(&packet, length: length) ?? 0
    }

    mutating func protectRTP(_ packet: inout MutableRawSpan, length: Int) throws(SRTPError) -> Int {
        if let length = try lib?.protectRTP(&packet, length: length) { return length }
        return try evp?.protectRTP(&packet, length: length) ?? 0
    }

    mutating func protectRTCP(_ packet: inout MutableRawSpan, length: Int) throws(SRTPError) -> Int {
        if let length = try lib?.protectRTCP(&packet, length: length) { return length }
        return try evp?.protectRTCP(&packet, length: length) ?? 0
    }
}
