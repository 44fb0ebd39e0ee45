import ArgumentParser
import LoadEngine
import Testing

@testable import tidegate_load

@Suite("What the command line asks for")
struct OptionTests {
    private func parse(_ arguments: String...) throws -> RunCommand {
        try #require(try TidegateLoad.parseAsRoot(arguments) as? RunCommand)
    }

    @Test("without options it is a calm run on this machine's default port")
    func defaults() throws {
        let command = try parse()
        let target = try Target(command.target)
        #expect(target.authority == "127.0.0.1:8080" && target.isLoopback)
        let plan = try RunPlan(command, target)
        #expect(plan.mix == Mix(argument: "calm"))
        #expect(plan.videoBitrate == 1_000_000 && plan.packetTime == 20 && !plan.usesFullICE)
        #expect(plan.ramp == 1)
    }

    @Test("every option arrives")
    func everything() throws {
        let command = try parse(
            "--pairs", "500", "--ramp", "7", "--duration", "90", "--ptime", "60", "--audio-only", "--seed",
            "42",
            "--threads", "2", "--ice", "full", "--mix", "stays=1,next=1", "--stay", "fixed:5", "--avoid", "3",
            "--admin", "run/x.sock", "--json", "--html", "v.html", "--quiet", "--target", "localhost:9000")
        let plan = try RunPlan(command, try Target(command.target))
        #expect(plan.pairs == 500 && plan.ramp == 7 && plan.duration == 90 && plan.packetTime == 60)
        #expect(plan.videoBitrate == 0, "audio only")
        #expect(plan.seed == 42 && plan.threads == 2 && plan.usesFullICE && plan.avoidance == 3)
        #expect(plan.stay == .fixed(5) && plan.admin == "run/x.sock" && !plan.showsProgress)
        #expect(command.json && command.html == "v.html")
    }

    @Test(
        "what cannot be is refused",
        arguments: [
            ["--pairs", "0"], ["--pairs", "-3"], ["--pairs", "many"], ["--duration", "0"], ["--ramp", "-1"],
            ["--ptime", "30"], ["--video-bitrate", "1"], ["--threads", "0"], ["--ice", "none"],
            ["--mix", "nobody"], ["--mix", "stays=0"], ["--stay", "0"], ["--stay", "uniform:5-2"],
            ["--duration", "nan"], ["--ramp", "inf"], ["--no-such-option"],
        ])
    func refused(arguments: [String]) {
        #expect(throws: (any Error).self) { try TidegateLoad.parseAsRoot(arguments) }
    }

    @Test("a run has room for more pairs than its people can make in its time")
    func pairs() throws {
        let command = try parse("--pairs", "500", "--stay", "5", "--duration", "120")
        let plan = try RunPlan(command, try Target(command.target))
        #expect(plan.mostPairs >= 500 * 120 / 5)
    }
}

@Suite("Load on somebody else's server is refused")
struct TargetTests {
    @Test(
        "this machine needs no permission",
        arguments: [
            "http://127.0.0.1:8080", "127.0.0.1", "http://localhost:1", "LOCALHOST:2", "http://[::1]:8080",
            "127.1.2.3:80", "https://localhost",
        ])
    func loopback(text: String) throws {
        let target = try Target(text)
        #expect(target.isLoopback)
        try target.requirePermission(named: nil)
    }

    @Test(
        "what only looks like this machine needs permission",
        arguments: [
            "http://127.0.0.1.example.com", "http://localhost.example", "http://128.0.0.1", "http://127.0.1",
            "http://0.0.0.0:80", "http://[::2]", "http://127.0.0.256", "http://10.0.0.1",
        ])
    func lookalikes(text: String) throws {
        let target = try Target(text)
        #expect(!target.isLoopback)
        #expect(throws: LoadFailure.self) { try target.requirePermission(named: nil) }
    }

    @Test("the name must be repeated exactly")
    func exactly() throws {
        let target = try Target("https://chat.example")
        try target.requirePermission(named: "chat.example")
        for name in ["Chat.example", "chat.example.", "example", "", "https://chat.example"] {
            #expect(throws: LoadFailure.self) { try target.requirePermission(named: name) }
        }
        #expect(target.authority == "chat.example:443" && target.isSecure)
    }

    @Test(
        "what is no server's address is refused",
        arguments: [
            "", "http://", "ftp://127.0.0.1", "http://127.0.0.1/path", "http://127.0.0.1:0",
            "http://127.0.0.1:70000", "http://user@127.0.0.1", "http://127.0.0.1?x", "a b",
        ])
    func nonsense(text: String) {
        #expect(throws: LoadFailure.self) { try Target(text) }
    }
}
