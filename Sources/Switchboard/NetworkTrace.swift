import Foundation
import RelayTypes
import Sealing
import Storage

/// Where one person came from, for a report about them; kept only where it can be sealed.
struct NetworkTrace {
    enum Event: String {
        case hello, join, connected, moved, reported
    }

    /// Most events of one person: the first, and the latest.
    static let most = 64

    private(set) var events: [CaptureEvent] = []
    /// Where the media came from last.
    private(set) var media: Endpoint?

    mutating func note(_ event: Event, from address: String, port: UInt16, at date: Date) {
        if events.count == Self.most { events.remove(at: 1) }
        events.append(CaptureEvent(event: event.rawValue, at: date, address: address, port: Int(port)))
    }

    mutating func note(_ event: Event, from endpoint: Endpoint, at date: Date) {
        media = endpoint
        note(event, from: endpoint.address, port: endpoint.port, at: date)
    }
}
