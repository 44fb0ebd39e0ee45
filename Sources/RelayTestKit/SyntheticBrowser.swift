internal import DTLS
import ReferenceTools
package import RelayTypes
internal import Synchronization

/// A browser that nobody sees: it speaks ICE, DTLS-SRTP, RTP and RTCP with a real server over real UDP,
/// and keeps a record of what it meets.
///
/// Signalling is the caller's: give it the server's offer, bring its answer back.
package final class SyntheticBrowser: Sendable {
    /// What happens to it; wait on this.
    package let record: Monitor<BrowserRecord>
    /// The SSRCs that it sends with.
    package let sources: OutboundSources
    package let configuration: BrowserConfiguration
    private let commands: CommandQueue
    private let thread = Mutex<PlainThread?>(nil)

    /// - Throws: ``TestKitError/system(_:errno:)``
    package init(_ configuration: BrowserConfiguration) throws(TestKitError) {
        self.configuration = configuration
        var generator = SplitMix64(seed: configuration.seed)
        sources = OutboundSources(
            audio: .random(in: 1...UInt32.max, using: &generator),
            video: .random(in: 1...UInt32.max, using: &generator),
            retransmission: .random(in: 1...UInt32.max, using: &generator))
        record = Monitor(BrowserRecord())
        commands = try CommandQueue()
    }

    deinit { end(.vanish) }

    /// Takes the server's offer and begins: its thread starts, and with it ICE.
    ///
    /// Call once.
    ///
    /// - Returns: the answer's SDP.
    package func answer(_ offer: String) throws(TestKitError) -> String {
        let offer = try ServerOffer(offer)
        let loop = try BrowserLoop(
            configuration: configuration, offer: offer, sources: sources, record: record, commands: commands)
        let answer = loop.answer
        // Handed over whole: from here on only the thread touches it.
        let handed = HandedOver(loop)
        let started = PlainThread { handed.value.run() }
        thread.withLock { $0 = started }
        return answer.text
    }

    package func perform(_ command: BrowserCommand) { commands.push(command) }

    /// Ends it politely and waits for its thread.
    package func close() { end(.close) }

    /// Ends it without a word and waits for its thread.
    package func vanish() { end(.vanish) }

    private func end(_ command: BrowserCommand) {
        let running = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        guard let running else { return }
        commands.push(command)
        running.join()
    }
}

/// A value that one thread makes and another one uses from then on.
private struct HandedOver<Value>: @unchecked Sendable {
    let value: Value
    init(_ value: Value) { self.value = value }
}
