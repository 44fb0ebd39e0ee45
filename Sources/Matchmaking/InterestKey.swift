/// What two spellings of one interest have in common: the form in which interests are compared.
///
/// ` Star  Wars`, `star wars` and `ＳＴＡＲ ＷＡＲＳ` are one interest. Case, width (full-width Latin, half-width
/// katakana), composition of accents and spaces at the ends or in a row do not count.
struct InterestKey: Sendable, Hashable {
    /// Compared as Swift compares strings: canonically equivalent texts are equal (Unicode, UAX #15).
    let text: String

    /// - Returns: `nil` where there is nothing but space.
    init?(_ spelling: String) {
        var scalars = String.UnicodeScalarView()
        var spacePending = false
        for scalar in spelling.unicodeScalars {
            let narrow = Self.ordinaryWidth(scalar)
            if narrow.properties.isWhitespace {
                spacePending = !scalars.isEmpty
                continue
            }
            if spacePending {
                scalars.append(" ")
                spacePending = false
            }
            scalars.append(narrow)
        }
        guard !scalars.isEmpty else { return nil }
        // Upper case first, so that `ß` and `SS`, or the two small sigmas, meet.
        text = String(scalars).uppercased().lowercased()
    }

    /// U+FF61 to U+FF9F, the half-width forms, in the order of their code points.
    private static let katakana = Array(
        ("。「」、・ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン"
            + "\u{3099}\u{309a}")
            .unicodeScalars)

    /// Source: Unicode, block "Halfwidth and Fullwidth Forms", U+FF01 to U+FF9F.
    private static func ordinaryWidth(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch scalar.value {
        case 0xff01...0xff5e: return Unicode.Scalar(scalar.value - 0xfee0) ?? scalar
        case 0xff61...0xff9f:
            let index = Int(scalar.value - 0xff61)
            return index < katakana.count ? katakana[index] : scalar
        default: return scalar
        }
    }
}
