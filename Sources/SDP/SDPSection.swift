/// The session part of a description, or one of its media sections: a first line and its attributes.
struct SDPSection {
    /// `a=name:value` or `a=name` (RFC 8866 §5.13).
    struct Attribute {
        let name: Substring
        /// Empty for a property attribute.
        let value: Substring
        let line: SDPLine
    }

    /// The `v=` or `m=` line.
    let first: SDPLine
    private(set) var attributes: [Attribute] = []

    init(_ first: SDPLine) { self.first = first }

    mutating func append(_ line: SDPLine) {
        guard line.kind == UInt8(ascii: "a") else { return }  // What else there is does not concern us.
        let parts = line.value.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let name = parts.first else { return }
        attributes.append(Attribute(name: name, value: parts.count > 1 ? parts[1] : "", line: line))
    }

    /// All attributes of a name.
    func all(_ name: String) -> [Attribute] { attributes.filter { $0.name == name } }

    /// The attribute of a name that may stand once.
    func single(_ name: String) throws(SDPError) -> Attribute? {
        let found = all(name)
        guard found.count < 2 else {
            throw found[1].line
                .refused(
                    .duplicateAttribute, "a=\(name) stands here for the second time in one section")
        }
        return found.first
    }

    /// The attributes of a name that may stand once for each first word of its value, by that word.
    func keyed(_ name: String) throws(SDPError) -> [(key: Substring, rest: Substring, line: SDPLine)] {
        var seen: Set<Substring> = []
        var result: [(key: Substring, rest: Substring, line: SDPLine)] = []
        for attribute in all(name) {
            let words = attribute.value.split(separator: " ", maxSplits: 1)
            let key = words.first ?? ""
            guard seen.insert(key).inserted else {
                throw attribute.line.refused(
                    .duplicateAttribute,
                    "a=\(name) for '\(key)' stands here for the second time in one section")
            }
            result.append((key, words.count > 1 ? words[1] : "", attribute.line))
        }
        return result
    }

    /// Cuts a description into its session part and its media sections, after a look at the lines that each must
    /// begin with (RFC 8866 §5).
    static func read(_ text: String) throws(SDPError) -> (session: SDPSection, media: [SDPSection]) {
        let lines = try SDPLine.split(text)
        guard let first = lines.first else { throw SDPError(.notSDP, detail: "the description is empty") }
        guard first.kind == UInt8(ascii: "v"), first.value == "0" else {
            throw first.refused(.notSDP, "a description begins with 'v=0' (RFC 8866 §5.1)")
        }
        for (index, kind) in [UInt8(ascii: "o"), UInt8(ascii: "s")].enumerated() {
            let letter = String(decoding: [kind], as: UTF8.self)
            guard lines.count > index + 1 else {
                throw SDPError(.notSDP, detail: "the description ends before its '\(letter)=' line")
            }
            guard lines[index + 1].kind == kind else {
                throw lines[index + 1]
                    .refused(.notSDP, "line \(index + 2) must be '\(letter)=' (RFC 8866 §5)")
            }
        }
        var session = SDPSection(first)
        var media: [SDPSection] = []
        for line in lines.dropFirst() {
            if line.kind == UInt8(ascii: "m") {
                media.append(SDPSection(line))
            } else if media.isEmpty {
                session.append(line)
            } else {
                media[media.count - 1].append(line)
            }
        }
        return (session, media)
    }
}
