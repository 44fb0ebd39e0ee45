import RelayTypes
import SDP
import Testing

@Suite("A wrong answer is refused, with which line and why")
struct AnswerRefusalTests {
    @Test("not a description", arguments: Refusal.notSDP)
    func notSDP(row: Refusal) throws { try expect(row) }

    @Test("not our sections", arguments: Refusal.sections)
    func sections(row: Refusal) throws { try expect(row) }

    @Test("not our numbers", arguments: Refusal.formats)
    func formats(row: Refusal) throws { try expect(row) }

    @Test("not one good transport", arguments: Refusal.transport)
    func transport(row: Refusal) throws { try expect(row) }

    private func expect(_ row: Refusal) throws {
        for text in [row.text, Answers.crlf(row.text)] {
            let error = try #require(throws: SDPError.self) {
                try AnswerReader.read(text, format: MediaFormat())
            }
            #expect(error.reason == row.reason, "\(error)")
            if let line = row.line { #expect(error.line == line, "\(error)") }
            #expect(error.description.utf8.count < 300)
        }
    }

    @Test("the message names the line, in printable characters and not too many")
    func message() throws {
        let long = "a=setup:pass\u{e9}ive" + String(repeating: "!", count: 500)
        let error = try #require(throws: SDPError.self) {
            try AnswerReader.read(Answers.replacing("a=setup", with: long), format: MediaFormat())
        }
        #expect(error.description.hasPrefix("line 16 'a=setup:pass??ive!!"))
        #expect(error.text.utf8.count == 67)
        #expect(error.text.utf8.allSatisfy { (0x20...0x7e).contains($0) })
    }

    @Test("the message never has the password in it")
    func secret() throws {
        let error = try #require(throws: SDPError.self) {
            try AnswerReader.read(
                Answers.replacing("a=ice-pwd", with: "a=ice-pwd:tooShort"), format: MediaFormat())
        }
        #expect(!error.description.contains("tooShort"))
    }
}
