import Foundation

/// What a command would do, told instead of done: `--dry-run`.
struct DryRun: Encodable {
    let isDryRun = true
    /// The deed and its object, as a sentence goes on after "would".
    let would: String
    /// The peers that it would concern.
    var peers: [String] = []
    /// What would change for each, or follow from it.
    var effects: [Effect] = []

    struct Effect: Encodable {
        let name: String
        let value: String
    }

    private enum CodingKeys: String, CodingKey {
        case would, peers, effects
        case isDryRun = "dry_run"
    }

    /// Prints it as a sentence and a list, or as JSON.
    func tell(_ server: ServerOptions) throws {
        if server.json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return print(SafeText.json(String(decoding: try encoder.encode(self), as: UTF8.self)))
        }
        print("would " + SafeText.line(would))
        let lines = effects.map { (name: $0.name, value: $0.value) }
        print(Layout.terminal.list(lines, indent: 2), terminator: "")
    }
}
