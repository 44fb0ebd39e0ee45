import Glibc

/// What a server process must be before it does anything.
enum Process {
    static func prepare() {
        // A client that is gone is an error of one write, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        // What the server makes (socket, database, keys) is for its own user.
        umask(0o077)
        raiseDescriptorLimit()
    }

    /// As many file descriptors as the system lets us have: each browser takes one.
    private static func raiseDescriptorLimit() {
        var limit = rlimit()
        let descriptors = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(descriptors, &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = setrlimit(descriptors, &limit)
    }

    /// How many descriptors there may be.
    static var descriptorLimit: Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1_024 }
        return Int(clamping: limit.rlim_cur)
    }

    static var coreCount: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }
}
