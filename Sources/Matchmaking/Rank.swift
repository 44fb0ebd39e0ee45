/// How well a partner suits somebody: the lower, the better.
struct Rank: Comparable {
    private let isOverdue: Bool
    private let shared: Int
    private let isChoosyStranger: Bool
    private let talks: Bool
    private let isElsewhere: Bool
    private let place: Place

    /// - Parameter partner: as it is shelved.
    init(_ partner: Waiting, for seeker: Waiting) {
        isOverdue = partner.shelvedAs == .overdue
        isElsewhere = partner.seeker.worker != seeker.seeker.worker
        place = partner.place
        // An overdue partner goes before all, whatever else is to be said.
        shared = isOverdue ? 0 : seeker.sharedInterests(with: partner).count
        isChoosyStranger = shared == 0 && partner.shelvedAs == .choosy
        talks = isOverdue || seeker.sharesLanguage(with: partner)
    }

    static func < (one: Rank, other: Rank) -> Bool {
        if one.isOverdue != other.isOverdue { return one.isOverdue }
        if one.shared != other.shared { return one.shared > other.shared }
        if one.isChoosyStranger != other.isChoosyStranger { return other.isChoosyStranger }
        if one.talks != other.talks { return one.talks }
        if one.isElsewhere != other.isElsewhere { return other.isElsewhere }
        return one.place < other.place
    }
}
