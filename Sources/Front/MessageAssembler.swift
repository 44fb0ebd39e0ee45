internal import NIOCore
internal import NIOWebSocket

/// Puts the frames of one client together to messages, and refuses what RFC 6455 and PROTOCOL.md do not allow.
///
/// Pure: frames in, one verdict out. Nothing that a client sends can trap it, and it never holds more than
/// `limit` bytes.
internal struct MessageAssembler {
    internal enum Verdict: Equatable {
        /// Part of a message, or nothing to do.
        case incomplete
        case text(String)
        case ping(ByteBuffer)
        case pong
        /// The client's close: its code, or `nil` where it gave none or an impossible one.
        case close(UInt16?)
        /// The connection must be closed with this code.
        case fault(UInt16, String)
    }

    /// Bytes of one message, all fragments together.
    private let limit: Int
    /// What has come of a fragmented message; `nil` between messages.
    private var partial: ByteBuffer?

    internal init(limit: Int) { self.limit = limit }

    internal mutating func receive(_ frame: WebSocketFrame) -> Verdict {
        // No extension was negotiated, so no reserved bit may be set (§5.2), and a client masks (§5.1).
        guard !frame.rsv1, !frame.rsv2, !frame.rsv3 else { return .fault(1002, "reserved bit set") }
        guard frame.maskKey != nil else { return .fault(1002, "a client must mask its frames") }
        let data = frame.unmaskedData
        switch frame.opcode {
        case .text:
            guard partial == nil else { return .fault(1002, "a message inside a message") }
            return append(data, final: frame.fin)
        case .continuation:
            guard partial != nil else { return .fault(1002, "a continuation of nothing") }
            return append(data, final: frame.fin)
        case .binary: return .fault(1003, "text only")
        case .ping: return .ping(data)
        case .pong: return .pong
        case .connectionClose: return Self.close(data)
        default: return .fault(1002, "unknown opcode")
        }
    }

    private mutating func append(_ data: ByteBuffer, final: Bool) -> Verdict {
        var message = partial ?? ByteBuffer()
        guard message.readableBytes + data.readableBytes <= limit else {
            partial = nil
            return .fault(1009, "a message has at most \(limit) bytes")
        }
        message.writeImmutableBuffer(data)
        guard final else {
            partial = message
            return .incomplete
        }
        partial = nil
        guard let text = String(validating: message.readableBytesView, as: UTF8.self) else {
            return .fault(1007, "not UTF-8")
        }
        return .text(text)
    }

    /// Reads a close frame's code (§5.5.1, §7.4).
    private static func close(_ data: ByteBuffer) -> Verdict {
        var data = data
        guard data.readableBytes > 0 else { return .close(nil) }
        guard let code = data.readInteger(as: UInt16.self) else { return .fault(1002, "half a close code") }
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: break
        default: return .fault(1002, "an impossible close code")
        }
        guard String(validating: data.readableBytesView, as: UTF8.self) != nil else {
            return .fault(1007, "the reason is not UTF-8")
        }
        return .close(code)
    }
}
