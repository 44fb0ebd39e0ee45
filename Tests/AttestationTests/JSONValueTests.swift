import ReferenceTools
import Testing

@testable import Attestation

@Suite("JSON is read strictly (RFC 8259)")
struct JSONValueTests {
    private func read(_ text: String) -> JSONValue? { JSONValue.read(Array(text.utf8)) }

    @Test("every kind of value keeps its type")
    func kinds() {
        #expect(
            read(" {\"a\": [true, false, null, -0.5e+1, \"x\"], \"b\": {}} ")
                == .object([
                    "a": .array([.bool(true), .bool(false), .null, .number(-5), .string("x")]),
                    "b": .object([:]),
                ]))
        #expect(read("\"\\u0041\\n\\\"\\/\\ud83d\\ude00\"") == .string("A\n\"/\u{1f600}"))
    }

    @Test(
        "what is not JSON is nothing",
        arguments: [
            "", " ", "{", "}", "[1,]", "{\"a\":1,}", "{a:1}", "{\"a\" 1}", "[1 2]", "01", "1.", ".5", "-",
            "+1", "1e",
            "0x10", "NaN", "1e999", "tru", "truex", "\"", "\"\\\"", "\"\\u12\"", "\"\\ud800\"",
            "\"\\ud800\\u0041\"",
            "\"\\udc00\"", "\"\\x\"", "\"\u{1}\"", "\"a\nb\"", "[] []", "{} x", "'a'", "{\"a\":1,\"a\":1}",
            "\u{feff}1",
        ])
    func refused(text: String) {
        #expect(read(text) == nil)
    }

    @Test("16 levels are read, 17 are not")
    func depth() {
        func nested(_ levels: Int) -> String {
            String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
        }
        #expect(read(nested(16)) != nil)
        #expect(read(nested(17)) == nil)
        #expect(read(nested(100_000)) == nil)
    }

    @Test("no mutilation of a text is read beyond its end", arguments: 0..<64)
    func truncated(length: Int) {
        let text = "{\"iss\":\"https://\\u00e9\",\"n\":-12.5e+3,\"t\":[true,false,null]}"
        _ = JSONValue.read(Array(text.utf8.prefix(length)))
    }

    @Test("random bytes do no harm; seed 7")
    func random() {
        var generator = SplitMix64(seed: 7)
        let alphabet = Array("{}[]\",:\\u0019aeE+-.truefalsn \u{e9}".utf8)
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0..<40, using: &generator))
                .map { _ in
                    alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
                }
            _ = JSONValue.read(bytes)
        }
    }

    @Test("base64url has one spelling", arguments: 0..<67)
    func base64(length: Int) throws {
        var generator = SplitMix64(seed: UInt64(length))
        let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let text = Base64URL.encode(bytes)
        #expect(Base64URL.decode(text.utf8) == bytes)
        #expect(Base64URL.decode((text + "=").utf8) == nil)
    }

    @Test("RFC 4648 §10, without padding")
    func vectors() {
        for (plain, text) in [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            #expect(Base64URL.encode(plain.utf8) == text)
        }
        for wrong in ["A", "AB", "AAB", "AAAAA", "Zg==", "Z g", "Zm9v\n", "Zm+v", "Zm/v"] {
            #expect(Base64URL.decode(wrong.utf8) == nil, "\(wrong)")
        }
    }
}
