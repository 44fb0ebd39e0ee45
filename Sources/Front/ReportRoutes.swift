internal import FoundationEssentials
internal import Hummingbird
internal import RelayTypes
internal import Storage
internal import Switchboard

/// Reports and what is decided about them.
internal struct ReportRoutes: Sendable {
    /// Longest ground, facts and the other texts, in characters.
    internal static let groundCharacters = 500
    internal static let factsCharacters = 4_000
    private static let nameCharacters = 200
    private static let noteCharacters = 2_000

    internal let control: any ControlPlane

    internal func add(to router: Router<AdminRoutes.Context>, sources: SourceRoutes) {
        router.only([.get: list, .post: sources.take], "v1/reports")
        router.only(.get, "v1/reports/{report}", use: show)
        router.only(.get, "v1/reports/{report}/case", use: exportCase)
        router.only(.post, "v1/reports/{report}/decision", use: decide)
        router.only(.post, "v1/reports/{report}/hold", use: hold)
        router.only(.post, "v1/reports/{report}/referral", use: refer)
    }

    private static func report(_ context: AdminRoutes.Context) -> ReportID {
        ReportID(context.parameters.get("report") ?? "")
    }

    @Sendable private func list(_ request: Request, _ context: AdminRoutes.Context) async throws -> Response {
        try await AdminAnswer.value {
            let query = try AdminQuery(request, names: "state", "limit", "cursor")
            let cursor = query["cursor"].map { ReportCursor($0) }
            if let cursor, cursor == nil { throw AdminFault(message: "cursor is none that the server gave") }
            return try await control.reports(
                try query.choice("state", default: ReportState.open),
                limit: try query.number("limit", in: 1...1_000, default: 100), after: cursor ?? nil,
                by: try request.actor)
        }
    }

    @Sendable private func show(_ request: Request, _ context: AdminRoutes.Context) async throws -> Response {
        try await AdminAnswer.value {
            try await control.report(Self.report(context), by: try request.actor)
        }
    }

    @Sendable private func exportCase(
        _ request: Request, _ context: AdminRoutes.Context
    ) async throws -> Response {
        try await AdminAnswer.value {
            try await control.exportCase(Self.report(context), by: try request.actor)
        }
    }

    @Sendable private func decide(
        _ request: Request, _ context: AdminRoutes.Context
    ) async throws -> Response {
        try await AdminAnswer.value {
            let shape =
                "{\"outcome\", \"action\", \"ground_kind\"?, \"ground\", \"facts\", \"until\"?, \"on\"?, "
                + "\"automated_detection\"?, \"automated_decision\"?, \"even_though_minor\"?}"
            let members = try await AdminBody.read(Decision.self, shape, from: request)
            let order = try members.order(about: Self.report(context), at: Date())
            return try await control.decide(order, by: try request.actor)
        }
    }

    private struct Decision: Decodable {
        let outcome: String
        let action: String
        let groundKind: String?
        let ground: String
        let facts: String
        let until: String?
        let on: [String]?
        let automatedDetection: Bool?
        let automatedDecision: Bool?
        let evenThoughMinor: Bool?

        private enum CodingKeys: String, CodingKey {
            case outcome, action, ground, facts, until, on
            case groundKind = "ground_kind"
            case automatedDetection = "automated_detection"
            case automatedDecision = "automated_decision"
            case evenThoughMinor = "even_though_minor"
        }

        func order(about report: ReportID, at now: Date) throws(AdminFault) -> DecisionOrder {
            var order = DecisionOrder(
                report: report,
                outcome: try AdminBody.choice("outcome", outcome, of: DecisionRecord.Outcome.self),
                action: try AdminBody.choice("action", action, of: DecisionRecord.Action.self),
                groundKind: try AdminBody.choice(
                    "ground_kind", groundKind ?? DecisionRecord.GroundKind.incompatible.rawValue,
                    of: DecisionRecord.GroundKind.self),
                ground: try AdminBody.text("ground", ground, atMost: ReportRoutes.groundCharacters),
                facts: try AdminBody.text("facts", facts, atMost: ReportRoutes.factsCharacters),
                automatedDetection: automatedDetection ?? false,
                automatedDecision: automatedDecision ?? false, evenThoughMinor: evenThoughMinor ?? false)
            guard order.outcome == .upheld || order.action == .none else {
                throw AdminFault(message: "a report that is rejected has the action none")
            }
            if let until {
                guard order.action == .ban else { throw AdminFault(message: "until belongs to a ban") }
                order.until = try AdminBody.end(until, after: now)
            }
            if let on { order.handles = try BanOrder.handles(named: on) }
            return order
        }
    }

    @Sendable private func hold(_ request: Request, _ context: AdminRoutes.Context) async throws -> Response {
        struct Hold: Decodable {
            let hold: Bool
            let reason: String
        }
        return try await AdminAnswer.value {
            let members = try await AdminBody.read(Hold.self, "{\"hold\", \"reason\"}", from: request)
            return try await control.setLegalHold(
                members.hold, on: Self.report(context),
                because: try AdminBody.text("reason", members.reason, atMost: Self.groundCharacters),
                by: try request.actor)
        }
    }

    @Sendable private func refer(
        _ request: Request, _ context: AdminRoutes.Context
    ) async throws -> Response {
        struct Referral: Decodable {
            let to: String
            let reference: String?
            let note: String?
        }
        return try await AdminAnswer.value {
            let members = try await AdminBody.read(
                Referral.self, "{\"to\", \"reference\"?, \"note\"?}", from: request)
            return try await control.refer(
                Self.report(context), to: try AdminBody.text("to", members.to, atMost: Self.nameCharacters),
                reference: try AdminBody.optionalText(
                    "reference", members.reference, atMost: Self.nameCharacters),
                note: try AdminBody.optionalText("note", members.note, atMost: Self.noteCharacters),
                by: try request.actor)
        }
    }
}
