import Signalling
import Testing

@Suite("A client's message is read (PROTOCOL.md section 2.1)")
struct ClientMessageReaderTests {
    @Test("every type, with every member", arguments: MessageRow.all)
    func types(row: MessageRow) {
        #expect(ClientMessageReader.read(row.json) == .success(row.frame))
    }

    @Test("not JSON is bad_json", arguments: FaultRow.notJSON)
    func notJSON(row: FaultRow) { expect(row) }

    @Test(
        "JSON of the wrong shape is bad_message, with the id where it is one", arguments: FaultRow.wrongShape)
    func wrongShape(row: FaultRow) { expect(row) }

    @Test("another type is unknown_type", arguments: FaultRow.unknown)
    func unknown(row: FaultRow) { expect(row) }

    private func expect(_ row: FaultRow) {
        guard case .failure(let fault) = ClientMessageReader.read(row.json) else {
            Issue.record("read: \(row.json)")
            return
        }
        #expect(fault.code == row.code, "\(fault.message)")
        #expect(fault.id == row.id)
        #expect(!fault.message.isEmpty)
        #expect(fault.message.utf8.count < 200, "the client's own text is not sent back")
    }
}
