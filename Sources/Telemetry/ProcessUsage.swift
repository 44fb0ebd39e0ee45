internal import Glibc

/// What this process takes from the machine, read at one moment.
package struct ProcessUsage: Sendable, Equatable {
    /// User and system time since the start, in seconds.
    package let cpuSeconds: Double
    /// Pages in memory, in bytes; `nil` where `/proc` is not to be had.
    package let residentBytes: UInt64?
    /// Open file descriptors; `nil` where `/proc` is not to be had.
    package let openDescriptors: UInt64?
    /// In Unix time, to a hundredth of a second; `nil` where `/proc` is not to be had.
    package let startedAt: Double?
    /// How many may be open; `nil` where the kernel does not say.
    package let descriptorLimit: UInt64?

    /// Asks the kernel.
    package static func now() -> Self {
        var usage = rusage()
        let cpu: Double
        if getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 {
            cpu = seconds(usage.ru_utime) + seconds(usage.ru_stime)
        } else {
            cpu = 0
        }
        return Self(
            cpuSeconds: cpu, residentBytes: residentBytes(), openDescriptors: countOpenDescriptors(),
            startedAt: startedAt(), descriptorLimit: mostDescriptors())
    }

    private static func seconds(_ time: timeval) -> Double {
        Double(time.tv_sec) + Double(time.tv_usec) / 1_000_000
    }

    /// The beginning of a file of `/proc`.
    private static func text(of path: String, bytes: Int) -> Substring? {
        guard let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        var buffer = [UInt8](repeating: 0, count: bytes)
        let count = fread(&buffer, 1, buffer.count, file)
        return Substring(decoding: buffer.prefix(count), as: UTF8.self)
    }

    /// `starttime` of `/proc/self/stat` in ticks since the machine started, which `btime` of `/proc/stat` tells
    /// (proc(5)).
    private static func startedAt() -> Double? {
        // The name before it stands in brackets, and may hold anything.
        guard
            let words = text(of: "/proc/self/stat", bytes: 1_024)?.split(separator: ")").last?
                .split(separator: " "), words.count > 19, let ticks = Double(words[19]),
            let boot = text(of: "/proc/stat", bytes: 65_536)?.split(separator: "\n")
                .first(where: { $0.hasPrefix("btime ") }), let seconds = Double(boot.dropFirst(6))
        else { return nil }
        let rate = sysconf(Int32(_SC_CLK_TCK))
        return rate > 0 ? seconds + ticks / Double(rate) : nil
    }

    /// The second number of `/proc/self/statm`, in pages (proc(5)).
    private static func residentBytes() -> UInt64? {
        guard let words = text(of: "/proc/self/statm", bytes: 256)?.split(separator: " "), words.count > 1,
            let pages = UInt64(words[1])
        else { return nil }
        let pageSize = sysconf(Int32(_SC_PAGESIZE))
        return pages &* UInt64(max(pageSize, 0))
    }

    private static func countOpenDescriptors() -> UInt64? {
        guard let directory = opendir("/proc/self/fd") else { return nil }
        defer { closedir(directory) }
        var count: UInt64 = 0
        while readdir(directory) != nil { count += 1 }
        return count >= 3 ? count - 3 : 0  // ".", ".." and the directory itself.
    }

    private static func mostDescriptors() -> UInt64? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
        return UInt64(limit.rlim_cur)
    }

    /// As the names that every Prometheus client library uses.
    package var families: [MetricFamily] {
        var result: [MetricFamily] = [.real(.processCPU, cpuSeconds)]
        if let residentBytes { result.append(.of(.processMemory, residentBytes)) }
        if let openDescriptors { result.append(.of(.processDescriptors, openDescriptors)) }
        if let descriptorLimit { result.append(.of(.processDescriptorLimit, descriptorLimit)) }
        if let startedAt { result.append(.real(.processStart, startedAt)) }
        return result
    }
}
