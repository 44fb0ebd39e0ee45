import Hooks
import MediaControl
import RelayTypes

/// What a sentence calls people: two letters for a pair, or "the peer" for one alone.
struct SpokenNames {
    var one = "the peer"
    var first = "the peer"
    var second = "the partner"

    /// For a pair.
    static let pair = SpokenNames(one: "it", first: "A", second: "B")

    func name(_ side: Side) -> String { side == .first ? first : second }
}

/// Events in plain words, for somebody at three in the morning.
extension SessionEvent {
    func sentence(_ names: SpokenNames) -> String {
        let one = names.one
        switch self {
        case .connected(let address):
            return "\(one) connected" + (address.isEmpty ? "" : " from \(address)")
        case .connectionLost: return "\(one) lost the connection to the server, and may resume"
        case .resumed: return "\(one) is back on a new connection"
        case .joined(let media): return "\(one) asked for a partner, with \(media)"
        case .offerSent: return "\(one) was sent an offer for video and sound"
        case .answerTaken: return "\(one)'s browser answered the offer; its ICE checks may come"
        case .answerRefused(let fault): return "\(one)'s answer was refused: \(Self.spaced(fault))"
        case .legUp: return "\(one)'s media path is up: ICE found a way, and DTLS is done"
        case .pathFound(let path): return "\(one)'s media path: " + path.text
        case .addressMoved(let address):
            return
                "\(one)'s media comes from another address now, \(address) (another network, or a new NAT port)"
        case .legEnded(let why, let detail, let reached):
            return "\(one)'s media path ended: " + Self.legEnd(why, reached)
                + (detail.map { " (\($0))" } ?? "")
        case .legMoving(let worker):
            return "\(one) is being moved to worker \(worker) to meet a partner there"
        case .legMoved(let worker): return "\(one)'s media path has moved to worker \(worker)"
        case .legMoveFailed(let why):
            return "\(one) could not be moved to another worker: " + Self.legEnd(why, nil)
        case .attested(let band, let issuer): return "\(one) proved its age: \(band), says \(issuer)"
        case .attestationRefused(let code, let issuer, let reason):
            let from = issuer.map { " of \($0)" } ?? ""
            return "\(one)'s age attestation\(from) was refused (\(code)): \(reason)"
        case .proofLapsed: return "\(one)'s proof of age has lapsed"
        case .proofWithdrawn(let issuer):
            return
                "\(one)'s proof of age is void: the word of \(issuer), or of that key of theirs, no longer counts"
        case .queued(let waiting): return "\(one) waits for a partner, \(waiting) in the pool"
        case .leftPool: return "\(one) left the pool"
        case .banned(let ban, _, let reason): return "\(one) was banned (\(ban)): \(reason)"
        case .peerEnded(let why): return "\(one) is gone: " + Self.peerEnd(why)
        case .decided(let decision, let report, let outcome, let action):
            let about = report.map { " about report \($0)" } ?? ""
            return "a decision\(about) was made (\(decision)): \(outcome), \(Self.decision(action))"
        case .matched(let shared, let media):
            return "\(names.first) and \(names.second) were matched, with \(media)"
                + (shared == 0 ? "" : ", \(shared) shared interest\(shared == 1 ? "" : "s")")
        case .accepted(let side): return "\(names.name(side)) agreed to see and be seen"
        case .gatesChanged(let changes, let cause):
            return Self.spoken(cause, names) + ": " + Self.spoken(changes, names)
        case .firstPacket(let side):
            return "the first packet of \(names.name(side)) went on to \(names.name(side.other))"
        case .reported(let report, let by, let about, let reason, let source):
            let who = by.map { "\(names.name($0)) reported" } ?? "a report came about"
            let whom = about.map(names.name) ?? one
            let record = report.map { " (\($0))" } ?? " (too many in this hour: not written down)"
            let origin = ["peer", "receipt"].contains(source) ? "" : ", from \(source)"
            return "\(who) \(whom) for '\(reason)'\(origin)\(record)"
        case .ordered(let order):
            let whose = order.from.map { " what \(names.name($0)) sends" } ?? ""
            let what = order.channel.map { " (\($0.name))" } ?? ""
            return "operator \(order.by) ordered \(order.action)\(whose)\(what): \(order.reason)"
        case .cutInForce(_, let microseconds):
            return "the cut was in force after \(Double(microseconds) / 1_000) ms"
        case .cutUnconfirmed:
            return "the worker has not confirmed the cut in time; see /readyz"
        case .pairEnded(let reason): return "the pair ended: " + Self.spoken(reason, names)
        case .workerStuck(let worker, let legs):
            return "worker \(worker) is stuck; its \(legs) media paths were given up"
        case .workerBack(let worker): return "worker \(worker) goes on"
        case .banLifted(let ban): return "ban \(ban) was lifted"
        case .asked(let kind, let answer): return Self.spoken(kind, answer, names)
        case .appealed(_, let decision): return "somebody objected to decision \(decision)"
        case .noPairSlot(let worker): return "worker \(worker) had no room for a pair"
        }
    }

    /// `badPassword` as `bad password`.
    private static func spaced(_ name: String) -> String {
        name.reduce(into: "") { $0 += $1.isUppercase ? " " + $1.lowercased() : String($1) }
    }

    private static func legEnd(_ why: String, _ reached: LegSnapshot.State?) -> String {
        switch why {
        case "timeout":
            switch reached {
            case .waiting:
                return
                    "no ICE check has arrived at all; UDP may be blocked, or the announced address be wrong"
            case .checked: return "ICE found a way, but DTLS never began"
            case .handshaking: return "DTLS began, but did not finish in time"
            case .connected, .ended, nil: return "it was not up in time"
            }
        case "consent_expired": return "nothing was heard of the browser for the consent time (RFC 7675)"
        case "closed_by_browser": return "the browser closed it"
        case "fingerprint_mismatch":
            return "DTLS failed: the certificate is not the one that the answer promised"
        case "no_common_profile": return "DTLS failed: no SRTP protection profile in common"
        case "handshake_failed": return "the DTLS handshake failed"
        case "keys_used_up": return "its keys have protected as many packets as they may"
        case "worker_stuck": return "its worker is stuck"
        default: return why
        }
    }

    private static func peerEnd(_ why: String) -> String {
        switch why {
        case "left": "it said goodbye"
        case "lost": "its connection was lost and not resumed"
        default: why
        }
    }

    private static func decision(_ action: String) -> String {
        switch action {
        case "none": "nothing follows"
        case "warn": "a warning"
        case "ban": "a ban"
        default: action
        }
    }

    private static func spoken(_ cause: GateCause, _ names: SpokenNames) -> String {
        switch cause {
        case .matched: "at the match"
        case .attested(let side): "because \(names.name(side)) proved its age"
        case .proofVoid(let side): "because \(names.name(side))'s proof of age is void"
        case .proofLapsed: "because a proof of age has lapsed"
        case .accepted(let side): "because \(names.name(side)) agreed"
        case .heldBy(let name), .releasedBy(let name): "by order of \(name)"
        case .reports(let side, let wait):
            wait
                ? "because a report about \(names.name(side)) waits for a decision"
                : "because no report about \(names.name(side)) waits any more"
        case .hook(let allows):
            allows
                ? "because the operator's endpoint allows it"
                : "because the operator's endpoint does not allow it"
        case .other: "by a rule"
        }
    }

    private static func spoken(
        _ kind: HookDecisionKind, _ answer: HookAnswer, _ names: SpokenNames
    ) -> String {
        let question =
            switch kind {
            case .admit: "whether \(names.one) may come in"
            case .match: "whether the two may meet"
            case .release: "whether the gates may open"
            case .chat: "whether a message may pass"
            }
        let time = "after \(answer.milliseconds) ms"
        let result =
            switch answer.basis {
            case .answered: "answered '\(answer.decision.rawValue)' \(time)"
            case .timeout:
                "gave no answer in time (\(answer.milliseconds) ms), which counts as '\(answer.decision.rawValue)'"
            case .failed: "failed \(time), which counts as '\(answer.decision.rawValue)'"
            case .busy:
                "was not asked, too many questions wait, which counts as '\(answer.decision.rawValue)'"
            case .broken:
                "was not asked, it has failed too often, which counts as '\(answer.decision.rawValue)'"
            }
        return "the operator's endpoint, asked \(question), " + result
            + (answer.reason.map { ": \($0)" } ?? "")
    }

    private static func spoken(_ changes: [GateChange], _ names: SpokenNames) -> String {
        guard !changes.isEmpty else { return "every gate is open" }
        return Side.allCases
            .compactMap { side -> String? in
                // Channels of which the same is to be said are said together.
                var groups: [(what: String, channels: [String])] = []
                for change in changes where change.from == side {
                    let what = spoken(change)
                    if let index = groups.firstIndex(where: { $0.what == what }) {
                        groups[index].channels.append(change.channel.name)
                    } else {
                        groups.append((what, [change.channel.name]))
                    }
                }
                guard !groups.isEmpty else { return nil }
                let parts = groups.map { "\($0.channels.joined(separator: ", ")) \($0.what)" }
                return "\(names.name(side)) to \(names.name(side.other)): " + parts.joined(separator: ", ")
            }
            .joined(separator: "; ")
    }

    private static func spoken(_ change: GateChange) -> String {
        var parts: [String] = []
        if !change.came.isEmpty { parts.append("held by \(change.came.names.joined(separator: " + "))") }
        if !change.went.isEmpty { parts.append("no longer by \(change.went.names.joined(separator: " + "))") }
        return (change.isOpen ? ["open"] : parts).joined(separator: ", ")
    }

    static func spoken(_ reason: EndReason, _ names: SpokenNames) -> String {
        switch reason {
        case .next(let side): "\(names.name(side)) went on to the next partner"
        case .left(let side): "\(names.name(side)) left"
        case .lost(let side): "the connection or media path of \(names.name(side)) was lost"
        case .report(let side): "\(names.name(side)) reported \(names.name(side.other))"
        case .moderator: "an operator cut it"
        case .policy: "a report from outside, or a rule, cut it"
        case .differentBands: "the two have proved different age bands"
        case .draining: "the server drains, and its deadline had come"
        }
    }
}

extension LegPath {
    var text: String {
        let time = roundTripMilliseconds.map { "\(($0 * 10).rounded() / 10) ms" }
        return [address.map { "from \($0)" }, dtls, srtp, time].compactMap { $0 }.joined(separator: ", ")
    }
}
