internal import Foundation

/// The verdict as one page that needs nothing else: styles and charts are inside, scripts there are none.
extension Verdict {
    var html: String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>tidegate-load: \(Markup.escaped(summary))</title>
        <style>\(Self.style)</style>
        </head>
        <body>
        <main>
        <h1>tidegate-load</h1>
        <p class="\(isClean && !couldNotRun ? "clean" : "bad")">\(Markup.escaped(summary))</p>
        <p>\(run.pairs) pairs against \(Markup.escaped(run.target)), seed \(run.seed), began \
        \(Markup.escaped(run.began)), ran \(Figures.fixed(run.lasted, 1)) s\
        \(run.stopped.map { ", stopped early: " + Markup.escaped($0) } ?? "").</p>
        \(charts)
        \(cheatTable)
        <h2>The whole verdict</h2>
        <pre>\(Markup.escaped(text))</pre>
        </main>
        </body>
        </html>

        """
    }

    private static let style = """
        :root{--ink:#1c2530;--paper:#fdfdfb;--dim:#5c6b7a;--line:#d5dbe1;--one:#0b6fa4;--two:#b4580b;--three:#2a7d4f}
        @media(prefers-color-scheme:dark){:root{--ink:#e8edf2;--paper:#14191f;--dim:#9aa8b5;--line:#36414c;\
        --one:#5db8ee;--two:#f0a35c;--three:#6fcf97}}
        body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
        main{max-width:60rem;margin:0 auto;padding:1rem}
        h1{font-size:1.5rem;margin:.5rem 0}h2{font-size:1.15rem;margin:2rem 0 .5rem}
        .clean,.bad{font-size:1.2rem;font-weight:600;padding:.5rem .75rem;border-left:.4rem solid}
        .clean{border-color:var(--three)}.bad{border-color:#d33}
        .charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:1.5rem}
        figure{margin:0}figcaption{font-weight:600}
        svg{width:100%;height:auto;display:block}
        svg text{fill:var(--dim);font:11px system-ui,sans-serif}
        svg .axis{stroke:var(--line);fill:none}
        svg .s0{stroke:var(--one)}svg .s1{stroke:var(--two)}svg .s2{stroke:var(--three)}
        svg .series{fill:none;stroke-width:2;stroke-linejoin:round}
        .key span{margin-right:1rem;color:var(--dim);font-size:.85rem}
        .key i{display:inline-block;width:.9rem;height:.2rem;vertical-align:middle;margin-right:.3rem}
        .k0{background:var(--one)}.k1{background:var(--two)}.k2{background:var(--three)}
        table{border-collapse:collapse;width:100%}
        th,td{text-align:right;padding:.25rem .5rem;border-bottom:1px solid var(--line)}
        th:first-child,td:first-child{text-align:left}
        pre{overflow-x:auto;font-size:.8rem;line-height:1.4;border:1px solid var(--line);padding:.75rem}
        """

    private var charts: String {
        let timeline = timelineOfMoments
        func mebibytes(_ bytes: Double) -> Double { bytes / 1_048_576 }
        let charts = [
            Chart(
                title: "Packets a second", unit: "",
                series: [
                    .init("sent", timeline.rates { Double($0.sentPackets) }),
                    .init("received", timeline.rates { Double($0.receivedPackets) }),
                    .init("forwarded, says the server", timeline.rates(\.serverForwarded)),
                ]),
            Chart(
                title: "Media connected and matches made, each second", unit: "",
                series: [
                    .init("legs connected", timeline.rates { Double($0.legsConnected) }),
                    .init("matches", timeline.rates { Double($0.matches) }),
                ]),
            Chart(
                title: "CPU, in percent of a core", unit: "%",
                series: [
                    .init("server", timeline.rates(\.serverCPU).map { ($0.at, $0.rate * 100) }),
                    .init("tool", timeline.rates(\.toolCPU).map { ($0.at, $0.rate * 100) }),
                ]),
            Chart(
                title: "The server's memory, in MiB", unit: "",
                series: [
                    .init(
                        "resident",
                        timeline.moments.compactMap { moment in
                            moment.serverMemory.map { (moment.at, mebibytes($0)) }
                        })
                ]),
            PercentileChart.chart(
                "One-way delay, in ms", [("delay", steady.oneWayDelay), ("jitter", steady.jitter)]),
            PercentileChart.chart(
                "Cut after a report, in ms",
                [("to the last packet", cuts.toLastPacket), ("to the server's word", cuts.toAcknowledgement)]),
            PercentileChart.chart(
                "Set-up, in ms",
                [
                    ("connected", setUp.connected), ("first sound", setUp.firstSound),
                    ("first picture", setUp.firstPicture),
                ]),
            PercentileChart.chart("Waiting for a partner, in ms", [("waiting", matching.waits)]),
        ]
        return "<div class=\"charts\">\n" + charts.compactMap(\.figure).joined(separator: "\n") + "\n</div>"
    }

    private var timelineOfMoments: Timeline {
        var result = Timeline()
        for moment in timeline { result.add(moment) }
        return result
    }

    private var cheatTable: String {
        guard !cheats.isEmpty else { return "" }
        let rows = cheats.map { cheat in
            cheat.impossible.map {
                "<tr><td>\(cheat.kind)</td><td colspan=\"3\">\(Markup.escaped($0))</td></tr>"
            }
                ?? "<tr><td>\(cheat.kind)</td><td>\(Figures.grouped(cheat.tried))</td>"
                + "<td>\(Figures.grouped(cheat.refused))</td><td>\(Figures.grouped(cheat.through))</td></tr>"
        }
        return """
            <h2>What must be refused</h2>
            <table>
            <thead><tr><th>kind</th><th>tried</th><th>refused</th><th>got through</th></tr></thead>
            <tbody>
            \(rows.joined(separator: "\n"))
            </tbody>
            </table>
            """
    }
}

/// Text in HTML and SVG.
enum Markup {
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "\u{0}"..."\u{8}", "\u{b}"..."\u{1f}": result += " "
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
