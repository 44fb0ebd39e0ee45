/// When an event is tried again: soon at first, then ever more seldom, for a day.
internal enum RetrySchedule {
    /// Seconds after attempts 1, 2, …; the last goes on.
    private static let delays: [Double] = [2, 10, 30, 120, 300, 900, 1_800, 3_600, 7_200]

    /// - Parameters:
    ///   - attempts: how many there have been, at least 1.
    ///   - jitter: 0 to 1, so that what failed together does not come back together.
    /// - Returns: seconds until the next attempt.
    internal static func delay(after attempts: Int, jitter: Double) -> Double {
        let base = delays.dropFirst(max(attempts, 1) - 1).first ?? delays.last ?? 0
        return base * (0.8 + 0.4 * jitter)
    }
}
