internal import FoundationEssentials
internal import Hummingbird
internal import Switchboard

/// Turns what an admin call throws into its answer.
internal enum AdminAnswer {
    /// Answers with a value, or says why there is none.
    internal static func value(
        status: HTTPResponse.Status = .ok, _ work: () async throws -> some Encodable
    ) async throws -> Response {
        do {
            return try JSONAnswer.value(try await work(), status: status)
        } catch let fault as AdminFault {
            return JSONAnswer.error(.badRequest, code: "bad_request", fault.message)
        } catch let error as AdminError {
            return refusal(error)
        }
    }

    private static func refusal(_ error: AdminError) -> Response {
        let (status, code, message) = told(error)
        return JSONAnswer.error(status, code: code, message)
    }

    private static func told(
        _ error: AdminError
    ) -> (status: HTTPResponse.Status, code: String, message: String) {
        switch error {
        case .unknownPair: (.notFound, "unknown_pair", "there is no such pair, or it has ended")
        case .notOfThePair: (.badRequest, "bad_request", "the peer is not one of this pair")
        case .unknownPeer:
            (.notFound, "unknown_peer", "there is no such peer, and there was none in the last 24 h")
        case .unknownBan: (.notFound, "unknown_ban", "there is no such ban, or it has ended")
        case .unknownReport:
            (.notFound, "unknown_report", "there is no such report, or its time was up and it was deleted")
        case .unknownAppeal:
            (.notFound, "unknown_appeal", "there is no such appeal, or its time was up and it was deleted")
        case .appealAnswered:
            (
                .conflict, "appeal_answered",
                "this appeal has its answer; a new decision about the report can still be made"
            )
        case .unknownReason(let reason):
            (
                .badRequest, "unknown_reason",
                "'\(reason.prefix(64))' is none of the reasons in the configuration"
            )
        case .minorProtected:
            (
                .conflict, "minor_protected",
                "the report says that this is a child, who is protected rather than banned; "
                    + "to ban all the same say \"even_though_minor\": true"
            )
        case .nothingToHold:
            (
                .conflict, "nothing_to_hold",
                "nothing of what the ban should hold on to is known of this peer; see \"on\""
            )
        case .notDurable:
            (
                .serviceUnavailable, "not_durable",
                "the disk does not take it now; a new ban is in force all the same, a lifted one still holds"
            )
        case .decisionNotDurable:
            (
                .serviceUnavailable, "not_durable",
                "the disk does not take it now and it will be written when it does; a ban that it makes is in force, "
                    + "one that it ends holds until then"
            )
        case .reportNotDurable:
            (
                .serviceUnavailable, "not_durable",
                "the pair was cut; the report is kept in memory and written when the disk takes it"
            )
        case .workerSilent:
            (
                .serviceUnavailable, "worker_stuck",
                "the order is given, but the media worker of this pair has not confirmed it in time; see /readyz"
            )
        case .noEventsEndpoint:
            (.conflict, "no_endpoint", "no endpoint is told of events: hooks.events_url is empty")
        case .stopping:
            (.conflict, "stopping", "the server was told by a signal to stop; that cannot be taken back")
        case .storage(let error): (.serviceUnavailable, "storage_failed", "\(error)")
        }
    }
}
