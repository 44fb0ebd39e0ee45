import Testing

@testable import Hooks

@Suite("Requests are signed as Standard Webhooks 1.0 says")
struct SecretTests {
    @Test("the standard's own example")
    func vector() throws {
        let secret = try HookSecret(text: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n")
        #expect(
            secret.signature(
                id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1_614_265_330, body: "{\"test\": 2432232314}")
                == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }

    @Test("two secrets give two signatures, the newest first")
    func rotation() throws {
        let (old, new) = ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
        func sign(_ text: String) throws -> String {
            try HookSecret(text: text).signature(id: "a", timestamp: 1, body: "{}")
        }
        #expect(try sign(new + "\n\n" + old) == "\(try sign(new)) \(try sign(old))")
    }

    @Test(
        "what is no secret is named by its line",
        arguments: [
            ("", HookSecret.Fault.none), ("\n \n", .none), ("whsec_!!", .malformed(line: 1)),
            ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", .malformed(line: 1)),
            ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\nwhsec_AAAA", .length(line: 2)),
        ])
    func faults(text: String, fault: HookSecret.Fault) {
        #expect(throws: fault) { try HookSecret(text: text) }
    }
}
