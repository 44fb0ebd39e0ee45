import Foundation
import Hooks
import RelayTypes
import Signalling
import Storage

extension Switchboard {
    func chat(_ text: String, pair id: PairID?, by peer: Peer, re: MessageID?) {
        guard configuration.policy.chat else {
            return peer.send(.error(code: .chatRejected, message: "this server has no chat"), re: re)
        }
        if let parting = peer.parting, id == nil || id == parting.pair {
            return peer.send(.error(code: .chatHeld, message: "the chat is held"), re: re)
        }
        guard let pair = peer.pair else {
            let known = id.map { $0 == peer.lastPair?.id } ?? true
            return peer.send(
                known
                    ? .error(code: .notPaired, message: "there is no partner")
                    : .error(code: .unknownPair, message: "the partner has changed"),
                re: re)
        }
        guard id == nil || id == pair.id else {
            return peer.send(.error(code: .unknownPair, message: "the partner has changed"), re: re)
        }
        let side = pair.side(of: peer)
        let now = configuration.wallClock()
        let isHeld = !pair.gates[side, .chat].isEmpty
        let asks = !isHeld && asks(.chat)
        let number = pair.evidence.note(
            TranscriptLine(at: now, from: side, text: text, wasHeld: isHeld || asks))
        guard !isHeld else {
            return peer.send(.error(code: .chatHeld, message: "the chat is held"), re: re)
        }
        guard !asks else {
            return askToPass(
                UnansweredLine(text: text, at: now, re: re, number: number), from: side, of: pair)
        }
        pass(text, at: now, from: side, of: pair, re: re)
    }

    /// Gives the partner a message.
    func pass(_ text: String, at date: Date, from side: Side, of pair: LivePair, re: MessageID?) {
        pair[side.other].send(.chat(text: text, at: timestamp(date), pair: pair.id))
        pair[side].send(.chatSent(pair: pair.id), re: re)
    }

    func typing(_ on: Bool, pair id: PairID?, by peer: Peer) {
        guard configuration.policy.chat, let pair = peer.pair, id == nil || id == pair.id else { return }
        let side = pair.side(of: peer)
        guard pair.gates[side, .chat].isEmpty else { return }
        pair[side.other].send(.typing(on: on, pair: pair.id))
    }

    /// RFC 3339, UTC, with milliseconds.
    nonisolated func timestamp(_ date: Date) -> String {
        date.formattedToTheMillisecond
    }
}

extension Date {
    /// RFC 3339 UTC, of the nearest millisecond: records are kept so, and hashes are made of it.
    var formattedToTheMillisecond: String {
        // The format cuts off, and a whole number of milliseconds may lie just below itself as a binary fraction.
        let milliseconds = (timeIntervalSince1970 * 1_000).rounded()
        return Date(timeIntervalSince1970: milliseconds / 1_000 + 0.0002)
            .formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}
