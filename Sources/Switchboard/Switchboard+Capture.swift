import Foundation
import Logging
import MediaControl
import RelayTypes
import Storage

/// Which workers carry out a capture: one at a time each.
struct CaptureBook {
    private var running: [UInt16: UInt64] = [:]
    private var last: UInt64 = 0

    /// - Returns: the number of the capture; `nil` where another one runs.
    mutating func reserve(_ worker: UInt16) -> UInt64? {
        guard running[worker] == nil else { return nil }
        last += 1
        running[worker] = last
        return last
    }

    /// - Returns: whether it was the one that runs.
    mutating func free(_ worker: UInt16, _ number: UInt64) -> Bool {
        guard running[worker] == number else { return false }
        running[worker] = nil
        return true
    }
}

extension Switchboard {
    /// Packets wait so long at most before they are read; more than a worker forwards meanwhile.
    private static let ringBytes = 2 * 1_024 * 1_024
    /// The end is ordered by somebody else when the reader has not done it so long after the time, in seconds.
    private static let captureGrace: UInt64 = 5

    /// Begins a capture; the audit log has it before the worker has heard of it.
    package func capture(
        _ order: CaptureOrder, by who: Operator
    ) async throws(CaptureRefusal) -> PairCapture {
        let limits = configuration.capture
        guard let pair = pairs[order.pair] else { throw .unknownPair }
        guard order.seconds <= limits.seconds else { throw .tooLong(most: limits.seconds) }
        guard order.headersOnly || limits.payload else { throw .payloadForbidden }
        let sides = Side.allCases.filter { order.peer == nil || pair[$0].id == order.peer }
        guard !sides.isEmpty else { throw .notOfThePair }
        guard let slot = pair.slot else { throw .noMedia }
        guard let number = captures.reserve(slot.worker) else { throw .busy }

        var details = [
            "direction": order.directions == .both ? "both" : order.directions == .inbound ? "in" : "out",
            "payload": "\(!order.headersOnly)", "seconds": "\(order.seconds)",
        ]
        if let peer = order.peer { details["peer"] = peer.text }
        guard await records.auditNow(draft(.pairCapture, by: who, on: pair.id.text, details)) else {
            _ = captures.free(slot.worker, number)
            throw .notAudited
        }
        // The pair may have ended meanwhile.
        guard pairs[order.pair] === pair, let writer = await captureWriter(pair, slot, sides, order) else {
            _ = captures.free(slot.worker, number)
            throw .unknownPair
        }
        let ring = CaptureRing(capacity: Self.ringBytes)
        let request = CaptureRequest(
            ring: ring, sides: sides, directions: order.directions, headersOnly: order.headersOnly)
        switch await perform(.capture(slot, request)) {
        case .inForce: break
        case .void:
            _ = captures.free(slot.worker, number)
            throw .unknownPair
        case .silent:
            _ = captures.free(slot.worker, number)
            media.submit(.endCapture(slot, ring), ticket: .none)
            throw .workerSilent
        }
        logger.notice("capture", metadata: ["pair": "\(pair.id)", "operator": "\(who.name)"])
        let deadline = media.now.advanced(bySeconds: UInt64(clamping: order.seconds))
        due.add(
            .captureIsOver(slot, ring, number: number), at: deadline.advanced(bySeconds: Self.captureGrace))
        let media = media
        return PairCapture(
            ring: ring, writer: writer, deadline: deadline, bytes: limits.bytes, clock: { media.now },
            orderEnd: { [weak self] in await self?.endCapture(slot, ring, number: number) })
    }

    /// Tells the worker to stop, and waits until it has.
    private func endCapture(_ slot: PairSlot, _ ring: CaptureRing, number: UInt64) async {
        _ = await perform(.endCapture(slot, ring))
        _ = captures.free(slot.worker, number)
    }

    /// Nobody may have read what was captured: it ends all the same.
    func captureIsOver(_ slot: PairSlot, _ ring: CaptureRing, number: UInt64) {
        guard captures.free(slot.worker, number) else { return }
        media.submit(.endCapture(slot, ring), ticket: .none)
    }

    private func captureWriter(
        _ pair: LivePair, _ slot: PairSlot, _ sides: [Side], _ order: CaptureOrder
    ) async -> PcapngWriter? {
        guard let snapshot = await snapshot(slot) else { return nil }
        let candidates = media.candidates(ofWorker: slot.worker)
        let isShown = configuration.showsAddresses
        let interfaces = sides.map { side in
            let leg = side == .first ? snapshot.first : snapshot.second
            let remote = isShown ? leg.remote : nil
            let server = candidates.first { $0.socket == leg.remote?.socket } ?? candidates.first
            // RFC 5737: addresses that are nobody's.
            let browser = Endpoint(ipv4: side == .first ? 0xc633_6401 : 0xcb00_7101, port: 50_000)
            return PcapngWriter.Interface(
                side: side, name: "leg of \(pair[side].id)", browser: remote ?? browser,
                server: remote == nil
                    ? Endpoint(ipv4: 0xc000_0201, port: server?.port ?? 3_478)
                    : server ?? Endpoint(ipv4: 0xc000_0201, port: 3_478))
        }
        let now = (wall: configuration.wallClock(), monotonic: media.now)
        let wall = UInt64(max(0, now.wall.timeIntervalSince1970) * 1_000_000) &* 1_000
        return PcapngWriter(
            interfaces: interfaces, epoch: wall &- now.monotonic.nanoseconds,
            program: "tidegate \(configuration.version)",
            comment: "pair \(pair.id); decrypted"
                + (order.headersOnly ? ", headers only" : ", with payload")
                + (isShown ? "" : "; the addresses are made up (RFC 5737)"))
    }
}
