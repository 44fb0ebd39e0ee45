internal import FoundationEssentials
internal import RelayTypes

/// Parts of a record that nobody searches, as JSON text in one column.
enum StoredJSON {
    static func write(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// - Returns: `nil` where the text is not what ``write(_:)`` gives.
    static func read<Value: Decodable>(_ type: Value.Type, from text: String?) -> Value? {
        guard let text else { return nil }
        return try? JSONDecoder().decode(type, from: Data(text.utf8))
    }
}

/// A line of chat as it is kept.
struct StoredLine: Codable {
    let at: Int64
    let from: UInt8
    let text: String
    let held: Bool

    init(_ line: TranscriptLine) {
        at = line.at.milliseconds
        from = line.from.rawValue
        text = line.text
        held = line.wasHeld
    }

    var line: TranscriptLine? {
        Side(rawValue: from)
            .map {
                TranscriptLine(at: Date(milliseconds: at), from: $0, text: text, wasHeld: held)
            }
    }
}

/// The proof of a cut as it is kept.
struct StoredProof: Codable {
    let before: String
    let after: String
    let inForceAt: Int64
    let lastPacketAt: Int64?
    let latencyMicroseconds: Int64
    let droppedSince: Int64?
    let countedUntil: Int64?

    init(_ proof: CutProof) {
        before = GatesText.write(proof.holdsBefore)
        after = GatesText.write(proof.holdsAfter)
        inForceAt = proof.inForceAt.milliseconds
        lastPacketAt = proof.lastPacketAt?.milliseconds
        latencyMicroseconds = proof.latencyMicroseconds
        droppedSince = proof.packetsDroppedSince
        countedUntil = proof.countedUntil?.milliseconds
    }

    var proof: CutProof? {
        guard let before = GatesText.read(before), let after = GatesText.read(after) else { return nil }
        return CutProof(
            holdsBefore: before, holdsAfter: after, inForceAt: Date(milliseconds: inForceAt),
            lastPacketAt: lastPacketAt.map(Date.init(milliseconds:)),
            latencyMicroseconds: latencyMicroseconds, packetsDroppedSince: droppedSince,
            countedUntil: countedUntil.map(Date.init(milliseconds:)))
    }
}
