/// The verdict for people, at most 80 columns wide.
extension Verdict {
    var text: String {
        var lines: [String] = []
        func section(_ title: String, _ rows: [(String, String?)]) {
            let known = rows.compactMap { name, value in value.map { (name, $0) } }
            guard !known.isEmpty else { return }
            lines += ["", title]
            for (name, value) in known { lines += Self.row(name, value) }
        }
        lines += Self.wrapped(
            "tidegate-load: \(run.pairs) pairs against \(run.target), seed \(run.seed)", indent: 0)
        lines += Self.wrapped("mix \(run.mix)", indent: 0)
        lines.append(
            "ramp \(Figures.plain(run.ramp)) s, ran \(Figures.fixed(run.lasted, 1)) s"
                + (run.stopped.map { ", stopped early: \($0)" } ?? ""))
        section("leaks (must be 0)", [("found", leakText)])
        section("cuts after a report", cutRows)
        section("set-up", setUpRows)
        section("steady state", steadyRows)
        section("server", serverRows)
        section("matching", matchingRows)
        section("must be refused", cheats.map { ($0.kind, Self.cheatText($0)) })
        section(
            "what happened", counters.sorted { $0.key < $1.key }.map { ($0.key, Figures.grouped($0.value)) })
        section(
            "unexpected", surprises.sorted { $0.value > $1.value }.prefix(8).map { ("\($0.value) x", $0.key) }
        )
        section("got through", breaches.map { ("", $0) })
        section("the tool itself", toolRows)
        section("remarks", remarks.map { ("", $0) })
        lines += ["", summary]
        return lines.joined(separator: "\n") + "\n"
    }

    private static func row(_ name: String, _ value: String) -> [String] {
        let width = 20
        var rows = wrapped(value, indent: width + 2)
        let first = rows.removeFirst().drop { $0 == " " }
        let title = "  " + name
        guard title.count < width + 2 else {
            return [title] + [String(repeating: " ", count: width + 2) + first] + rows
        }
        return [title + String(repeating: " ", count: width + 2 - title.count) + first] + rows
    }

    /// Breaks lines at spaces and after commas.
    static func wrapped(_ text: String, indent: Int) -> [String] {
        let margin = String(repeating: " ", count: indent)
        // A line may end after a comma that no space follows, as in a mix.
        var pieces: [String] = [""]
        for character in text {
            pieces[pieces.count - 1].append(character)
            if character == " " || character == "," { pieces.append("") }
        }
        var rows: [String] = []
        var row = margin
        for piece in pieces {
            let visible = piece.last == " " ? piece.count - 1 : piece.count
            if row != margin, row.count + visible > 80 {
                rows.append(trimmed(row))
                row = margin
            }
            if row != margin || piece != " " { row += piece }
        }
        return rows + [trimmed(row)]
    }

    private static func trimmed(_ row: String) -> String {
        var row = row
        while row.last == " " { row.removeLast() }
        return row
    }

    private var leakText: String {
        let found = leaks.filter { $0.value > 0 }.sorted { $0.key < $1.key }
        return found.isEmpty
            ? "0 (looked for: \(leaks.keys.sorted().joined(separator: ", ")))"
            : "\(Figures.grouped(leakCount)): "
                + found.map { "\($0.key) \(Figures.grouped($0.value))" }.joined(separator: ", ")
    }

    private var cutRows: [(String, String?)] {
        guard cuts.reports > 0 else { return [] }
        return [
            (
                "reports",
                "\(Figures.grouped(cuts.reports)), after \(Figures.grouped(cuts.nothingAfter)) of them not one packet came"
            ),
            ("to the last packet", cuts.toLastPacket?.text),
            ("to the server's word", cuts.toAcknowledgement?.text),
            (
                "after that word",
                cuts.afterAcknowledgement.map { "\($0.count) had one under way: \($0.text)" }
                    ?? "no packet, ever"
            ),
            ("until durable", cuts.toDurable?.text),
        ]
    }

    private var setUpRows: [(String, String?)] {
        [
            (
                "legs connected",
                "\(Figures.grouped(setUp.legs)), at most \(Figures.fixed(setUp.legsPerSecond, 0)) a second"
            ),
            ("legs failed", setUp.failed > 0 ? Figures.grouped(setUp.failed) : nil),
            ("connected after", setUp.connected?.text), ("matched after", setUp.matched?.text),
            ("first sound after", setUp.firstSound?.text), ("first picture after", setUp.firstPicture?.text),
            ("next to picture", setUp.nextToPicture?.text),
            ("release to picture", setUp.releaseToPicture?.text),
        ]
    }

    private var steadyRows: [(String, String?)] {
        [
            ("measured", "\(Figures.fixed(steady.seconds, 1)) s"),
            ("sent", "\(Figures.grouped(steady.sentPerSecond)) packets a second"),
            (
                "received",
                "\(Figures.grouped(steady.receivedPerSecond)) packets a second, \(Figures.fixed(steady.receivedBitsPerSecond / 1e6, 1)) Mbit/s"
            ),
            (
                "lost",
                "\(Figures.grouped(steady.lost)) (\(Figures.fixed(lossPercent, 3)) %), duplicated \(Figures.grouped(steady.duplicated)), reordered \(Figures.grouped(steady.reordered))"
            ),
            ("one-way delay", steady.oneWayDelay?.text), ("jitter", steady.jitter?.text),
        ]
    }

    /// Of what should have come.
    var lossPercent: Double {
        let due = steady.received &+ steady.lost
        return due > 0 ? Double(steady.lost) * 100 / Double(due) : 0
    }

    private var serverRows: [(String, String?)] {
        guard let server else { return [("", "not known without --admin")] }
        return [
            (
                "CPU",
                "\(Figures.fixed(server.cpuShare * 100, 1)) % of a core"
                    + (server.cpuPerPacket.map { ", \(Figures.fixed($0, 2)) us for each packet received" }
                        ?? "")
            ),
            (
                "packets",
                "\(Figures.grouped(server.received)) received, \(Figures.grouped(server.forwarded)) forwarded"
            ),
            (
                "memory",
                "\(Figures.mebibytes(server.memoryAtSteady)) after the ramp, \(Figures.mebibytes(server.memoryAtEnd)) at the end, \(Figures.mebibytes(server.memoryMost)) at most"
            ),
        ]
    }

    private var matchingRows: [(String, String?)] {
        [
            ("matches", Figures.grouped(matching.matches)), ("waiting", matching.waits?.text),
            (
                "longest wait",
                Figures.time(Double(matching.longestWait))
                    + (matching.stillWaiting > 0
                        ? ", \(Figures.grouped(matching.stillWaiting)) wait still" : "")
            ),
            ("repeated partners", Figures.grouped(matching.repeatedPartners)),
            ("across bands", Figures.grouped(matching.bandsMixed)),
        ]
    }

    private static func cheatText(_ cheat: Cheat) -> String {
        if let why = cheat.impossible { return "not tried: \(why)" }
        let open = cheat.tried &- min(cheat.tried, cheat.refused &+ cheat.through)
        return
            "tried \(Figures.grouped(cheat.tried)), refused \(Figures.grouped(cheat.refused)), through \(Figures.grouped(cheat.through))"
            + (open > 0 ? ", no answer \(Figures.grouped(open))" : "")
    }

    private var toolRows: [(String, String?)] {
        [
            ("CPU", "\(Figures.fixed(tool.cpuShare * 100, 1)) % of a core"),
            ("packets left late by", tool.lateness?.text),
        ]
    }
}
