internal import LoadEngine

/// What a person makes of the server's words.
extension Person {
    mutating func heard(_ word: ServerWord, at now: UInt64) -> [Deed] {
        switch word.type {
        case "welcome": return welcomed(word, at: now)
        case "age": return proved(at: now)
        case "offer":
            guard let sdp = word.sdp else { return [.note(.surprise("an offer without sdp"))] }
            return [.answer(sdp: sdp)]
        case "connected": return connected(at: now)
        case "queued": return queued(word, at: now)
        case "matched": return matched(word, at: now)
        case "gate", "left", "nonce", "notice", "typing", "chat_sent", "draining", "move": return []
        case "chat":
            guard let pair = word.pair, let text = word.text else { return [] }
            return [.note(.counted(.chatsHeard)), .note(.chatHeard(pair: pair, text: text))]
        case "partner_left", "cut": return partnerGone(word)
        case "report_received":
            // The reporter goes on; `partner_left` came before.
            return []
        // The close with 4003 follows.
        case "banned": return []
        case "error": return refusedWord(word, at: now)
        default: return []
        }
    }

    private mutating func welcomed(_ word: ServerWord, at now: UInt64) -> [Deed] {
        guard phase == .greeting else { return [.note(.surprise("a welcome out of turn"))] }
        phase = .here
        var deeds: [Deed] = []
        let isResumed = word.resumed == true
        if awaited == .banned {
            // One who is banned must not be welcomed in any form.
            awaited = nil
            deeds.append(.note(.gotThrough(.banned, "a banned person was welcomed")))
        } else if kind == .resumeThief, let presents, presents != resumeToken {
            deeds.append(
                .note(
                    isResumed
                        ? .gotThrough(.resumeThief, "a used token resumed a peer") : .refused(.resumeThief)))
        }
        let expected = presents != nil && presents == resumeToken
        if let presents { deeds.append(.note(.spent(token: presents))) }
        if isResumed, expected {
            deeds.append(.note(.counted(.resumed)))
        } else {
            if expected { deeds.append(.note(.counted(.cameBackAsNew))) }
            if peer != nil { deeds += endLife() }
            life += 1
            lifeBeganAt = min(lifeBeganAt, now)
            deeds.append(.note(.began(life: life)))
        }
        resumeToken = word.resume
        peer = word.peer
        presents = nil
        if isResumed, expected {
            // What was to be done while nobody could hear it is done now; to accept twice does no harm.
            if let pair { deeds.append(.wake(after: milliseconds(120...400), .accept(pair: pair))) }
            return deeds
        }
        if kind.provesAtOnce {
            provesNow = true
            return deeds + [.attest(nil, band)]
        }
        if let cheat = kind.cheat, !circumstances.impossible.contains(kind) {
            awaited = kind
            return deeds + [.note(.tried(kind)), .attest(cheat, band)]
        }
        return deeds + enterPool(at: now)
    }

    private mutating func proved(at now: UInt64) -> [Deed] {
        if let cheat = awaited, cheat.cheat != nil {
            awaited = nil
            return [.note(.gotThrough(cheat, "the server took the token"))]
        }
        provesNow = false
        isProved = true
        let deeds: [Deed] = [.note(.proofAccepted), .note(.counted(.proofs))]
        return hasJoined ? deeds : deeds + enterPool(at: now)
    }

    private mutating func connected(at now: UInt64) -> [Deed] {
        legIsUp = true
        poolSince = poolSince.map { max($0, now) } ?? now
        var deeds: [Deed] = [
            .note(.counted(.legsConnected)), .note(.measured(.connected, now &- lifeBeganAt)),
        ]
        if !circumstances.pausesBetweenPartners {
            isSending = true
            deeds.append(.media(.send(true)))
        }
        return deeds
    }

    private mutating func queued(_ word: ServerWord, at now: UInt64) -> [Deed] {
        // The answer to `next`: the pair before it is over.
        guard word.re?.hasPrefix("next") == true, let pair else { return [] }
        self.pair = nil
        return [.note(.over(pair: pair)), .enter(pair: nil)]
    }

    private mutating func matched(_ word: ServerWord, at now: UInt64) -> [Deed] {
        guard let id = word.pair else { return [.note(.surprise("a match without a pair"))] }
        guard id != pair else { return [] }
        var deeds: [Deed] = []
        if let pair { deeds += [.note(.over(pair: pair)), .enter(pair: nil)] }
        pair = id
        if let since = poolSince { deeds.append(.note(.measured(.wait, now &- since))) }
        poolSince = nil
        if !lifeHasMatched { deeds.append(.note(.measured(.matched, now &- lifeBeganAt))) }
        lifeHasMatched = true
        return deeds + [.note(.matched(pair: id))]
    }

    private mutating func partnerGone(_ word: ServerWord) -> [Deed] {
        guard let id = word.pair else { return [.note(.surprise("\(word.type) without a pair"))] }
        var deeds: [Deed] = [.note(.over(pair: id))]
        guard id == pair else { return deeds }
        pair = nil
        deeds.append(.enter(pair: nil))
        if circumstances.pausesBetweenPartners, isSending {
            isSending = false
            deeds.append(.media(.send(false)))
        }
        turn += 1
        return deeds + [.wake(after: milliseconds(100...600), .rejoin(turn: turn))]
    }

    private mutating func refusedWord(_ word: ServerWord, at now: UInt64) -> [Deed] {
        switch word.code {
        case "attestation_invalid", "attestation_replayed", "underage": return proofRefused(word, at: now)
        case "chat_held":
            let isCheat = kind == .unverified || kind.cheat != nil
            return [.note(.counted(.chatsHeld))] + (isCheat ? [.note(.refused(.unverified))] : [])
        case "rate_limited":
            var deeds: [Deed] = [.note(.counted(.rateLimited))]
            if awaited == .flood {
                awaited = nil
                deeds.append(.note(.refused(.flood)))
            }
            // What was dropped and matters is said again.
            if word.re?.hasPrefix("next") == true || word.re?.hasPrefix("join") == true, pair == nil {
                if word.re?.hasPrefix("join") == true { hasJoined = false }
                deeds.append(.wake(after: milliseconds(2_000...3_000), .rejoin(turn: turn)))
            } else if word.re?.hasPrefix("accept") == true, let pair {
                deeds.append(.wake(after: milliseconds(2_000...3_000), .accept(pair: pair)))
            }
            return deeds
        case "bad_json", "unknown_type":
            if awaited == .garbage, word.code == "bad_json" {
                awaited = nil
                return [.note(.refused(.garbage))]
            }
            return kind == .garbage ? [] : surprise(word)
        case "bad_message" where kind == .garbage: return []
        case "leg_failed":
            legIsUp = false
            isSending = false
            hasJoined = false
            turn += 1
            return [
                .note(.counted(.legsFailed)), .wake(after: milliseconds(500...1_500), .rejoin(turn: turn)),
            ]
        case "unavailable":
            guard phase == .here else { return [.note(.counted(.serverFull))] }
            hasJoined = false
            turn += 1
            return [
                .note(.counted(.noRoomForLeg)), .note(.surprise(word.message ?? "unavailable")),
                .wake(after: milliseconds(4_000...6_000), .rejoin(turn: turn)),
            ]
        // The partner has gone while the message was under way.
        case "unknown_pair", "not_paired": return []
        default: return surprise(word)
        }
    }

    private mutating func proofRefused(_ word: ServerWord, at now: UInt64) -> [Deed] {
        if let cheat = awaited, cheat.cheat != nil {
            awaited = nil
            return [.note(.refused(cheat))] + (hasJoined ? [] : enterPool(at: now))
        }
        provesNow = false
        var deeds: [Deed] = [.note(.proofRefused)]
        deeds += surprise(word)
        return deeds + (hasJoined ? [] : enterPool(at: now))
    }

    private func surprise(_ word: ServerWord) -> [Deed] {
        [.note(.surprise("error \(word.code ?? ""): \(word.message ?? "")"))]
    }
}
