package import Storage

/// The operator's endpoint, as the control plane sees it.
package protocol OperatorHooks: Sendable {
    /// Whether anybody is asked about this.
    func asks(_ kind: HookDecisionKind) -> Bool
    /// Asks, and gives an answer within about two seconds whatever happens.
    ///
    /// - Parameter data: a JSON object.
    func ask(_ kind: HookDecisionKind, _ data: String) async -> HookAnswer
    /// Whether anybody is told of this.
    func tells(_ kind: HookEventKind) -> Bool
    /// Makes events durable; they are on their way from then on.
    func keep(_ events: [HookEventRecord]) async throws(StorageError)
    /// Sends events again to an endpoint that wanted no more.
    func enable() async throws(StorageError)
    /// Without what the disk would have to say.
    func status() async -> HookStatus
    func backlog() async throws(StorageError) -> HookBacklog
}
