import Foundation
import Testing

/// What `tidegatectl --experimental-dump-help` tells of the commands.
struct HelpTree: Decodable {
    struct Command: Decodable {
        struct Argument: Decodable {
            struct Name: Decodable { let name: String }

            let names: [Name]?
        }

        let commandName: String
        let subcommands: [Command]?
        let arguments: [Argument]?

        /// Every command as it is typed, the program's own name left out.
        var paths: [[String]] {
            [[]] + children.flatMap { child in child.paths.map { [child.commandName] + $0 } }
        }

        /// Every command that does something, as it is typed, with its options.
        var leaves: [(path: [String], options: Set<String>)] {
            guard !children.isEmpty else { return [([], options)] }
            return children.flatMap { child in
                child.leaves.map { (path: [child.commandName] + $0.path, options: $0.options) }
            }
        }

        private var children: [Command] { (subcommands ?? []).filter { $0.commandName != "help" } }
        private var options: Set<String> { Set((arguments ?? []).flatMap { $0.names ?? [] }.map(\.name)) }
    }

    let command: Command

    static func of(_ folder: ProgramFolder) async throws -> Command {
        let dump = try await Program.run("tidegatectl", ["--experimental-dump-help"], in: folder.path)
        return try JSONDecoder().decode(HelpTree.self, from: Data(dump.output.utf8)).command
    }
}
