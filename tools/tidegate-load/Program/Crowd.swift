internal import Foundation
internal import LoadEngine
internal import NIOCore
internal import NIOSSL
internal import ReferenceTools
internal import RelayTypes

/// All the people of a run, on one event loop: carries out what each ``Person`` does, and writes down the truth.
///
/// Confined to its event loop; others reach it by `NIOLoopBound`.
final class Crowd {
    /// What does not change during a run.
    struct Setting: Sendable {
        var target: Target
        var tls: NIOSSLContext?
        var seed: UInt64
        var avoidance: Int
        var consent: Truth<LedgerWindows>.Consent
        var rampNanoseconds: UInt64
    }

    let setting: Setting
    let loop: any EventLoop
    let engine: LoadEngine
    let tokens: TokenSource
    let admin: AdminLink?
    var people: [Person]
    private(set) var truth: Truth<LedgerWindows>
    var measurements = Measurements()

    private var links: [SignalLink?]
    private var nonces: [String?]
    /// Resume tokens that have been used, or whose peer has ended; the latest.
    private var spentTokens: [(owner: Int, token: String)] = []
    /// Attestations that the server has taken; the latest.
    private var goodTokens: [String] = []
    private var tokenUnderWay: [String?]
    var nextSaidAt: [UInt64]
    /// The life in which each has last heard a first sound and seen a first picture.
    var firstHeardIn: [Int]
    var firstSeenIn: [Int]
    private var nextID: UInt64 = 0
    private var reportIndex: [String: Int] = [:]
    private(set) var pairNames: [UInt32: String] = [:]
    /// Bans that this run has made, for the end.
    private(set) var bans: [String] = []
    private var random: SplitMix64
    private let decoder = JSONDecoder()
    private(set) var isOver = false

    init(
        _ kinds: [Kind], _ circumstances: Person.Circumstances, _ setting: Setting, engine: LoadEngine,
        tokens: TokenSource, admin: AdminLink?, on loop: any EventLoop
    ) {
        self.setting = setting
        self.engine = engine
        self.tokens = tokens
        self.admin = admin
        self.loop = loop
        people = kinds.enumerated()
            .map { Person(number: $0, kind: $1, circumstances: circumstances, seed: setting.seed) }
        truth = Truth(ledger: LedgerWindows(ledger: engine.ledger), avoidance: setting.avoidance)
        truth.consent = setting.consent
        links = Array(repeating: nil, count: kinds.count)
        nonces = Array(repeating: nil, count: kinds.count)
        tokenUnderWay = Array(repeating: nil, count: kinds.count)
        nextSaidAt = Array(repeating: 0, count: kinds.count)
        firstHeardIn = Array(repeating: 0, count: kinds.count)
        firstSeenIn = Array(repeating: 0, count: kinds.count)
        random = SplitMix64(seed: setting.seed ^ 0x7469_6465)
    }

    static var now: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }

    // MARK: Beginning and end

    /// Brings everybody in, evenly over the ramp.
    func begin() {
        for number in people.indices {
            let after = setting.rampNanoseconds / UInt64(max(people.count, 1)) * UInt64(number)
            schedule(after) { crowd in crowd.tell(number, .begin) }
        }
        takeEngineEvents()
    }

    /// Everybody falls silent; what is under way may still arrive.
    func fallSilent() {
        isOver = true
        for number in people.indices { engine.perform(.send(false), on: Self.peer(number)) }
    }

    /// Everybody goes.
    func leave() {
        for (number, link) in links.enumerated() {
            link?.hangUp(1000)
            engine.perform(.close, on: Self.peer(number))
        }
    }

    func schedule(_ nanoseconds: UInt64, _ work: @escaping (Crowd) -> Void) {
        // On the loop, and never off it: the loop runs it.
        _ = loop.assumeIsolated()
            .scheduleTask(in: .nanoseconds(Int64(clamping: nanoseconds))) { [weak self] in
                guard let self, !self.isOver else { return }
                work(self)
            }
    }

    static func peer(_ number: Int) -> PeerNumber { PeerNumber(UInt32(truncatingIfNeeded: number)) }

    // MARK: People

    func tell(_ number: Int, _ input: PersonInput) {
        guard !isOver, people.indices.contains(number) else { return }
        for deed in people[number].handle(input, at: Self.now) { carryOut(deed, of: number) }
    }

    private func carryOut(_ deed: Deed, of number: Int) {
        switch deed {
        case .connect: connect(number)
        case .say(let text): links[number]?.say(text)
        case .attest(let cheat, let band): attest(number, cheat, band)
        case .join:
            truth.entersPool(number, at: Self.now)
            links[number]?
                .say(JSONText.message("join", [("id", freshID("join")), ("languages", "[\"en\"]")]))
        case .next(let pair):
            nextSaidAt[number] = Self.now
            truth.entersPool(number, at: Self.now)
            let members = pair.map { [("pair", JSONText.quoted($0))] } ?? []
            links[number]?.say(JSONText.message("next", [("id", freshID("next"))] + members))
        case .accept(let pair):
            truth.accepts(number, pair, at: Self.now)
            links[number]?
                .say(
                    JSONText.message("accept", [("id", freshID("accept")), ("pair", JSONText.quoted(pair))]))
        case .report(let pair): report(number, pair)
        case .chat(let pair):
            let text = "tidegate-load \(number) \(Self.now)"
            links[number]?
                .say(
                    JSONText.message(
                        "chat", [("text", JSONText.quoted(text)), ("pair", JSONText.quoted(pair))]))
        case .answer(let sdp): answer(number, sdp)
        case .media(let command): engine.perform(command, on: Self.peer(number))
        case .enter(let pair):
            engine.perform(.enterPair(pair.map { truth.number(of: $0) } ?? 0), on: Self.peer(number))
        case .hangUp(let code): links[number]?.hangUp(code)
        case .abort:
            links[number]?.abort()
            links[number] = nil
        case .wake(let after, let alarm): schedule(after) { $0.tell(number, .alarm(alarm)) }
        case .stealToken: tell(number, .stolen(stolenToken(for: number)))
        case .askForBan(let peer): askForBan(number, peer)
        case .note(let fact): note(fact, about: number)
        }
    }

    private func freshID(_ word: String) -> String {
        nextID += 1
        return "\"\(word)-\(nextID)\""
    }

    // MARK: The WebSocket

    private func connect(_ number: Int) {
        links[number]?.abort()
        let local =
            people[number].kind == .banned && setting.target.isLoopback ? Self.ownAddress(number) : nil
        links[number] = SignalLink(to: setting.target, from: local, tls: setting.tls, on: loop) {
            [weak self] event in
            guard let self else { return }
            switch event {
            case .opened: tell(number, .opened)
            case .refused(let why):
                measurements.surprise("cannot connect: \(why)")
                tell(number, .unreachable(why))
            case .closed(let code):
                links[number] = nil
                tell(number, .closed(code))
            case .text(let bytes): hear(number, bytes)
            }
        }
    }

    /// An address of this person's own, so that a ban of it is nobody else's.
    private static func ownAddress(_ number: Int) -> String {
        "127.\(64 + (number >> 16) % 64).\((number >> 8) & 255).\(1 + (number & 255) % 254)"
    }

    private func hear(_ number: Int, _ bytes: ByteBuffer) {
        guard let word = ServerWord.read(Data(bytes.readableBytesView), with: decoder) else {
            return measurements.surprise("the server said something that is no message")
        }
        if let nonce = word.nonce { nonces[number] = nonce }
        let now = Self.now
        if let pair = word.pair, let index = reportIndex[pair] {
            if word.type == "partner_left", measurements.reports[index].cutToldAt == nil {
                measurements.reports[index].cutToldAt = now
            } else if word.type == "report_received" {
                measurements.reports[index].receivedAt = now
                truth.over(pair, at: now)
            }
        }
        tell(number, .word(word))
    }

    private func answer(_ number: Int, _ offer: String) {
        do {
            let sdp = try engine.answer(offer, as: Self.peer(number))
            links[number]?.say(JSONText.message("answer", [("sdp", JSONText.quoted(sdp))]))
        } catch {
            measurements.count(.legsFailed)
            measurements.surprise("media: \(error)")
        }
    }

    // MARK: Proofs

    private func attest(_ number: Int, _ cheat: TokenCheat?, _ band: LoadBand) {
        if cheat == .replayed {
            // Somebody else's token, which the server has taken before.
            guard let token = goodTokens.last else { return retryAttest(number, cheat, band) }
            return show(number, token, cheat, band)
        }
        var nonce = nonces[number]
        if cheat == .foreignNonce {
            nonce = foreignNonce(for: number)
            if nonce == nil { return retryAttest(number, cheat, band) }
        }
        guard let nonce else { return }
        nextID += 1
        do {
            let token = try tokens.tokenNow(
                nonce: nonce, band, cheat, tokenID: "load-\(setting.seed)-\(Self.now)-\(nextID)")
            if let token { return show(number, token, cheat, band) }
        } catch { return measurements.surprise("a token cannot be signed: \(error)") }
        let tokens = tokens
        let bound = NIOLoopBound(self, eventLoop: loop)
        let loop = loop
        Task {
            let token = try? await tokens.developmentToken(nonce: nonce, band)
            loop.execute {
                guard let token else {
                    return bound.value.measurements.surprise("the development issuer does not answer")
                }
                bound.value.show(number, token, cheat, band)
            }
        }
    }

    /// Nobody has what this cheat needs yet; everybody comes in within the ramp.
    private func retryAttest(_ number: Int, _ cheat: TokenCheat?, _ band: LoadBand) {
        schedule(500_000_000) { $0.attest(number, cheat, band) }
    }

    private func show(_ number: Int, _ token: String, _ cheat: TokenCheat?, _ band: LoadBand) {
        guard !isOver else { return }
        if cheat == nil {
            truth.proves(number, band, in: people[number].pair, at: Self.now)
            engine.ledger.setBand(band.rawValue, of: Self.peer(number))
            tokenUnderWay[number] = token
        }
        links[number]?
            .say(JSONText.message("attest", [("id", freshID("attest")), ("token", JSONText.quoted(token))]))
    }

    /// The nonce of somebody who has no more use for it: a token that bears it may use it up.
    private func foreignNonce(for number: Int) -> String? {
        guard people.count > 1 else { return nil }
        for _ in 0..<32 {
            let other = Int.random(in: people.indices, using: &random)
            if other != number, people[other].isProved, let nonce = nonces[other] { return nonce }
        }
        return nil
    }

    private func stolenToken(for number: Int) -> String {
        if let token = spentTokens.last(where: { $0.owner != number }) { return token.token }
        return String(
            (0..<43).map { _ in "abcdefghijklmnopqrstuvwxyz0123456789".randomElement(using: &random) ?? "a" })
    }

    // MARK: Reports and bans

    private func report(_ number: Int, _ pair: String) {
        if let partner = truth.partner(of: number, in: pair), truth.openSince(pair, .audio) != nil,
            reportIndex[pair] == nil
        {
            reportIndex[pair] = measurements.reports.count
            measurements.reports.append(
                .init(pair: truth.number(of: pair), reported: Self.peer(partner), leftAt: Self.now))
        }
        links[number]?
            .say(
                JSONText.message(
                    "report",
                    [
                        ("id", freshID("report")), ("reason", "\"spam\""), ("comment", "\"tidegate-load\""),
                        ("pair", JSONText.quoted(pair)),
                    ]))
    }

    private func askForBan(_ number: Int, _ peer: String) {
        guard let admin else { return }
        let bound = NIOLoopBound(self, eventLoop: loop)
        let loop = loop
        Task {
            let ban = await admin.ban(peer)
            loop.execute {
                if let ban { bound.value.bans.append(ban) }
                bound.value.tell(number, .banned(ban != nil))
            }
        }
    }

    // MARK: What is written down

    private func note(_ fact: Fact, about number: Int) {
        let now = Self.now
        switch fact {
        case .began(let life):
            truth.began(.init(person: number, number: life))
            engine.ledger.setBand(0, of: Self.peer(number))
        case .matched(let pair): matched(number, pair)
        case .over(let pair): truth.over(pair, at: now)
        case .spent(let token):
            spentTokens.append((number, token))
            if spentTokens.count > 500 { spentTokens.removeFirst(250) }
        case .proofAccepted:
            if let token = tokenUnderWay[number] {
                goodTokens.append(token)
                if goodTokens.count > 500 { goodTokens.removeFirst(250) }
            }
            tokenUnderWay[number] = nil
        case .proofRefused:
            tokenUnderWay[number] = nil
            truth.proofRefused(number)
            engine.ledger.setBand(0, of: Self.peer(number))
        case .chatHeard(let pair, let text): judgeChat(pair, text, heardBy: number)
        case .tried(let kind): measurements.attempts[kind, default: .init()].tried += 1
        case .refused(let kind): measurements.attempts[kind, default: .init()].refused += 1
        case .gotThrough(let kind, let what): measurements.breach(kind, what)
        case .measured(.connected, let time): measurements.connected.record(nanoseconds: time)
        case .measured(.matched, let time): measurements.matched.record(nanoseconds: time)
        case .measured(.wait, let time): measurements.waits.record(nanoseconds: time)
        case .counted(let counter): measurements.count(counter)
        case .surprise(let sentence): measurements.surprise(sentence)
        }
    }

    private func matched(_ number: Int, _ pair: String) {
        guard case .both(let id, let partner) = truth.matched(number, pair) else {
            return
        }
        guard id != 0 else {
            return measurements.surprise("more pairs than this run has room for")
        }
        pairNames[id] = pair
        tell(number, .met(pair: pair))
        tell(partner, .met(pair: pair))
    }

    private func judgeChat(_ pair: String, _ text: String, heardBy number: Int) {
        let words = text.split(separator: " ")
        guard words.count == 3, words[0] == "tidegate-load", let sender = Int(words[1]),
            let sent = UInt64(words[2])
        else { return measurements.leakChat(.unmarked) }
        guard truth.partner(of: number, in: pair) == sender else {
            return measurements.leakChat(.formerPartner)
        }
        guard !truth.mayBeHeard(pair, .chat, sentAt: sent) else { return }
        measurements.leakChat(truth.openSince(pair, .chat) == nil ? .held : .afterCut)
        if people[sender].kind == .unverified || people[sender].kind.cheat != nil {
            measurements.breach(.unverified, "a chat message from somebody unverified arrived")
        }
    }
}
