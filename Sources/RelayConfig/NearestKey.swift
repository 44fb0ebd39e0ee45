/// Finds the key that was probably meant.
///
/// - Parameters:
///   - key: what the file says, with its section.
///   - candidates: every key that there is.
/// - Returns: the candidate with the fewest edits, or the only one with the same last part in another section;
///   `nil` where nothing is near.
func nearestKey(to key: String, among candidates: some Collection<String>) -> String? {
    let allowed = max(1, min(4, key.utf8.count / 4))
    let ranked = candidates.map { (name: $0, distance: editDistance(key, $0)) }
        .sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }
    if let best = ranked.first, best.distance <= allowed { return best.name }

    let leaf = lastPart(of: key)
    let sameLeaf = candidates.filter { lastPart(of: $0) == leaf }.sorted()
    return sameLeaf.first
}

private func lastPart(of key: String) -> Substring { key.split(separator: ".").last ?? "" }

/// Insertions, deletions, substitutions and swaps of neighbours between two texts (optimal string alignment).
func editDistance(_ left: String, _ right: String) -> Int {
    let a = Array(left.utf8.prefix(128))
    let b = Array(right.utf8.prefix(128))
    if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
    var beforeLast = [Int](repeating: 0, count: b.count + 1)
    var last = Array(0...b.count)
    for i in 1...a.count {
        var row = [i] + [Int](repeating: 0, count: b.count)
        for j in 1...b.count {
            let substitution = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
            row[j] = min(last[j] + 1, row[j - 1] + 1, substitution)
            if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
                row[j] = min(row[j], beforeLast[j - 2] + 1)
            }
        }
        beforeLast = last
        last = row
    }
    return last[b.count]
}
