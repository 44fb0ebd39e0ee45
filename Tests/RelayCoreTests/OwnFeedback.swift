import Testing
import Wire

/// What a browser reads in RTCP.
enum OwnFeedback: Equatable {
    case arrivals(Arrivals)
    case report([RTCPReportBlock])
    case limit(UInt64, sources: [UInt32])
    case other(UInt8)

    struct Arrivals: Equatable {
        var sender: UInt32
        var media: UInt32
        var count: UInt8
        /// Every number that it speaks of, with its time in 250 µs, or `nil` where it was lost.
        var times: [Time]
    }

    struct Time: Equatable {
        var number: UInt16
        var ticks: Int64?
    }

    static func read(_ packet: [UInt8]) throws -> [OwnFeedback] {
        var result: [OwnFeedback] = []
        var blocks = try RTCPCompound(packet.span.bytes)
        while let block = blocks.next() {
            switch (block.packetType, block.format) {
            case (201, _):
                let view = try ReceiverReportView(block)
                result.append(.report((0..<view.reportCount).compactMap { view.report(at: $0) }))
            case (205, 15):
                let view = try TransportFeedbackView(block)
                var arrivals = Arrivals(
                    sender: view.senderSource, media: view.mediaSource, count: view.feedbackCount, times: [])
                var ticks = Int64(view.referenceTime) * 256
                var statuses = view.statuses
                while let status = statuses.next() {
                    if let delta = status.delta { ticks += Int64(delta) }
                    arrivals.times.append(
                        Time(number: status.sequenceNumber, ticks: status.delta == nil ? nil : ticks))
                }
                result.append(.arrivals(arrivals))
            case (206, 15):
                let view = try REMBView(block)
                result.append(
                    .limit(
                        view.bitrate, sources: (0..<view.sourceCount).compactMap { view.source(at: $0) }))
            default: result.append(.other(block.packetType))
            }
        }
        return result
    }
}

extension TestBrowser {
    /// Everything that the server and the partner have told it.
    var told: [OwnFeedback] { get throws { try feedback.flatMap(OwnFeedback.read) } }

    var arrivals: [OwnFeedback.Arrivals] {
        get throws { try told.compactMap { if case .arrivals(let arrivals) = $0 { arrivals } else { nil } } }
    }

    var reports: [RTCPReportBlock] {
        get throws {
            try told.flatMap { feedback -> [RTCPReportBlock] in
                if case .report(let blocks) = feedback { blocks } else { [] }
            }
        }
    }

    var limits: [UInt64] {
        get throws { try told.compactMap { if case .limit(let bitrate, _) = $0 { bitrate } else { nil } } }
    }
}
