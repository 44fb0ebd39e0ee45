internal import Synchronization

/// What a synthetic browser can be told to do.
///
/// Carried out in order by its own thread.
package enum BrowserCommand: Sendable {
    case startMedia
    case stopMedia
    /// Sends this RTCP, protected.
    case sendFeedback([RTCPBlock])
    /// Sends this RTP packet, protected.
    case sendPacket(RTPPacket)
    /// Sends the same protected packet twice: a replay.
    case sendPacketTwice(RTPPacket)
    /// Sends this datagram as it is.
    case sendDatagram([UInt8])
    /// Goes on from another local port. Light engine only.
    case changeAddress
    /// Whether binding requests go on being sent. Light engine only.
    case renewConsent(Bool)
    /// Sends close_notify and ends.
    case close
    /// Ends without a word, like a browser that has crashed.
    case vanish
}

/// Commands on their way to a browser's thread, and what wakes it.
final class CommandQueue: Sendable {
    private let commands = Mutex<[BrowserCommand]>([])
    private let alarm: WakeDescriptor

    init() throws(TestKitError) { alarm = try WakeDescriptor() }

    /// Readable when the thread should look around.
    var descriptor: Int32 { alarm.descriptor }

    func push(_ command: BrowserCommand) {
        commands.withLock { $0.append(command) }
        alarm.wake()
    }

    func wake() { alarm.wake() }

    func takeAll() -> [BrowserCommand] {
        alarm.clear()
        return commands.withLock { commands in
            defer { commands.removeAll() }
            return commands
        }
    }
}
