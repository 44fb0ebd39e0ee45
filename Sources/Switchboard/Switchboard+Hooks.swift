import Foundation
import Hooks
import Matchmaking
import MediaControl
import Policy
import RelayTypes
import Signalling

/// Asking the operator's endpoint before something opens.
///
/// Whatever is asked about is shut until the answer is there, so that no answer ever closes a gate too late.
extension Switchboard {
    /// How long until an answer that holds is asked for again, in seconds, where the endpoint does not say.
    private static let askAgain: UInt64 = 5

    func asks(_ kind: HookDecisionKind) -> Bool { configuration.hooks?.asks(kind) ?? false }

    /// Asks in a task of its own; the actor goes on meanwhile.
    private func ask(
        _ kind: HookDecisionKind, _ data: some Encodable, then done: @escaping (HookAnswer) -> Void
    ) {
        guard let hooks = configuration.hooks else { return done(HookAnswer(.allow)) }
        let text = HookJSON.text(data)
        insight.lastQuestion += 1
        let number = insight.lastQuestion
        insight.questions[number] = done
        Task {
            let answer = await hooks.ask(kind, text)
            insight.questions.removeValue(forKey: number)?(answer)
        }
    }

    private func lapse(_ answer: HookAnswer, orAfter seconds: UInt64?) -> MonotonicInstant? {
        // At least a second: an endpoint that says 0 is not asked without pause.
        (answer.ttl ?? seconds).map { media.now.advanced(bySeconds: max($0, 1)) }
    }

    // MARK: May this person come in?

    /// Whether a peer may go on towards a partner; where it is not known, asks.
    func mayEnter(_ peer: Peer) -> Bool {
        guard asks(.admit) else { return true }
        let now = media.now
        switch peer.entrance {
        case .open(let until) where until.map({ now < $0 }) ?? true: return true
        case .held(let until) where now < until: return false
        case .denied(let until) where until.map({ now < $0 }) ?? true: return false
        case .asking: return false
        case .unknown, .open, .held, .denied: break
        }
        peer.entrance = .asking
        let question = AdmitQuestion(
            person: person(peer), media: peer.request?.media.rawValue ?? "video",
            languages: peer.request?.languages ?? [], interests: peer.request?.interests ?? [])
        ask(.admit, question) { answer in self.admission(of: peer, is: answer) }
        return false
    }

    private func admission(of peer: Peer, is answer: HookAnswer) {
        guard peers[peer.id] === peer, case .asking = peer.entrance else { return }
        note(.asked(.admit, answer), of: peer.id)
        switch answer.decision {
        case .allow:
            // What an endpoint that fails lets through is asked about again the next time.
            peer.entrance = .open(
                until: lapse(answer, orAfter: answer.basis == .answered ? nil : Self.askAgain))
            advance(peer, answering: nil)
        case .hold:
            let until = media.now.advanced(bySeconds: max(answer.ttl ?? Self.askAgain, 1))
            peer.entrance = .held(until: until)
            due.add(.entrance(peer.id), at: until)
        case .deny:
            peer.entrance = .denied(until: lapse(answer, orAfter: nil))
            if peer.wantsPool { refuse(peer, re: nil) }
        }
    }

    func entranceLapses(_ id: PeerID) {
        guard let peer = peers[id], case .held = peer.entrance else { return }
        advance(peer, answering: nil)
    }

    func isDenied(_ peer: Peer) -> Bool {
        guard asks(.admit), case .denied(let until) = peer.entrance else { return false }
        return until.map { media.now < $0 } ?? true
    }

    /// Sends somebody away from the pool whom the operator does not want there.
    func refuse(_ peer: Peer, re: MessageID?) {
        peer.wantsPool = false
        peer.asks(at: nil)
        leaveWaitingRoom(peer)
        peer.send(.error(code: .unauthorized, message: "this service does not take you now"), re: re)
    }

    // MARK: May these two meet?

    /// Asks about two who were chosen; neither is in the pool meanwhile.
    func askToMeet(_ first: Peer, _ second: Peer, sharedInterests: [String], by move: Move?) {
        lastMeeting += 1
        let meeting = Meeting(
            number: lastMeeting, first: first, second: second, sharedInterests: sharedInterests,
            worker: move?.worker ?? first.leg?.slot.worker ?? 0)
        for peer in meeting.peers { peer.meeting = meeting }
        let question = MatchQuestion(
            peers: [person(first), person(second)], media: first.request?.media.rawValue ?? "video",
            sharedInterests: sharedInterests)
        ask(.match, question) { answer in self.meeting(meeting, by: move, is: answer) }
    }

    private func meeting(_ meeting: Meeting, by move: Move?, is answer: HookAnswer) {
        for peer in meeting.peers where peers[peer.id] === peer { note(.asked(.match, answer), of: peer.id) }
        // Somebody may have left while it was asked.
        guard meeting.peers.allSatisfy({ $0.meeting === meeting }) else { return }
        guard answer.decision != .deny else {
            keepApart(meeting.first, meeting.second)
            return callOff(meeting)
        }
        guard stillFits(meeting) else { return callOff(meeting) }
        for peer in meeting.peers { peer.meeting = nil }
        let isHeld = answer.decision == .hold
        if let move {
            arrange(
                meeting.first, meeting.second, sharedInterests: meeting.sharedInterests, by: move,
                isHeld: isHeld)
        } else {
            pair(
                meeting.first, meeting.second, sharedInterests: meeting.sharedInterests, at: media.now,
                isHeld: isHeld)
        }
    }

    // MARK: May it flow?

    /// Asks, where nothing but the question keeps a gate shut.
    func askForRelease(of pair: LivePair) {
        guard case .due = pair.questions.release, pairs[pair.id] === pair else { return }
        let gates = wouldOpen(pair)
        guard !gates.isEmpty else { return }
        pair.questions.release = .asking
        ask(.release, ReleaseQuestion(pair: pair.id.text, peers: people(pair), gates: gates)) {
            answer in
            self.answer(.release, of: pair, is: answer)
        }
    }

    private func wouldOpen(_ pair: LivePair) -> [ReleaseQuestion.Gate] {
        Side.allCases.flatMap { side in
            Channel.allCases
                .filter { pair.gates[side, $0].subtracting(.policy).isEmpty }
                .map { .init(from: pair[side].id.text, to: pair[side.other].id.text, channel: $0.name) }
        }
    }

    /// Asks again when the answer counts no more.
    func askAgain(_ kind: HookDecisionKind, of pair: LivePair, after seconds: UInt64?) {
        due.add(
            .question(kind, pair.id), at: media.now.advanced(bySeconds: max(seconds ?? Self.askAgain, 1)))
    }

    func questionIsDue(_ kind: HookDecisionKind, of id: PairID) {
        guard let pair = pairs[id], !pair.questions[kind].isAsking else { return }
        // The operator may ask no more since the configuration was read again: then nothing is held for it.
        guard asks(kind) else {
            pair.questions[kind] = .settled
            return judge(pair, .hook(awaits: pair.questions.hold))
        }
        switch (kind, pair.questions[kind]) {
        case (.match, _):
            pair.questions.match = pair.questions.match.holds ? .asking : .renewing
            let question = MatchQuestion(
                peers: people(pair), media: pair.slot == nil ? "text" : "video",
                sharedInterests: pair.sharedInterests)
            ask(.match, question) { answer in self.answer(.match, of: pair, is: answer) }
        case (_, .settled):
            pair.questions.release = .renewing
            let question = ReleaseQuestion(pair: id.text, peers: people(pair), gates: wouldOpen(pair))
            ask(.release, question) { answer in self.answer(.release, of: pair, is: answer) }
        default:
            pair.questions.release = .due
            askForRelease(of: pair)
        }
    }

    private func answer(_ kind: HookDecisionKind, of pair: LivePair, is answer: HookAnswer) {
        guard pairs[pair.id] === pair else { return }
        note(.asked(kind, answer), of: pair)
        switch answer.decision {
        case .allow:
            pair.questions[kind] = .settled
            // What an endpoint that fails lets through is asked about again soon.
            if let seconds = answer.ttl ?? (answer.basis == .answered ? nil : Self.askAgain) {
                askAgain(kind, of: pair, after: seconds)
            }
        case .hold:
            pair.questions[kind] = .held
            askAgain(kind, of: pair, after: answer.ttl)
        case .deny: return judge(pair, .cutOrdered(.policy))
        }
        judge(pair, .hook(awaits: pair.questions.hold))
    }

    // MARK: May this message pass?

    func askToPass(_ line: UnansweredLine, from side: Side, of pair: LivePair) {
        guard let ticket = pair.unanswered.add(line, from: side) else {
            return pair[side]
                .send(
                    .error(code: .rateLimited, message: "wait until your messages have been passed on"),
                    re: line.re)
        }
        let question = ChatQuestion(
            pair: pair.id.text, from: pair[side].id.text, to: pair[side.other].id.text, text: line.text)
        ask(.chat, question) { answer in
            pair.unanswered.answer(ticket, from: side, answer)
            if answer.decision != .allow || answer.basis != .answered {
                self.note(.asked(.chat, answer), of: pair)
            }
            self.passWhatIsAnswered(from: side, of: pair)
        }
    }

    private func passWhatIsAnswered(from side: Side, of pair: LivePair) {
        while let (line, answer) = pair.unanswered.next(from: side) {
            let sender = pair[side]
            guard pairs[pair.id] === pair else {
                sender.send(.error(code: .notPaired, message: "the partner has gone"), re: line.re)
                continue
            }
            guard answer.decision == .allow else {
                sender.send(
                    .error(code: .chatRejected, message: "the message was not passed on"), re: line.re)
                continue
            }
            // The gate can have shut while it was asked.
            guard pair.gates[side, .chat].isEmpty else {
                sender.send(.error(code: .chatHeld, message: "the chat is held"), re: line.re)
                continue
            }
            pair.evidence.passed(line.number)
            pass(line.text, at: line.at, from: side, of: pair, re: line.re)
        }
    }

    // MARK: People

    func person(_ peer: Peer) -> HookPerson {
        HookPerson(
            peer: peer.id.text, band: peer.isProved(at: media.now) ? peer.proof?.band.text : nil,
            identity: peer.identity)
    }

    func people(_ pair: LivePair) -> [HookPerson] { [person(pair.first), person(pair.second)] }
}
