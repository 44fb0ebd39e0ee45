internal import Foundation

/// What this machine allows one program: looked at before the crowd comes, so that a run does not fail in its middle.
struct MachineLimits: Sendable, Equatable {
    /// Most open descriptors of this process.
    var descriptors: Int
    /// Local ports that the kernel may give out.
    var ports: Int

    /// Raises the soft limit of descriptors to the hard one, and reads what there is.
    static func raised() -> Self {
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0,
            limit.rlim_cur < limit.rlim_max
        {
            limit.rlim_cur = limit.rlim_max
            _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            _ = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        }
        let range = FileManager.default.contents(atPath: "/proc/sys/net/ipv4/ip_local_port_range")
            .map {
                String(decoding: $0, as: UTF8.self).split(whereSeparator: \.isWhitespace)
                    .compactMap { Int($0) }
            }
        let ports = range.flatMap { $0.count == 2 ? $0[1] - $0[0] + 1 : nil } ?? 28_232
        return Self(descriptors: Int(clamping: limit.rlim_cur), ports: ports)
    }

    /// - Parameters:
    ///   - people: each has a WebSocket and media.
    ///   - usesFullICE: libnice opens more sockets than one for each.
    func require(people: Int, usesFullICE: Bool) throws(LoadFailure) {
        let needed = people * (usesFullICE ? 8 : 2) + 64
        guard needed <= descriptors else {
            throw .cannotRun(
                "\(people / 2) pairs need \(needed) file descriptors, and this process may have \(descriptors); "
                    + "raise it with 'ulimit -n \(needed)', for good in /etc/security/limits.conf")
        }
        guard people + 64 <= ports else {
            throw .cannotRun(
                "\(people / 2) pairs need \(people + 64) local ports, and the kernel gives out \(ports); "
                    + "raise it with 'sysctl net.ipv4.ip_local_port_range=\"1024 65535\"'")
        }
    }
}
