import Foundation
import ReferenceTools
import RelayTestKit
import RelayTypes
import Testing

@Suite("tidegatectl pcap with two people at synthetic browsers", .serialized)
struct PcapTests {
    private static let configuration =
        ProgramFolder.development + "[policy]\nconsent = \"off\"\nmatch_wait = 0\n"

    /// Two who see and hear each other.
    private func couple(_ port: Int) async throws -> [Visitor] {
        var visitors: [Visitor] = []
        for number in 1...2 as ClosedRange<UInt32> {
            let visitor = try await Visitor.arrive(port: port, BrowserConfiguration(senderID: number))
            _ = try await visitor.attest(try await People.token(visitor.nonce, port: port))
            try await visitor.join()
            visitors.append(visitor)
        }
        for visitor in visitors { try await visitor.meet() }
        for visitor in visitors {
            #expect(await visitor.record.wait { $0.packetCount > 20 })
        }
        return visitors
    }

    private func read(_ folder: ProgramFolder, _ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(filePath: folder.path + "/" + name)))
    }

    /// What a synthetic browser writes into every payload.
    private static let mark = Array("TIDE".utf8)

    private func containsMark(_ bytes: [UInt8]) -> Bool {
        bytes.indices.dropLast(3)
            .contains { bytes[$0] == Self.mark[0] && Array(bytes[$0..<($0 + 4)]) == Self.mark }
    }

    @Test("writes headers that tools can read, no payload, and is in the audit log")
    func headers() async throws {
        let folder = try ProgramFolder(Self.configuration)
        let server = try folder.start()
        let visitors = try await couple(try await server.ready().http)
        let pair = visitors[0].pair.text
        let state = try await Program.run(
            "tidegatectl",
            ["--as", "Ada", "pcap", pair, "--duration", "2", "--output", "pair.pcapng", "--json"],
            in: folder.path)
        #expect(state.status == 0, "\(state)")
        let bytes = try read(folder, "pair.pcapng")
        #expect(!containsMark(bytes))
        let file = try PcapngReader(bytes)
        let told = try JSONDecoder().decode(JSONValue.self, from: Data(state.output.utf8))
        #expect(told["packets"]?.int == file.packets.count && told["bytes"]?.int == bytes.count)
        #expect(file.interfaces.count == 2 && file.interfaces.allSatisfy { ($0.received ?? 0) > 0 })
        let media = file.packets.filter { $0.payload.count >= 12 && !(200...206).contains($0.payload[1]) }
        for direction in 1...2 {
            for interface in 0...1 {
                #expect(media.contains { $0.direction == direction && $0.interface == interface })
            }
        }
        // Nothing behind the header: 12 bytes, and an extension of a few elements.
        #expect(media.allSatisfy { $0.payload.count <= 40 && $0.payloadLength > $0.payload.count })
        #expect(file.packets.contains { $0.payload.count >= 8 && (200...206).contains($0.payload[1]) })
        #expect(!file.packets.contains { $0.source.hasPrefix("127.") || $0.destination.hasPrefix("127.") })
        let mode =
            try FileManager.default.attributesOfItem(atPath: folder.path + "/pair.pcapng")[.posixPermissions]
        #expect((mode as? NSNumber)?.intValue == 0o600)

        let log = try await Program.run("tidegatectl", ["audit", "show", "--json"], in: folder.path)
        let entries = try #require(
            try JSONDecoder().decode(JSONValue.self, from: Data(log.output.utf8))["entries"]?.elements)
        #expect(
            entries.contains {
                $0["what"] == "pair.capture" && $0["who"] == "Ada" && $0["subject"]?.string == pair
            })

        let one = try await Program.run(
            "tidegatectl",
            [
                "pcap", pair, "--peer", visitors[0].peer.text, "--direction", "in", "--duration", "1",
                "--output",
                "one.pcapng",
            ],
            in: folder.path)
        #expect(one.status == 0 && one.output.hasPrefix("wrote one.pcapng: "), "\(one)")
        let half = try PcapngReader(try read(folder, "one.pcapng"))
        #expect(half.interfaces.map(\.name) == ["leg of \(visitors[0].peer.text)"])
        #expect(!half.packets.isEmpty && half.packets.allSatisfy { $0.direction == 1 })

        let tshark = "/usr/bin/tshark"
        if FileManager.default.isExecutableFile(atPath: tshark) {
            let seen = try await Program(
                path: tshark,
                [
                    "-r", "pair.pcapng", "-d", "udp.port==50000,rtp", "-Y", "rtp", "-T", "fields", "-e",
                    "rtp.ssrc",
                ],
                in: folder.path
            )
            .end()
            #expect(seen.status == 0 && seen.output.contains("0x"), "\(seen)")
        }
        for visitor in visitors { try await visitor.leave() }
        server.signal(SIGTERM)
        #expect(try await server.end().status == 0)
    }

    @Test(
        "payload is refused, and given only where the configuration says so; refusals leave no file and no entry"
    )
    func payload() async throws {
        for permitted in [false, true] {
            let folder = try ProgramFolder(
                Self.configuration + "[admin]\npcap_payload = \(permitted)\npcap_seconds = 5\n")
            let server = try folder.start()
            let visitors = try await couple(try await server.ready().http)
            let pair = visitors[0].pair.text
            let state = try await Program.run(
                "tidegatectl",
                ["pcap", pair, "--duration", "1", "--no-headers-only", "--output", "all.pcapng"],
                in: folder.path)
            #expect(state.status == (permitted ? 0 : 1), "\(state)")
            #expect(FileManager.default.fileExists(atPath: folder.path + "/all.pcapng") == permitted)
            if permitted {
                let bytes = try read(folder, "all.pcapng")
                #expect(containsMark(bytes))
                #expect(try !PcapngReader(bytes).packets.isEmpty)
            } else {
                #expect(state.errors.contains("admin.pcap_payload"))
            }
            try folder.write("precious", to: "old")
            for (arguments, status) in [
                ([pair, "--duration", "6", "--output", "old"], 1), (["nobody", "--output", "old"], 1),
                ([pair, "--peer", "nobody", "--output", "old"], 1),
                ([pair, "--output", "no/such/folder"], 1),
                ([pair, "--output", "/dev/full", "--duration", "1"], 1), ([pair, "--output", ""], 64),
                ([pair, "--output", "old", "--duration", "0"], 64),
                ([pair, "--direction", "up", "--output", "old"], 64),
            ] as [([String], Int32)] {
                let refused = try await Program.run("tidegatectl", ["pcap"] + arguments, in: folder.path)
                #expect(refused.status == status, "\(arguments): \(refused)")
                #expect(refused.output.isEmpty && !refused.errors.isEmpty)
            }
            #expect(try String(contentsOfFile: folder.path + "/old", encoding: .utf8) == "precious")
            for visitor in visitors { try await visitor.leave() }
            server.signal(SIGTERM)
            #expect(try await server.end().status == 0)
        }
    }

    @Test("the end of the pair ends it; a reader that goes away frees the place for the next")
    func ends() async throws {
        let folder = try ProgramFolder(Self.configuration)
        let server = try folder.start()
        let visitors = try await couple(try await server.ready().http)
        let pair = visitors[0].pair.text
        let gone = try Program(
            "tidegatectl", ["pcap", pair, "--duration", "60", "--output", "gone.pcapng"], in: folder.path)
        #expect(await hasBegun(folder, "gone.pcapng", visitors[0]))
        let busy = try await Program.run(
            "tidegatectl", ["pcap", pair, "--duration", "1", "--output", "busy.pcapng"], in: folder.path)
        #expect(busy.status == 1 && busy.errors.contains("try again later"), "\(busy)")
        gone.signal(SIGKILL)
        _ = try await gone.end()
        // The server notices at its next piece.
        var free = busy
        for _ in 0..<100 where free.status != 0 && free.errors.contains("try again later") {
            free = try await Program.run(
                "tidegatectl", ["pcap", pair, "--duration", "1", "--output", "next.pcapng"], in: folder.path)
        }
        #expect(free.status == 0, "\(free)")

        let cut = try Program(
            "tidegatectl", ["pcap", pair, "--duration", "60", "--output", "-"], in: folder.path,
            output: try writable(folder, "cut.pcapng"))
        #expect(await hasBegun(folder, "cut.pcapng", visitors[0]))
        #expect(try await Program.run("tidegatectl", ["pair", "cut", pair], in: folder.path).status == 0)
        #expect(try await cut.end().status == 0)
        #expect(try PcapngReader(try read(folder, "cut.pcapng")).interfaces.count == 2)
        for visitor in visitors { try await visitor.leave() }
        server.signal(SIGTERM)
        #expect(try await server.end().status == 0)
    }

    private func writable(_ folder: ProgramFolder, _ name: String) throws -> FileHandle {
        try folder.write("", to: name)
        return try FileHandle(forWritingTo: URL(filePath: folder.path + "/" + name))
    }

    /// Waits until a capture has begun to write; people who send meanwhile are what wakes it up.
    private func hasBegun(_ folder: ProgramFolder, _ name: String, _ visitor: Visitor) async -> Bool {
        let path = folder.path + "/" + name
        return await visitor.record.wait { _ in
            let attributes = try? FileManager.default.attributesOfItem(atPath: path)
            return (attributes?[.size] as? NSNumber)?.intValue ?? 0 > 100
        }
    }
}
