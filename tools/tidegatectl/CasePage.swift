/// A case as one page that needs nothing from elsewhere.
struct CasePage {
    private let content: CaseAnswer

    init(_ content: CaseAnswer) { self.content = content }

    var text: String {
        let report = content.report
        var body = "<h1>Report \(Self.escaped(report.report))</h1>\n"
        var entries: [(String, String)] = [
            ("received", report.receivedAt), ("state", report.state), ("reason", report.reason),
            ("comment", report.comment ?? "none"), ("source", "\(report.source) (\(report.origin))"),
            ("reporter", Self.person(report.reporter, report.reporterBand)),
            ("reported", Self.person(report.reported, report.reportedBand)),
            ("pair", report.pair ?? "none"),
            ("met", report.pairStartedAt ?? "unknown"), ("parted", report.pairEndedAt ?? "by the report"),
            ("shared interests", report.sharedInterests.joined(separator: ", ")),
            ("reported after", "\(report.offsetMilliseconds) ms"),
            ("signals", report.signals.joined(separator: ", ")),
            ("kept", report.retention.kind + (report.retention.until.map { " until \($0)" } ?? "")),
        ]
        if let proof = report.proof {
            entries += [
                ("cut in force", "\(proof.inForceAt), after \(proof.latencyMicroseconds) µs"),
                ("last packet", proof.lastPacketAt ?? "none"),
                ("dropped since", proof.droppedSince ?? "not counted"),
            ]
        }
        body += Self.table(entries)
        body += Self.section("Chat, \(report.chatMessages) messages in all") {
            report.chat.map {
                ($0.at + " " + $0.from, $0.text + ($0.held == true ? " (held, never seen)" : ""))
            }
        }
        for decision in report.decisions {
            body += Self.section("Decision") {
                decision.entries + [("statement", decision.statement)].filter { !$0.1.isEmpty }
            }
        }
        for appeal in report.appeals { body += Self.section("Appeal") { appeal.entries } }
        for ban in content.bans {
            body += Self.section("Ban") {
                [
                    ("ban", ban.ban), ("of", ban.peer), ("since", ban.since),
                    ("until", ban.until ?? "for good"), ("reason", ban.reason),
                    ("holds on to", ban.on.joined(separator: ", ")),
                ]
            }
        }
        for referral in report.referrals {
            body += Self.section("Passed on") {
                [
                    ("to", referral.to), ("at", "\(referral.at) by \(referral.by)"),
                    ("reference", referral.reference ?? "none"), ("note", referral.note ?? "none"),
                ]
            }
        }
        body += Self.section("Audit log") {
            content.audit.map {
                ("\($0.number) \($0.at)", "\($0.who): \($0.what) \($0.subject) \($0.details) \($0.hash)")
            }
        }
        return Self.page("Report \(report.report)", body)
    }

    private static func person(_ name: String?, _ band: String?) -> String {
        (name ?? "from outside") + (band.map { ", \($0)" } ?? "")
    }

    private static func section(_ title: String, _ rows: () -> [(String, String)]) -> String {
        let rows = rows()
        return rows.isEmpty ? "" : "<h2>\(escaped(title))</h2>\n" + table(rows)
    }

    private static func table(_ rows: [(String, String)]) -> String {
        let lines = rows.map { "<tr><th>\(escaped($0.0))</th><td>\(escaped($0.1))</td></tr>\n" }
        return "<table>\n\(lines.joined())</table>\n"
    }

    /// What people have written can neither be markup nor turn a line round.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in SafeText.line(text).unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func page(_ title: String, _ body: String) -> String {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
        <title>\(escaped(title))</title>
        <style>
        body { font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem }
        table { border-collapse: collapse; width: 100% }
        th, td { border-top: 1px solid #ccc; padding: .25rem .5rem; text-align: left; vertical-align: top }
        th { width: 14rem; font-weight: 600 }
        td { overflow-wrap: anywhere }
        </style>
        </head>
        <body>
        \(body)</body>
        </html>

        """
    }
}
