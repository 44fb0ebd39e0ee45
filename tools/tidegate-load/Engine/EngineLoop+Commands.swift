internal import CLoadNet
internal import ReferenceTools
internal import RelayTypes
internal import SRTP
internal import Wire

/// What a peer can be told, misbehaviour included; all of it bounded.
extension EngineLoop {
    /// Datagrams of one misbehaviour, whatever is asked for.
    private static let mostBurst = 100_000
    /// Of them, those that one turn sends, so that the thread's other peers go on.
    private static let slice = 64
    /// SSRCs that nobody announced: a leg takes sixteen, and the peer's own three must still find room.
    private static let strangeSources: UInt32 = 4
    /// A payload type that no offer names (RFC 3551 §3: dynamic).
    private static let strangePayloadType: UInt8 = 126

    mutating func perform(_ command: EngineCommand, _ slot: Int, at now: UInt64) {
        let peer = memory.peers + slot
        switch command {
        case .send(true): startMedia(slot, at: now)
        case .send(false): stopMedia(slot, at: now)
        case .enterPair(let pair): peer.pointee.pair = pair
        case .changeAddress: changeAddress(slot, at: now)
        case .garbage(let count): add(count, to: \.garbage, slot, at: now)
        case .flood(let count): add(count, to: \.flood, slot, at: now)
        case .replay(let count): add(count, to: \.replay, slot, at: now)
        case .unknownSource(let count): add(count, to: \.unknownSource, slot, at: now)
        case .close: close(slot, at: now)
        case .vanish: end(slot)
        }
    }

    private mutating func add(
        _ count: Int, to path: WritableKeyPath<Bursts, Int>, _ slot: Int, at now: UInt64
    ) {
        let peer = memory.peers + slot
        guard peer.pointee.phase == .connected else { return }
        let sum = peer.pointee.bursts[keyPath: path] &+ min(max(0, count), Self.mostBurst)
        peer.pointee.bursts[keyPath: path] = min(sum, Self.mostBurst)
        if !wheel.isArmed(slot, .burst) { wheel.arm(slot, .burst, at: now) }
    }

    /// One slice of whatever bursts are left.
    mutating func misbehave(_ slot: Int, at now: UInt64) {
        let peer = memory.peers + slot
        guard peer.pointee.phase == .connected else { return }
        for _ in 0..<min(Self.slice, peer.pointee.bursts.garbage) { sendGarbage(slot) }
        for _ in 0..<min(Self.slice, peer.pointee.bursts.flood) { sendFlood(slot) }
        for turn in 0..<min(Self.slice, peer.pointee.bursts.replay) { sendReplay(slot, turn) }
        for _ in 0..<min(Self.slice, peer.pointee.bursts.unknownSource) { sendUnannounced(slot) }
        peer.pointee.bursts.garbage = max(0, peer.pointee.bursts.garbage &- Self.slice)
        peer.pointee.bursts.flood = max(0, peer.pointee.bursts.flood &- Self.slice)
        peer.pointee.bursts.replay = max(0, peer.pointee.bursts.replay &- Self.slice)
        peer.pointee.bursts.unknownSource = max(0, peer.pointee.bursts.unknownSource &- Self.slice)
        if peer.pointee.bursts.isEmpty {
            peer.pointee.bursts = Bursts()
        } else {
            wheel.arm(slot, .burst, at: now)
        }
    }

    /// Random bytes behind a first byte of any protocol, or of none.
    private mutating func sendGarbage(_ slot: Int) {
        let peer = memory.peers + slot
        let length = Int.random(in: 1...1_200, using: &peer.pointee.generator)
        var span = scratch(0)
        for offset in stride(from: 0, to: length, by: 8) {
            span.store(uint64: peer.pointee.generator.next(), at: offset)
        }
        transmit(slot, 0, length)
    }

    private mutating func sendFlood(_ slot: Int) {
        let peer = memory.peers + slot
        let mark = MediaMark(
            run: settings.run, sender: peer.pointee.number, pair: peer.pointee.pair,
            counter: peer.pointee.floodCounter, kind: .flood, sent: cloadnet_monotonic())
        peer.pointee.floodCounter &+= 1
        sendSound(slot, mark)
    }

    private mutating func sendReplay(_ slot: Int, _ turn: Int) {
        let index = slot &* PeerMemory.replays &+ turn % PeerMemory.replays
        let length = Int(memory.replayLengths[index])
        guard length > 0 else { return }
        cloadnet_slot(outbound, 0)
            .update(from: memory.replays + index &* PeerMemory.replayBytes, count: length)
        transmit(slot, 0, length)
    }

    private mutating func sendUnannounced(_ slot: Int) {
        let peer = memory.peers + slot
        let mark = MediaMark(
            run: settings.run, sender: peer.pointee.number, pair: peer.pointee.pair,
            counter: peer.pointee.unannouncedCounter, kind: .unannounced, sent: cloadnet_monotonic())
        var stream = Peer.Stream(
            ssrc: ~peer.pointee.audio.ssrc &- peer.pointee.unannouncedCounter % Self.strangeSources)
        stream.sequenceNumber = UInt16(
            truncatingIfNeeded: peer.pointee.unannouncedCounter / Self.strangeSources)
        peer.pointee.unannouncedCounter &+= 1
        var span = scratch(0)
        writeHeader(
            slot, Self.strangePayloadType, marker: false, mid: 0x30, timestamp: peer.pointee.audio.timestamp,
            stream, into: &span)
        peer.pointee.transportSequence &+= 1
        // Where the receiver looks for a mark in whatever is no sound.
        let offset = MediaPlan.headerLength &+ MediaPlan.videoMarkOffset
        mark.store(into: &span, at: offset)
        guard let length = protect(slot, 0, offset &+ MediaMark.length) else { return }
        transmit(slot, 0, length, isMedia: true)
    }
}
