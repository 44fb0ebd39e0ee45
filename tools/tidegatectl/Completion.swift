import ArgumentParser

/// What the shell needs to complete commands: `tidegatectl completion bash`.
struct Completion: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the completion script for a shell.",
        discussion: """
            bash: tidegatectl completion bash > /etc/bash_completion.d/tidegatectl

            zsh: tidegatectl completion zsh > "${fpath[1]}/_tidegatectl"

            fish: tidegatectl completion fish > ~/.config/fish/completions/tidegatectl.fish
            """)

    enum Shell: String, ExpressibleByArgument, CaseIterable { case bash, zsh, fish }

    @Argument(help: "bash, zsh or fish.")
    var shell: Shell

    func run() async throws {
        let kind: CompletionShell =
            switch shell {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        print(Tidegatectl.completionScript(for: kind))
    }
}
