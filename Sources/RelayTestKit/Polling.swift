internal import RelayTypes

/// Looks again and again until the condition holds: for what tells nobody when it changes, like a page of counters.
///
/// - Parameter seconds: when to give up. Generous: it is reached only when the test fails.
/// - Returns: whether the condition held in time.
package func poll(atMost seconds: UInt64 = 30, until condition: () async throws -> Bool) async throws -> Bool
{
    let limit = SystemClock.now.advanced(bySeconds: seconds)
    while true {
        if try await condition() { return true }
        guard SystemClock.now < limit else { return false }
        try await Task.sleep(for: .milliseconds(2))
    }
}
