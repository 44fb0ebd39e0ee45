internal import Crypto
internal import FoundationEssentials

/// A configuration file as it was read: what it means, what each key holds, and what the files that it names hold.
package struct LoadedConfig: Sendable, Equatable {
    /// As it was named on the command line.
    package let path: String
    package internal(set) var config: TidegateConfig
    /// What holds for each key, defaults included: `http.listen`, `policy.bands[1].name`.
    package internal(set) var values: [String: ConfigValue]
    /// SHA-256 (FIPS 180-4) of the file in hexadecimal digits, as `sha256sum` shows it.
    package internal(set) var sha256: String
    /// The same of the files that keys name.
    internal var contents: [String: String]

    /// Reads a file and everything that it names.
    ///
    /// - Throws: every problem at once.
    package static func load(path: String) throws(ConfigError) -> LoadedConfig {
        let bytes: [UInt8]
        do {
            bytes = try FileProbe.read(path)
        } catch {
            let problem = ConfigProblem(
                key: "the file", value: path, mustBe: "a file that can be read (\(error.reason))",
                hint: "--config conf/tidegate.toml, relative to the working directory")
            throw ConfigError(path: path, problems: [problem])
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            let problem = ConfigProblem(
                key: "the file", value: path, mustBe: "UTF-8 text (TOML 1.0)", hint: "saving it as UTF-8")
            throw ConfigError(path: path, problems: [problem])
        }
        return try parse(text, path: path)
    }

    /// Reads the text of a file; files that it names are looked at, relative to the working directory.
    ///
    /// - Parameter path: what messages call the text.
    package static func parse(_ text: String, path: String) throws(ConfigError) -> LoadedConfig {
        let document: [String: ConfigValue]
        do {
            document = try ConfigValue.document(text)
        } catch {
            throw ConfigError(path: path, problems: [error])
        }
        let (config, reading) = TidegateConfig.read(document)
        guard reading.problems.isEmpty else { throw ConfigError(path: path, problems: reading.problems) }
        return LoadedConfig(
            path: path, config: config, values: reading.values, sha256: RelayConfig.sha256(Array(text.utf8)),
            contents: reading.contents)
    }

    /// What holds where the file says nothing.
    package static var defaults: [String: ConfigValue] { shown(TidegateConfig.read([:]).reading.values) }

    /// ``values`` for people to see: of a secret only whether it is set.
    package var shownValues: [String: ConfigValue] { Self.shown(values) }

    private static func shown(_ values: [String: ConfigValue]) -> [String: ConfigValue] {
        Dictionary(
            uniqueKeysWithValues: values.map { key, value in
                let isSecret = secrets.contains { key.hasSuffix($0) } && value != .text("")
                if case .text(let url) = value, addresses.contains(key) {
                    return (key, .text(HooksSection.withoutSecrets(url)))
                }
                return (key, isSecret ? .text(set) : value)
            })
    }

    /// What is shown of a secret.
    package static let set = "(set)"
    private static let secrets = [".key_sha256"]
    /// Of these the query is not shown.
    private static let addresses = ["hooks.events_url", "hooks.decisions_url"]
}

/// SHA-256 (FIPS 180-4) in hexadecimal digits.
func sha256(_ bytes: [UInt8]) -> String {
    SHA256.hash(data: Data(bytes)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
