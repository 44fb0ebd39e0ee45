import Signalling
import Testing

@Suite("The members of a message have limits, and both edges hold")
struct MemberLimitTests {
    private func isRead(_ fields: String) -> Bool {
        switch ClientMessageReader.read("{\(fields)}") {
        case .success: return true
        case .failure(let fault):
            #expect(fault.code == .badMessage)
            return false
        }
    }

    private func list(_ count: Int, of element: String) -> String {
        "[" + Array(repeating: "\"\(element)\"", count: count).joined(separator: ",") + "]"
    }

    private func text(_ count: Int, _ character: String = "ä") -> String {
        String(repeating: character, count: count)
    }

    @Test("id: 64 characters")
    func id() {
        #expect(isRead("\"type\":\"leave\",\"id\":\"\(text(64))\""))
        #expect(!isRead("\"type\":\"leave\",\"id\":\"\(text(65))\""))
    }

    @Test("interests: 10 of 32 characters")
    func interests() {
        #expect(isRead("\"type\":\"join\",\"interests\":\(list(10, of: text(32)))"))
        #expect(!isRead("\"type\":\"join\",\"interests\":\(list(11, of: "a"))"))
        #expect(!isRead("\"type\":\"join\",\"interests\":[\"\(text(33))\"]"))
    }

    @Test("languages: 10 tags of subtags of 8")
    func languages() {
        #expect(isRead("\"type\":\"join\",\"languages\":\(list(10, of: "zh-Hant-TW"))"))
        #expect(!isRead("\"type\":\"join\",\"languages\":\(list(11, of: "en"))"))
        for tag in ["i-klingon", "x-a-b", "de-DE-1996", "sl-rozaj-biske"] {
            #expect(isRead("\"type\":\"join\",\"languages\":[\"\(tag)\"]"), "\(tag)")
        }
        for tag in [
            "", "-", "en-", "-en", "en--GB", "abcdefghi", "e1", "en_GB", "en-123456789", "ен", text(65, "a"),
        ] {
            #expect(!isRead("\"type\":\"join\",\"languages\":[\"\(tag)\"]"), "\(tag)")
        }
    }

    @Test("chat: 1 to 1,000 characters as people count them")
    func chat() {
        #expect(isRead("\"type\":\"chat\",\"text\":\" \""))
        for character in ["a", "😀", "👩‍👩‍👧‍👦"] {
            #expect(isRead("\"type\":\"chat\",\"text\":\"\(text(1_000, character))\""))
            #expect(!isRead("\"type\":\"chat\",\"text\":\"\(text(1_001, character))\""))
        }
        let tower = "a" + text(8_000, "\u{301}")
        #expect(!isRead("\"type\":\"chat\",\"text\":\"\(tower)\""), "one character of 8,001 scalars")
    }

    @Test("comments: 2,000 characters")
    func comments() {
        for start in ["\"type\":\"report\",\"reason\":\"x\"", "\"type\":\"appeal\",\"decision\":\"d\""] {
            #expect(isRead("\(start),\"comment\":\"\(text(2_000))\""))
            #expect(!isRead("\(start),\"comment\":\"\(text(2_001))\""))
        }
    }

    @Test("tokens: 16 KiB")
    func tokens() {
        for start in ["\"type\":\"attest\"", "\"type\":\"hello\",\"version\":1"] {
            #expect(isRead("\(start),\"token\":\"\(text(16_384, "t"))\""))
            #expect(!isRead("\(start),\"token\":\"\(text(16_385, "t"))\""))
        }
    }

    @Test("names: 128 characters")
    func names() {
        let starts = [
            "\"type\":\"accept\",\"pair\"", "\"type\":\"next\",\"pair\"", "\"type\":\"report\",\"reason\"",
            "\"type\":\"report\",\"reason\":\"x\",\"receipt\"", "\"type\":\"hello\",\"version\":1,\"resume\"",
            "\"type\":\"appeal\",\"comment\":\"\",\"decision\"",
        ]
        for start in starts {
            #expect(isRead("\(start):\"\(text(128))\""))
            #expect(!isRead("\(start):\"\(text(129))\""))
            #expect(!isRead("\(start):\"\""))
        }
    }

    @Test("depth: 16 levels of JSON, and no more however many come")
    func depth() {
        func nested(_ levels: Int) -> String {
            let inner = String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
            return "{\"type\":\"leave\",\"x\":\(inner)}"
        }
        #expect(ClientMessageReader.read(nested(15)) == .success(ClientFrame(.leave)))
        for levels in [16, 10_000] {
            guard case .failure(let fault) = ClientMessageReader.read(nested(levels)) else {
                Issue.record("\(levels) levels were read")
                continue
            }
            #expect(fault.code == .badJSON)
        }
    }
}
