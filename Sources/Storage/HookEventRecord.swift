package import FoundationEssentials

/// Something that has happened and that the operator's endpoint has not taken yet.
package struct HookEventRecord: Sendable, Equatable {
    /// The same in each attempt, so that the endpoint can tell a repetition: `webhook-id` of Standard Webhooks 1.0.
    package var id: String
    package var at: Date
    /// Such as `pair.matched`.
    package var kind: String
    /// What is posted, byte for byte.
    package var body: String
    /// How often it has been tried.
    package var attempts: Int

    /// How long it is tried to deliver one, in seconds.
    package static let lifetime: TimeInterval = 86_400

    package init(id: String, at: Date, kind: String, body: String, attempts: Int = 0) {
        (self.id, self.at, self.kind, self.body, self.attempts) = (id, at, kind, body, attempts)
    }
}

/// How many events wait.
package struct HookBacklog: Sendable, Equatable {
    package var waiting = 0
    package var oldest: Date?

    package init(waiting: Int = 0, oldest: Date? = nil) { (self.waiting, self.oldest) = (waiting, oldest) }
}

/// Events on their way to the operator, kept over restarts.
///
/// A call that writes returns when what it wrote is durable.
package protocol HookEventStore: Sendable {
    /// Keeps what is not there already, as far as there is room.
    ///
    /// - Parameter room: most events that may wait.
    /// - Returns: how many there was no room for: the last ones.
    func save(_ events: [HookEventRecord], room: Int) async throws(StorageError) -> Int
    /// Takes the oldest events that are due, for one attempt each.
    ///
    /// Nobody else is given them before `lease` is over; whoever takes them says then what became of them, or dies.
    ///
    /// - Parameter lease: in seconds.
    func takeEvents(
        dueAt now: Date, most: Int, lease: TimeInterval
    ) async throws(StorageError) -> [HookEventRecord]
    /// Forgets an event: it has been taken, or is too old.
    func forgetEvent(_ id: String) async throws(StorageError)
    func delayEvent(_ id: String, until: Date) async throws(StorageError)
    /// Forgets what is older.
    ///
    /// - Returns: how many events that were.
    func forgetEvents(before: Date) async throws(StorageError) -> Int
    func backlog() async throws(StorageError) -> HookBacklog
    /// Since when an endpoint wants no more events, as it has said itself; `nil`: it takes them.
    func endpointGone(_ url: String) async throws(StorageError) -> Date?
    func setEndpoint(_ url: String, goneSince: Date?) async throws(StorageError)
}
