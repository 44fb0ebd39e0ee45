/// Waits for every listener, and then says so on standard output (PROTOCOL.md section 7).
actor ReadyLine {
    enum Listener: Hashable, Sendable { case http, admin, adminTCP }

    private var missing: Set<Listener>
    private var addresses: [Listener: String] = [:]
    private let media: String

    /// - Parameter media: where the media sockets, open already, can be reached.
    init(waitingFor listeners: Set<Listener>, media: String) {
        missing = listeners
        self.media = media
    }

    func opened(_ listener: Listener, at address: String) {
        addresses[listener] = address
        guard missing.remove(listener) != nil, missing.isEmpty else { return }
        let admin = addresses[.admin] ?? addresses[.adminTCP] ?? ""
        announce("tidegate ready http=\(addresses[.http] ?? "") media=\(media) admin=\(admin)")
    }
}
