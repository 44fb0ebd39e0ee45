/// A report as an operator reads it in a terminal.
extension ReportAnswer {
    func text(_ layout: Layout) -> String {
        var entries: [(name: String, value: String)] = [
            ("report", report), ("received", receivedAt), ("state", "\(state), priority \(priority)"),
            ("reason", reason),
        ]
        if let comment { entries.append(("comment", comment)) }
        entries.append(("source", "\(source) (\(origin))"))
        entries.append(("reporter", Self.person(reporter ?? "from outside", reporterBand)))
        entries.append(("reported", Self.person(reported, reportedBand)))
        if let pair {
            let times = [pairStartedAt.map { "from \($0)" }, pairEndedAt.map { "to \($0)" }]
            entries.append(("pair", ([pair] + times.compactMap { $0 }).joined(separator: " ")))
            entries.append(("reported after", "\(offsetMilliseconds / 1_000) s, \(chatMessages) messages"))
        }
        if !sharedInterests.isEmpty {
            entries.append(("interests", sharedInterests.joined(separator: ", ")))
        }
        if !signals.isEmpty { entries.append(("signals", signals.joined(separator: ", "))) }
        entries.append(("cut", proof.map(Self.text) ?? (live ? "not confirmed" : "nothing was left to cut")))
        entries.append(("kept", retention.kind + (retention.until.map { " until \($0)" } ?? "")))
        if captureEvents != nil { entries.append(("addresses", "sealed; see 'case export --open-key'")) }
        var blocks = [layout.list(entries)]
        if !chat.isEmpty {
            let lines = chat.map { line in
                (name: line.from, value: line.text + (line.held == true ? " (held, never seen)" : ""))
            }
            blocks.append("chat\n" + layout.list(lines, indent: 2))
        }
        blocks += decisions.map { layout.list($0.entries) }
        blocks += appeals.map { layout.list($0.entries) }
        blocks += referrals.map { referral in
            layout.list([
                ("referred to", referral.to), ("at", "\(referral.at) by \(referral.by)"),
                ("reference", referral.reference ?? "none"), ("note", referral.note ?? "none"),
            ])
        }
        return blocks.joined(separator: "\n")
    }

    private static func person(_ name: String, _ band: String?) -> String {
        name + (band.map { ", \($0)" } ?? "")
    }

    private static func text(_ proof: Proof) -> String {
        "in force after \(proof.latencyMicroseconds) us, at \(proof.inForceAt); last packet "
            + (proof.lastPacketAt ?? "none")
            + (proof.droppedSince.map { "; dropped since: \($0)" } ?? "")
    }
}

extension ReportAnswer.Proof {
    /// What the reported went on sending, and until when it was counted; `nil` where it was not.
    var droppedSince: String? {
        packetsDroppedSince.map { "\($0) packets" + (countedUntil.map { " until \($0)" } ?? "") }
    }
}

extension DecisionAnswer {
    var entries: [(name: String, value: String)] {
        var entries: [(name: String, value: String)] = [
            ("decision", decision), ("made", "\(madeAt) by \(by) (\(byKind))"),
            ("outcome", "\(outcome), action \(action)" + (until.map { " until \($0)" } ?? "")),
            ("ground", "\(ground) (\(groundKind))"), ("facts", facts),
        ]
        if automatedDetection || automatedDecision {
            let parts = [automatedDetection ? "found" : nil, automatedDecision ? "decided" : nil]
            entries.append(("by machine", parts.compactMap { $0 }.joined(separator: " and ")))
        }
        if let overturns { entries.append(("overturns", overturns)) }
        return entries
    }
}

extension AppealAnswer {
    var entries: [(name: String, value: String)] {
        [
            ("appeal", appeal), ("against", decision), ("received", receivedAt),
            ("state", answeredBy.map { "answered by \($0)" } ?? "open"), ("text", text),
        ]
    }
}
