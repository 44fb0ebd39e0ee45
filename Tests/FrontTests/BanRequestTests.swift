import FoundationEssentials
import RelayTypes
import Testing

@testable import Front
@testable import Switchboard

@Suite("The body of a ban (PROTOCOL.md section 6)") struct BanRequestTests {
    private let now = Date(timeIntervalSince1970: 1_800_000_000)

    private func read(_ body: String) throws -> String {
        do throws(AdminFault) {
            let members = try AdminBody.decode(BanOrder.Members.self, BanOrder.shape, Data(body.utf8))
            let order = try BanOrder(of: PeerID("ben"), members, at: now)
            return "\(order.handles.map(\.rawValue).sorted()) \(order.until?.timeIntervalSince1970 ?? 0)"
        } catch {
            return error.message
        }
    }

    @Test("needs a reason and facts, and says what is wrong with the rest")
    func bodies() throws {
        #expect(try read(#"{"reason": "r", "facts": "f"}"#) == #"["address", "identity", "lineage"] 0.0"#)
        #expect(
            try read(#"{"reason": "r", "facts": "f", "on": ["lineage"], "until": "2027-01-15T08:00:01Z"}"#)
                == #"["lineage"] 1800000001.0"#)
        #expect(try read(#"{"reason": "r"}"#) == "facts is missing")
        #expect(try read(#"{"reason": "", "facts": "f"}"#) == "reason must have 1 to 500 characters")
        #expect(try read(#"{"reason": "r", "facts": 1}"#).hasPrefix("facts has the wrong type"))
        #expect(try read(#"{"reason": "r", "facts": "f", "on": []}"#) == "on must name something")
        #expect(
            try read(#"{"reason": "r", "facts": "f", "on": ["shoe"]}"#)
                == "on must be one of identity, lineage, address")
        #expect(
            try read(#"{"reason": "r", "facts": "f", "until": "soon"}"#).hasPrefix("until must be a time"))
        #expect(
            try read(#"{"reason": "r", "facts": "f", "until": "2020-01-01T00:00:00Z"}"#)
                == "until is in the past")
        #expect(try read("nonsense") == "the body is not JSON")
        #expect(
            try read(#"{"reason": "r", "facts": "f", "untill": {"a": [1]}}"#)
                == "the body has no member 'untill'; it is \(BanOrder.shape)")
    }
}
