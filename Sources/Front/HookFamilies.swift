internal import Hooks
internal import Telemetry

/// The operator's endpoint in `GET /metrics`: every series from the start, so that a rate is defined from the first
/// question on.
internal enum HookFamilies {
    /// None where there are no hooks.
    internal static func all(of status: HookStatus?) -> [MetricFamily] {
        guard let status else { return [] }
        let figures = status.figures
        var families: [MetricFamily] = [
            MetricFamily(.hookAnswers, samples: HookDecisionKind.allCases.flatMap { answers($0, figures) }),
            .histogram(
                .hookAnswerTime, by: "kind",
                HookDecisionKind.allCases.map { kind in
                    let answers = figures.answers[kind] ?? HookFigures.Answers()
                    let bounds = HookFigures.bounds + [.infinity]
                    return (kind.rawValue, Array(zip(bounds, answers.buckets)), answers.sum)
                }),
            .of(
                .hookAllowedOnError, by: "kind",
                Dictionary(
                    uniqueKeysWithValues: HookDecisionKind.allCases.map {
                        ($0.rawValue, figures.allowedOnError($0))
                    })),
            .of(.hookBreakerOpen, status.isBreakerOpen ? 1 : 0),
            .of(
                .hookEvents, by: "outcome",
                Dictionary(
                    uniqueKeysWithValues: HookFigures.Fate.allCases.map {
                        ($0.rawValue, figures.events[$0] ?? 0)
                    })),
            .of(.hookEndpointGone, status.goneSince == nil ? 0 : 1),
        ]
        if let waiting = status.waiting {
            families.append(.of(.hookEventsWaiting, UInt64(max(waiting, 0))))
            families.append(.real(.oldestHookEvent, status.oldestSeconds ?? 0))
        }
        return families
    }

    /// An endpoint may say anything; without its answer nothing is ever denied.
    private static func answers(_ kind: HookDecisionKind, _ figures: HookFigures) -> [MetricSample] {
        HookAnswer.Basis.allCases.flatMap { basis in
            HookAnswer.Decision.allCases.filter { basis == .answered || $0 != .deny }
                .map { decision in
                    MetricSample(
                        .whole(figures.answers[kind]?.counts[basis]?[decision] ?? 0),
                        labels: [
                            .init("kind", kind.rawValue), .init("decision", decision.rawValue),
                            .init("basis", basis.rawValue),
                        ])
                }
        }
    }
}
