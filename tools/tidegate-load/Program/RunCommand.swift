internal import ArgumentParser
internal import Foundation

/// `tidegate-load [run]`: the load test itself.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Send a crowd to a server, and give a verdict.",
        discussion: """
            Exit status: 0 clean; 1 a leak, a cheat that got through or a repeated
            partner; 2 wrong usage; 3 the run could not be made; 4 the server does
            not believe the test issuer.
            """)

    @Option(help: "The server's public address.")
    var target = "http://127.0.0.1:8080"

    @Option(help: "Its admin API, for CPU and memory: a socket's path, or http://…")
    var admin: String?

    @Option(help: "The file with the admin token, for an address in --admin.")
    var adminTokenFile: String?

    @Option(help: "How many pairs of people.")
    var pairs = 10

    @Option(help: "Seconds in which they come. Default: 100 people a second.")
    var ramp: Double?

    @Option(help: "Seconds that are measured after the ramp.")
    var duration = 30.0

    @Option(help: "Milliseconds of sound in one packet: 20, 40 or 60.")
    var ptime = 20

    @Option(help: "Bits of video a second that everybody sends.")
    var videoBitrate = 1_000_000

    @Flag(help: "No video at all.")
    var audioOnly = false

    @Option(help: "The same seed gives the same behaviour.")
    var seed: UInt64 = 1

    @Option(help: "Threads for media.")
    var threads = 1

    @Option(help: "Who does ICE: light (our own code) or full (libnice; slower).")
    var ice = ICE.light

    @Option(help: ArgumentHelp(Self.mixHelp, valueName: "mix"))
    var mix = Mix(argument: "calm") ?? Mix([.stays: 1])

    @Option(
        help: "How long people stay: a median in seconds, fixed:S or uniform:S-S.")
    var stay = StayLength.exponential(median: 30)

    @Option(help: "The server's policy.avoid_recent: so many partners are not met again.")
    var avoid = 10

    @Option(
        parsing: .unconditional,
        help:
            "The folder that 'tidegate-load issuer' has made. Default: the server's own issuer, in development."
    )
    var issuer: String?

    @Option(help: "The server's attestation.audience.")
    var audience = "tidegate"

    @Flag(help: "Print the verdict as JSON.")
    var json = false

    @Option(parsing: .unconditional, help: "Write the verdict as a page, too.")
    var html: String?

    @Flag(help: "Show no progress.")
    var quiet = false

    @Option(
        name: .customLong("i-own-this-host"),
        help: ArgumentHelp(
            "Needed for a target that is not this machine: its name, once more.", valueName: "name"))
    var ownedHost: String?

    enum ICE: String, ExpressibleByArgument, CaseIterable, Sendable { case light, full }

    private static var mixHelp: String {
        let presets = Mix.presets.map { "\($0.name) (\($0.explanation))" }.joined(separator: ", ")
        return "Who comes: \(presets); or shares such as stays=60,next=20,report=5. The kinds are in 'kinds'."
    }

    func validate() throws {
        func require(_ holds: Bool, _ sentence: String) throws {
            if !holds { throw ValidationError(sentence) }
        }
        try require((1...50_000).contains(pairs), "--pairs is 1 to 50000")
        try require((1...86_400).contains(duration), "--duration is 1 to 86400 s")
        try require(ramp.map { (0...86_400).contains($0) } ?? true, "--ramp is 0 to 86400 s")
        try require([20, 40, 60].contains(ptime), "--ptime is 20, 40 or 60")
        try require((50_000...20_000_000).contains(videoBitrate), "--video-bitrate is 50000 to 20000000")
        try require((1...64).contains(threads), "--threads is 1 to 64")
        try require((0...10_000).contains(avoid), "--avoid is 0 to 10000")
        try require(!issuerIsEmpty, "--issuer is the folder that 'tidegate-load issuer' has made")
    }

    private var issuerIsEmpty: Bool { issuer?.isEmpty == true }

    func run() async throws {
        try await reporting {
            let target = try Target(target)
            try target.requirePermission(named: ownedHost)
            let plan = try RunPlan(self, target)
            let verdict = try await LoadRun(plan).run()
            try publish(verdict)
            if verdict.exitStatus != 0 { throw ExitCode(verdict.exitStatus) }
        }
    }

    private func publish(_ verdict: Verdict) throws {
        if let html {
            do { try Data(verdict.html.utf8).write(to: URL(filePath: html)) } catch {
                Console.complain("the page cannot be written to \(html)")
            }
        }
        let output = json ? try verdict.json() : Data(verdict.text.utf8)
        FileHandle.standardOutput.write(output)
    }
}

/// `tidegate-load kinds`.
struct KindsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kinds", abstract: "Name the kinds of people for --mix, and the mixes that have a name.")

    func run() {
        for kind in Kind.allCases {
            let gap = String(repeating: " ", count: max(16 - kind.rawValue.count, 1))
            print("\(kind.rawValue)\(gap)\(kind.explanation)")
        }
        for preset in Mix.presets {
            print("\n\(preset.name): \(preset.explanation)")
            for line in Verdict.wrapped(preset.mix.text, indent: 2) { print(line) }
        }
    }
}

/// Standard error, one sentence at a time.
enum Console {
    static func complain(_ sentence: String) {
        let line = sentence.map { $0.isNewline ? " " : $0 }
        FileHandle.standardError.write(Data("tidegate-load: \(String(line))\n".utf8))
    }
}

/// Runs a command's body; a failure becomes one sentence on standard error and its exit status.
func reporting(_ body: () async throws -> Void) async throws {
    do { try await body() } catch let failure as LoadFailure {
        Console.complain(failure.sentence)
        throw ExitCode(failure.exitStatus)
    }
}
