import ReferenceTools
import SRTP
import Testing

/// The vectors of RFC 7714 give session keys, and no SRTP library takes those.
///
/// So they are put to a reference that is written from the standards alone; ``VectorTests`` then compares
/// whole packets of both implementations with it.
@Suite("The reference is the standards' own (RFC 3711 Appendix B, RFC 7714 §16, §17)")
struct ReferenceVectorTests {
    @Test(
        "AES-CM key stream (RFC 3711 B.2)",
        arguments: [
            ("0000", "e03ead0935c95e80e166b16dd92b4eb4"),
            ("0001", "d23513162b02d0f72a43a2fe4a5f97ab"),
            ("0002", "41e95b3bb0a2e8dd477901e4fca894c0"),
            ("feff", "ec8cdf7398607cb0f2d21675ea9ea1e4"),
            ("ff00", "362b7c3c6773516318a077d7fc5073ae"),
            ("ff01", "6a2cc3787889374fbeb4c81b17ba6c44"),
        ])
    func keystream(counter: String, expected: String) {
        let cipher = ReferenceAES(key: [UInt8](hex: "2b7e151628aed2a6abf7158809cf4f3c"))
        let block = [UInt8](hex: "f0f1f2f3f4f5f6f7f8f9fafbfcfd" + counter)
        #expect(cipher.keystream(from: block, count: 16).hex == expected)
    }

    @Test("key derivation (RFC 3711 B.3)")
    func derivation() {
        let key = [UInt8](hex: "e1f97a0d3e018be0d64fa32c06de4139")
        let salt = [UInt8](hex: "0ec675ad498afeebb6960b3aabe6")
        func derive(_ label: UInt8, _ count: Int) -> String {
            ReferenceSRTP.derive(key, salt, label: label, count: count).hex
        }
        #expect(derive(0, 16) == "c61e7a93744f39ee10734afe3ff7a087")
        #expect(derive(2, 14) == "30cbbc08863d8c85d49db34a9ae1")
        #expect(
            derive(1, 94)
                == """
                cebe321f6ff7716b6fd4ab49af256a156d38baa48f0a0acf3c34e2359e6cdbce\
                e049646c43d9327ad175578ef72270986371c10c9a369ac2f94a8c5fbcdddc25\
                6d6e919a48b610ef17c2041e474035766b68642c59bbfc2f34db60dbdfb2
                """)
    }

    @Test("HMAC-SHA1 (RFC 2202, case 2)")
    func hmac() {
        let tag = ReferenceSHA1.hmac(key: Array("Jefe".utf8), Array("what do ya want for nothing?".utf8))
        #expect(tag.hex == "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79")
    }

    private static let shortKey = "000102030405060708090a0b0c0d0e0f"
    private static let longKey = shortKey + "101112131415161718191a1b1c1d1e1f"
    private let salt = Array("Quid pro quo".utf8)

    @Test(
        "SRTP with AES-GCM (RFC 7714 §16.1.1, §16.2.1)",
        arguments: [
            (
                shortKey,
                "f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833"
                    + "899d7f27beb16a9152cf765ee4390cce"
            ),
            (
                longKey,
                "32b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63799b87b"
                    + "7aa3db36dfffd6b0f9bb7878d7a76c13"
            ),
        ])
    func srtp(key: String, expected: String) {
        let header = [UInt8](hex: "8040f17b8041f8d35501a0b2")
        let nonce = ReferenceSRTP.gcmNonce(salt, Array(header[8...]), 0xf17b)
        #expect(nonce.hex == "51753c6580c2726f20718414")
        let sealed = ReferenceGCM(key: [UInt8](hex: key))
            .seal(
                Array("Gallia est omnis divisa in partes tres".utf8), nonce: nonce, associated: header)
        #expect(sealed.hex == expected)
    }

    @Test(
        "SRTCP with AES-GCM (RFC 7714 §17.1, §17.2)",
        arguments: [
            (
                shortKey,
                "63e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b4686303ded0bb9275b"
                    + "c84aa45896cf4d2fc5abf87245d9eade"
            ),
            (
                longKey,
                "d50ae4d1f5ce5d304ba297e47d470c282c3ece5dbffe0a50a2eaa5c1110555be8415f658c61de0476f1b6fad"
                    + "1d1eb30c4446839f57ff6f6cb26ac3be"
            ),
        ])
    func srtcp(key: String, expected: String) {
        let header = [UInt8](hex: "81c8000d4d617273")
        let payload = [UInt8](
            hex: "4e5450314e545032525450200000042a0000e9304c756e61deadbeefdeadbeefdeadbeefdeadbeefdeadbeef")
        let nonce = ReferenceSRTP.gcmNonce(salt, Array(header[4...]), 0x5d4)
        #expect(nonce.hex == "517524055203726f207170bb")
        let sealed = ReferenceGCM(key: [UInt8](hex: key))
            .seal(
                payload, nonce: nonce, associated: header + [UInt8](hex: "800005d4"))
        #expect(sealed.hex == expected)
    }
}
