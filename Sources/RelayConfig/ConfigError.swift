/// Everything that is wrong with one configuration file, so that one edit can mend it all.
package struct ConfigError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file as it was named on the command line.
    package let path: String
    /// At least one.
    package let problems: [ConfigProblem]

    package init(path: String, problems: [ConfigProblem]) {
        self.path = path
        self.problems = problems
    }

    package var description: String {
        let count = problems.count == 1 ? "1 problem" : "\(problems.count) problems"
        return (["\(path) has \(count):"] + problems.map { "  \($0)" }).joined(separator: "\n")
    }
}
