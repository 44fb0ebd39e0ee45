import ArgumentParser
import Foundation

/// What happens, as it happens: `tidegatectl events --follow`.
struct Events: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tell what happens, as it happens.",
        discussion: """
            One line for each event of a session's life: connected, matched, gates changed, reported, cut … Ends only \
            when the server goes, or by Ctrl-C; with --reconnect by Ctrl-C alone. With --json each line is a JSON \
            object.
            """)

    @OptionGroup var server: ServerOptions

    @Flag(help: "Go on until the server goes. There is no other way yet: events before now are in 'explain'.")
    var follow = false

    @Flag(help: "When the server goes, wait until it is back, and go on with what was missed meanwhile.")
    var reconnect = false

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
            let client = try server.client()
            var last: String?
            var hasBegun = false
            while true {
                do throws(AdminFailure) {
                    try await client.follow(
                        "/v1/events", query: query, after: hasBegun ? last ?? "none" : nil
                    ) { event in
                        if !event.id.isEmpty { last = event.id }
                        if let line = line(of: event) { print(line) }
                    }
                    guard reconnect else { throw client.hasGone }
                    hasBegun = true
                    note("\(client.hasGone); waiting for it", server)
                } catch {
                    // One that was never there is not waited for, nor one that does not let this user in.
                    guard reconnect, hasBegun, case .unreachable = error else { throw error }
                }
                try await Task.sleep(for: .seconds(1))
            }
        }
    }

    private func line(of event: ServerSentEvent) -> String? {
        if event.name == "lost" {
            note("some events are missing here: \(event.data)", server)
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
    var id = ""
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
        case "id": current.id = value
        case "event": current.name = value
        case "data": current.data += (current.data.isEmpty ? "" : "\n") + value
        default: break
        }
        return nil
    }
}
