import ReferenceTools
import RelayCore
import RelayTypes
import Testing

@Suite("A username fragment names its leg (RFC 8445 §5.3)")
struct CredentialCodecTests {
    @Test("what is written is read back", arguments: [1, 2, 3] as [UInt64])
    func roundTrip(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        for _ in 0..<1_000 {
            let place = LegPlace(
                worker: UInt16.random(in: .min ... .max, using: &generator),
                index: UInt32.random(in: 0..<UInt32(CredentialCodec.mostLegs), using: &generator))
            let credentials = CredentialCodec.credentials(for: place, using: &generator)
            #expect(CredentialCodec.place(of: Array(credentials.usernameFragment.utf8).span.bytes) == place)
            #expect(credentials.password.utf8.count == 24)
            let isICECharacter = { (byte: UInt8) in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"): true
                default: false
                }
            }
            #expect(credentials.usernameFragment.utf8.allSatisfy(isICECharacter))
            #expect(credentials.password.utf8.allSatisfy(isICECharacter))
        }
    }

    @Test(
        "what is none of ours names nobody",
        arguments: [
            "", "abc", "AAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAA", "-AAAAAAAAAAAAAAA", "AAAAAA\u{e9}AAAAAAAA",
            "/AAAAAAAAAAAAAAA",
        ])
    func foreign(text: String) {
        #expect(CredentialCodec.place(of: Array(text.utf8).span.bytes) == nil)
    }
}
