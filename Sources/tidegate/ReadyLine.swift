/// Waits for every listener, and then says so on standard output (PROTOCOL.md section 7).
actor ReadyLine {
    enum Listener: Hashable, Sendable { case http, admin, adminTCP }

    private var missing: Set<Listener>
    private var addresses: [Listener: String] = [:]
    private let media: String
    private let whenReady: @Sendable () -> Void

    /// - Parameters:
    ///   - media: where the media sockets, open already, can be reached.
    ///   - whenReady: done when the line has been written.
    init(waitingFor listeners: Set<Listener>, media: String, whenReady: @escaping @Sendable () -> Void) {
        self.whenReady = whenReady
        missing = listeners
        self.media = media
    }

    func opened(_ listener: Listener, at address: String) {
        addresses[listener] = address
        guard missing.remove(listener) != nil, missing.isEmpty else { return }
        let admin = addresses[.admin] ?? addresses[.adminTCP] ?? ""
        announce("tidegate ready http=\(addresses[.http] ?? "") media=\(media) admin=\(admin)")
        whenReady()
    }
}
