/// One wrong value, told so that the operator can mend it without reading the source.
package struct ConfigProblem: Error, Sendable, Equatable, CustomStringConvertible {
    /// The key with its section, `http.listen`; or the place in the file where there is no key, `line 3`.
    package let key: String
    /// What the file says.
    package let value: String
    package let mustBe: String
    package let hint: String

    package init(key: String, value: String, mustBe: String, hint: String) {
        self.key = key
        self.value = value
        self.mustBe = mustBe
        self.hint = hint
    }

    package var description: String { "\(key) is '\(value)' but must be \(mustBe); try \(hint)" }
}
