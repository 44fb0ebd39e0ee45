internal import LoadEngine

/// What a person does by itself, after a while.
extension Person {
    mutating func woken(_ alarm: Alarm, at now: UInt64) -> [Deed] {
        switch alarm {
        case .connect(let turn):
            guard phase == .away, turn == self.turn else { return [] }
            return connect(at: now)
        case .rejoin(let turn):
            guard phase == .here, pair == nil, turn == self.turn else { return [] }
            return enterPool(at: now)
        case .prove:
            guard phase == .here, !isProved, !provesNow else { return [] }
            provesNow = true
            return [.attest(nil, band)]
        case .accept(let pair):
            guard phase == .here, self.pair == pair else { return [] }
            return settle(pair)
        case .chat(let pair):
            guard phase == .here, self.pair == pair else { return [] }
            var deeds: [Deed] = [.chat(pair: pair), .note(.counted(.chatsSent))]
            if kind == .unverified || kind.cheat != nil {
                // One that is refused says enough; it is tried with every partner.
                deeds.append(.note(.tried(.unverified)))
            } else {
                deeds.append(.wake(after: milliseconds(800...4_000), .chat(pair: pair)))
            }
            return deeds
        case .act(let pair):
            guard phase == .here, self.pair == pair else { return [] }
            return act(on: pair, at: now)
        case .mischief:
            guard phase == .here else { return [] }
            return mischief()
        }
    }

    /// Into the pool: by `join` at first, by `next` later.
    mutating func enterPool(at now: UInt64) -> [Deed] {
        poolSince = now
        turn += 1
        guard hasJoined, legIsUp else {
            hasJoined = true
            return [.join]
        }
        return [.next(pair: nil)]
    }

    private mutating func act(on pair: String, at now: UInt64) -> [Deed] {
        switch kind {
        case .report: return [.report(pair: pair)]
        case .losesSocket:
            presents = resumeToken
            phase = .away
            return [.abort, .wake(after: milliseconds(300...3_000), .connect(turn: turn))]
        case .vanishes:
            // A process that died: neither the WebSocket nor the media says goodbye.
            phase = .away
            presents = nil
            // The pair ends when the server finds out; the partner is told then.
            (self.pair, resumeToken, peer, poolSince) = (nil, nil, nil, nil)
            (isProved, hasJoined, isSending, legIsUp, provesNow) = (false, false, false, false, false)
            (lifeHasMatched, awaited) = (false, nil)
            return [
                .media(.send(false)), .abort, .media(.vanish),
                .wake(after: milliseconds(2_000...8_000), .connect(turn: turn)),
            ]
        case .roams:
            return [
                .media(.changeAddress), .note(.counted(.addressChanges)),
                .wake(after: stay(), .act(pair: pair)),
            ]
        case .resumeThief: return [.stealToken]
        case .banned:
            guard circumstances.hasBans, let peer else { return moveOn(from: pair, at: now) }
            asksForBan = true
            return [.askForBan(peer: peer)]
        case .garbage, .flood, .replay, .unknownSource:
            return mischief() + [.wake(after: stay(), .act(pair: pair))]
        default: return moveOn(from: pair, at: now)
        }
    }

    /// Says `next`; where media must pause between partners, it stops first and says it a moment later.
    private mutating func moveOn(from pair: String, at now: UInt64) -> [Deed] {
        if circumstances.pausesBetweenPartners, isSending {
            isSending = false
            return [.media(.send(false)), .wake(after: milliseconds(150...200), .act(pair: pair))]
        }
        poolSince = now
        turn += 1
        return [.note(.counted(.nexts)), .next(pair: pair)]
    }

    private mutating func mischief() -> [Deed] {
        switch kind {
        case .garbage:
            awaited = .garbage
            return [
                .note(.tried(.garbage)), .media(.garbage(count: 50)),
                .say(
                    "{\"type\":\"\(String(UInt64.random(in: 0...UInt64.max, using: &random), radix: 36))\"}"),
                .say("{\"type\":"), .say(JSONText.message("join", [("interests", "7")])),
            ]
        case .flood:
            awaited = .flood
            let typing = JSONText.message("typing", [("on", "true")])
            return [.note(.tried(.flood)), .media(.flood(count: 400))]
                + Array(repeating: .say(typing), count: 60)
        case .replay: return [.note(.tried(.replay)), .media(.replay(count: 50))]
        case .unknownSource: return [.note(.tried(.unknownSource)), .media(.unknownSource(count: 50))]
        default: return []
        }
    }

    /// Comes back with the resume token, then fresh from the same address; after that it gives up.
    mutating func comeBackBanned() -> [Deed] {
        var deeds: [Deed] = []
        if !asksForBan {
            deeds.append(.note(.surprise("closed with 4003 though nobody banned this one")))
            asksForBan = true
        }
        if awaited == .banned { deeds.append(.note(.refused(.banned))) }
        awaited = nil
        if returns == 0 {
            presents = resumeToken
            deeds += endLife()
        } else {
            presents = nil
        }
        guard returns < 2 else {
            phase = .gone
            return deeds
        }
        returns += 1
        awaited = .banned
        deeds += [.note(.tried(.banned)), .wake(after: milliseconds(300...1_500), .connect(turn: turn))]
        return deeds
    }
}
