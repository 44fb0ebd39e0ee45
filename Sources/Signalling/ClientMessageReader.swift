internal import RelayTypes

/// Reads what a client says (PROTOCOL.md section 2.1).
///
/// Is it JSON, is it a message, is it one that we know?
///
/// Whether the message is legal *now* is not asked here: see ``SignallingSession`` and the Switchboard.
package enum ClientMessageReader {
    /// Least and greatest `id` that is a number: what JavaScript keeps exactly, and one more on each side.
    private static let numbers: ClosedRange<Int64> = -(1 << 53)...(1 << 53)

    /// - Parameter limits: of members; the message's own length and rate are ``SignallingSession``'s concern.
    package static func read(
        _ text: String, limits: SignallingLimits = SignallingLimits()
    ) -> Result<ClientFrame, MessageFault> {
        let values: [String: JSONValue]
        do throws(JSONReader.Fault) {
            guard case .object(let members) = try JSONReader.read(text, depth: limits.jsonDepth) else {
                return .failure(MessageFault(code: .badMessage, message: "a message must be a JSON object"))
            }
            values = members
        } catch {
            let message = "not JSON at byte \(error.offset): \(error.detail)"
            return .failure(MessageFault(code: .badJSON, message: message))
        }

        var id: MessageID?
        do throws(Members.Fault) {
            id = try Self.id(values["id"], limits)
            guard let type = values["type"] else { throw Members.Fault("'type' is missing") }
            guard case .string(let type) = type else {
                throw Members.Fault("'type' must be a string, not \(type.kind)")
            }
            guard let message = try message(type, Members(values, limits: limits), limits) else {
                return .failure(
                    MessageFault(code: .unknownType, message: "no message has this type", id: id))
            }
            return .success(ClientFrame(message, id: id))
        } catch {
            return .failure(MessageFault(code: .badMessage, message: error.message, id: id))
        }
    }

    private static func id(
        _ value: JSONValue?, _ limits: SignallingLimits
    ) throws(Members.Fault) -> MessageID? {
        switch value {
        case nil: return nil
        case .string(let text)
        where text.count <= limits.idCharacters && !text.utf8.contains(0)
            && text.unicodeScalars.count <= limits.scalars(of: limits.idCharacters):
            return .text(text)
        case .integer(let number) where numbers.contains(number): return .number(number)
        default:
            throw Members.Fault(
                "'id' must be a string of at most \(limits.idCharacters) characters, or an integer within ±2^53"
            )
        }
    }

    /// - Returns: `nil` for a type that we do not know.
    private static func message(
        _ type: String, _ members: Members, _ limits: SignallingLimits
    ) throws(Members.Fault) -> ClientMessage? {
        switch type {
        case "hello":
            return .hello(
                version: try members.integer("version"), token: try members.optionalToken("token"),
                resume: try members.optionalName("resume"))
        case "nonce": return .nonce
        case "attest": return .attest(token: try members.token("token"))
        case "join": return .join(try join(members))
        case "answer": return .answer(sdp: try members.string("sdp"))
        case "accept": return .accept(pair: PairID(try members.name("pair")))
        case "next": return .next(pair: try pair(members), block: try members.optionalBool("block") ?? false)
        case "leave": return .leave
        case "report":
            return .report(
                ReportRequest(
                    reason: try members.name("reason"),
                    comment: try members.optionalText("comment", from: 0, to: limits.commentCharacters),
                    pair: try pair(members), receipt: try members.optionalName("receipt")))
        case "chat":
            return .chat(
                text: try members.text("text", from: 1, to: limits.chatCharacters), pair: try pair(members))
        case "typing": return .typing(on: try members.bool("on"), pair: try pair(members))
        case "appeal":
            return .appeal(
                decision: try members.name("decision"),
                comment: try members.text("comment", from: 0, to: limits.commentCharacters))
        default: return nil
        }
    }

    private static func pair(_ members: Members) throws(Members.Fault) -> PairID? {
        try members.optionalName("pair").map { PairID($0) }
    }

    private static func join(_ members: Members) throws(Members.Fault) -> JoinRequest {
        let name = try members.optionalName("media") ?? JoinRequest.Media.video.rawValue
        guard let media = JoinRequest.Media(rawValue: name) else {
            throw Members.Fault("'media' must be \"video\" or \"text\"")
        }
        return JoinRequest(
            interests: try members.interests(), languages: try members.languages(), media: media)
    }
}
