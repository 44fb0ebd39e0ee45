import ArgumentParser

/// `tidegatectl worker …`.
struct Worker: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "See the media workers.", subcommands: [WorkerList.self])
}

/// The media workers and how busy they are: `tidegatectl worker list`.
struct WorkerList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the media workers, and how busy each is.")

    @OptionGroup var server: ServerOptions

    func run() async throws {
        try await reporting {
            let answer = try await server.client().get("/v1/workers", as: WorkerListAnswer.self)
            guard !server.json else { return print(SafeText.json(answer.json)) }
            let rows = answer.value.workers.map { worker in
                [
                    "\(worker.worker)", "\(worker.port)", "\(worker.legs)/\(worker.capacity)",
                    "\(worker.pairs)",
                    "\(Int((worker.busy * 100).rounded())) %",
                    "\(Int(clamping: Int64(worker.packetsPerSecond.rounded())))",
                    worker.stuck ? "stuck" : "runs",
                ]
            }
            print(
                Layout.terminal.table(
                    ["WORKER", "PORT", "LEGS", "PAIRS", "BUSY", "PACKETS/S", "STATE"], rows), terminator: "")
        }
    }
}

/// `GET /v1/workers`.
struct WorkerListAnswer: Decodable {
    struct Row: Decodable {
        let worker: Int
        let port: Int
        let legs: Int
        let capacity: Int
        let pairs: Int
        let stuck: Bool
        let busy: Double
        let packetsPerSecond: Double

        private enum CodingKeys: String, CodingKey {
            case worker, port, legs, capacity, pairs, stuck, busy
            case packetsPerSecond = "packets_per_second"
        }
    }

    let workers: [Row]
}
