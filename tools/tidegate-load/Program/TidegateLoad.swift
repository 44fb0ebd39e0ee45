internal import ArgumentParser
internal import LoadEngine

/// Thousands of strangers against one server, and a verdict.
@main
internal struct TidegateLoad: AsyncParsableCommand {
    internal static let configuration = CommandConfiguration(
        commandName: "tidegate-load", abstract: "Thousands of strangers against one server, and a verdict.")

    internal func run() async throws {}
}
