/// A value of the configuration that can be shown as the file would say it.
protocol ConfigShowable {
    var configValue: ConfigValue { get }
}

extension String: ConfigShowable {
    var configValue: ConfigValue { .text(self) }
}

extension Array: ConfigShowable where Element: ConfigShowable {
    var configValue: ConfigValue { .list(map(\.configValue)) }
}

/// `nil` is the empty text.
extension Optional: ConfigShowable where Wrapped: ConfigShowable {
    var configValue: ConfigValue { map(\.configValue) ?? .text("") }
}

extension ListenAddress: ConfigShowable {
    var configValue: ConfigValue { .text(description) }
}

extension TokenAlgorithm: ConfigShowable {
    var configValue: ConfigValue { .text(rawValue) }
}

extension MediaSection.Listen: ConfigShowable {
    var configValue: ConfigValue {
        switch self {
        case .automatic: .text("auto")
        case .addresses(let addresses): addresses.configValue
        }
    }
}
