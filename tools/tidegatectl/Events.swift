import ArgumentParser
import Foundation

/// What happens, as it happens: `tidegatectl events --follow`.
struct Events: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tell what happens, as it happens.",
        discussion: """
            One line for each event of a session's life: connected, matched, gates changed, reported, cut … Ends only \
            when the server goes, or by Ctrl-C. With --json each line is one JSON object.
            """)

    @OptionGroup var server: ServerOptions

    @Flag(help: "Go on until the server goes. There is no other way yet: events before now are in 'explain'.")
    var follow = false

    @Option(parsing: .unconditional, help: "Only events about this peer.")
    var peer: String?

    @Option(parsing: .unconditional, help: "Only events about this pair.")
    var pair: String?

    @Option(help: "Only these kinds, with commas: matched,reported,pair_ended …")
    var kind: String?

    func validate() throws {
        guard follow else {
            throw ValidationError("events needs --follow; what has happened is told by 'tidegatectl explain'")
        }
    }

    func run() async throws {
        try await reporting {
            var query: [(name: String, value: String)] = []
            if let peer { query.append(("peer", peer)) }
            if let pair { query.append(("pair", pair)) }
            if let kind { query.append(("kind", kind)) }
            try await server.client()
                .follow("/v1/events", query: query) { event in
                    // At once, for whoever reads along.
                    if let line = line(of: event) {
                        FileHandle.standardOutput.write(Data((line + "\n").utf8))
                    }
                }
        }
    }

    private func line(of event: ServerSentEvent) -> String? {
        if event.name == "lost" {
            warn("some events were lost, for this reader was too slow: \(event.data)")
            return nil
        }
        guard !server.json else { return SafeText.json(event.data) }
        guard let told = try? JSONDecoder().decode(Told.self, from: Data(event.data.utf8)) else { return nil }
        return SafeText.line("\(told.at) \(told.event): \(told.text)")
    }

    private struct Told: Decodable {
        let at: String
        let event: String
        let text: String
    }
}

/// One item of an event stream (WHATWG HTML, section 9.2.6).
struct ServerSentEvent: Equatable {
    var name = ""
    var data = ""
}

/// Takes an event stream apart, whatever pieces it comes in.
struct EventStreamReader {
    /// Longest line, in bytes; a longer one is passed over.
    private static let longest = 1_024 * 1_024

    private var line: [UInt8] = []
    private var current = ServerSentEvent()

    /// The events that these bytes complete.
    mutating func take(_ bytes: some Sequence<UInt8>) -> [ServerSentEvent] {
        var events: [ServerSentEvent] = []
        for byte in bytes {
            guard byte == UInt8(ascii: "\n") else {
                if line.count < Self.longest { line.append(byte) }
                continue
            }
            if line.last == UInt8(ascii: "\r") { line.removeLast() }
            if let event = end(of: String(decoding: line, as: UTF8.self)) { events.append(event) }
            line = []
        }
        return events
    }

    private mutating func end(of line: String) -> ServerSentEvent? {
        guard !line.isEmpty else {
            defer { current = ServerSentEvent() }
            return current.data.isEmpty ? nil : current
        }
        let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        var value = parts.count > 1 ? String(parts[1]) : ""
        if value.hasPrefix(" ") { value.removeFirst() }
        switch parts.first {
        case "event": current.name = value
        case "data": current.data += (current.data.isEmpty ? "" : "\n") + value
        default: break
        }
        return nil
    }
}
