internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import RelayTypes
package import Switchboard

/// What the front door asks of whoever captures packets.
package protocol CaptureControl: Sendable {
    /// Returns when the worker copies what passes.
    func capture(_ order: CaptureOrder, by who: Operator) async throws(CaptureRefusal) -> PairCapture
}

/// `POST /v1/pairs/{pair}/pcap`: packets of a live pair, as they come.
internal struct CaptureRoutes: Sendable {
    /// In seconds.
    private static let usualLength = 10

    internal let control: any CaptureControl

    internal func add(to router: Router<AdminRoutes.Context>) {
        router.only(.post, "v1/pairs/{pair}/pcap", use: capture)
    }

    @Sendable private func capture(
        _ request: Request, _ context: AdminRoutes.Context
    ) async throws -> Response {
        do {
            let members = try await AdminBody.read(
                Members.self, "{\"peer\"?, \"direction\"?, \"seconds\"?, \"headers_only\"?}", from: request)
            let order = try members.order(PairID(context.parameters.get("pair") ?? ""))
            let capture = try await control.capture(order, by: try request.actor)
            return Response(
                status: .ok, headers: [.contentType: "application/x-pcapng", .cacheControl: "no-store"],
                body: ResponseBody { writer in
                    do {
                        while let piece = await capture.next() {
                            try await writer.write(ByteBuffer(bytes: piece))
                        }
                        try await writer.finish(nil)
                    } catch {
                        await capture.close()
                        throw error
                    }
                })
        } catch let fault as AdminFault {
            return JSONAnswer.error(.badRequest, code: "bad_request", fault.message)
        } catch let refusal as CaptureRefusal {
            let (status, code, message) = Self.told(refusal)
            return JSONAnswer.error(status, code: code, message)
        }
    }

    private struct Members: Decodable {
        let peer: String?
        let direction: String?
        let seconds: Int?
        let headersOnly: Bool?

        private enum CodingKeys: String, CodingKey {
            case peer, direction, seconds
            case headersOnly = "headers_only"
        }

        func order(_ pair: PairID) throws(AdminFault) -> CaptureOrder {
            guard let directions = CaptureOrder.directions(named: direction ?? "both") else {
                throw AdminFault(message: "direction must be one of in, out, both")
            }
            let seconds = seconds ?? CaptureRoutes.usualLength
            guard seconds >= 1 else { throw AdminFault(message: "seconds must be at least 1") }
            return CaptureOrder(
                pair: pair, peer: peer.map { PeerID($0) }, directions: directions, seconds: seconds,
                headersOnly: headersOnly ?? true)
        }
    }

    private static func told(
        _ refusal: CaptureRefusal
    ) -> (status: HTTPResponse.Status, code: String, message: String) {
        switch refusal {
        case .unknownPair: (.notFound, "unknown_pair", "there is no such pair, or it has ended")
        case .notOfThePair: (.badRequest, "bad_request", "the peer is not one of this pair")
        case .noMedia: (.conflict, "no_media", "these two only write to each other: there are no packets")
        case .tooLong(let most):
            (.badRequest, "too_long", "seconds must be at most \(most), as admin.pcap_seconds says")
        case .payloadForbidden:
            (
                .forbidden, "payload_forbidden",
                "headers only: what two people say and show is captured only where admin.pcap_payload permits it"
            )
        case .busy:
            (
                .conflict, "capture_busy",
                "the media worker of this pair captures for somebody else; try again later"
            )
        case .notAudited:
            (
                .serviceUnavailable, "not_audited",
                "the audit log does not take it, and what is not in the log is not captured"
            )
        case .workerSilent:
            (
                .serviceUnavailable, "worker_stuck",
                "the media worker of this pair has not answered; see /readyz"
            )
        }
    }
}
