import Foundation
import RelayTestKit

/// The synthetic people of `tools/bench`, told what to do by lines of JSON on standard input, one answer for each.
@main
struct BenchDriver {
    private struct Request: Decodable {
        let command: String
        var count: Int?
        var rate: Double?
        var seconds: Double?
        var stream: MediaStream?
        var payload: Int?
        var burst: Int?
        var file: String?
        var flows: String?
    }

    private let table: LegTable
    private let crowd: Crowd

    static func main() async throws {
        var options: [String: String] = [:]
        let words = Array(CommandLine.arguments.dropFirst())
        for index in stride(from: 0, to: words.count - 1, by: 2) { options[words[index]] = words[index + 1] }
        guard let descriptor = options["--socket"].flatMap({ Int32($0) }),
            let port = options["--http"].flatMap({ Int($0) }),
            let base = options["--base"].flatMap({ UInt32($0) })
        else { throw DriverError("tidegate-bench --socket FD --http PORT --base NUMBER [--profile NAME]") }
        let table = try LegTable(
            socket: DatagramSocket(descriptor: descriptor), base: base,
            profile: options["--profile"] ?? "SRTP_AEAD_AES_128_GCM")
        table.start()
        let driver = BenchDriver(table: table, crowd: Crowd(table: table, port: port))
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        while let line = readLine() {
            let answer: JSONValue
            do {
                answer = try await driver.perform(JSONDecoder().decode(Request.self, from: Data(line.utf8)))
            } catch { answer = ["error": .text("\(error)")] }
            FileHandle.standardOutput.write(try encoder.encode(answer) + Data("\n".utf8))
        }
    }

    private func perform(_ request: Request) async throws -> JSONValue {
        switch request.command {
        case "connect": try await crowd.connect(request.count ?? 2)
        case "pairs": return ["pairs": .array(await crowd.pairs.map(JSONValue.text))]
        case "accept": try await crowd.accept()
        case "prime": try await crowd.prime()
        case "quiet": table.setQuiet(true)
        case "listen": table.setQuiet(false)
        case "consent": table.renewConsent()
        case "knock": try await crowd.knock(request.count ?? 1)
        case "churn":
            let done = try await crowd.churn(rate: request.rate ?? 1, seconds: request.seconds ?? 1)
            return ["connected": .integer(Int64(done))]
        case "make":
            let maker = PacketMaker(
                table: table, stream: request.stream ?? .video, payload: request.payload ?? 1_200,
                burst: request.burst ?? 1)
            let made = try maker.make(
                packets: request.count ?? 1, file: request.file ?? "", flows: request.flows ?? "")
            return ["length": .integer(Int64(made.length)), "packets": .integer(Int64(made.packets))]
        case "check":
            let result = try SampleCheck(
                table: table, stream: request.stream ?? .video, packetsPerFlow: request.count ?? 0
            )
            .check(request.file ?? "")
            return [
                "right": .integer(Int64(result.right)), "wrong": .integer(Int64(result.wrong)),
                "undecipherable": .integer(Int64(result.undecipherable)),
            ]
        default: throw DriverError("unknown command \(request.command)")
        }
        return ["ok": true]
    }
}
