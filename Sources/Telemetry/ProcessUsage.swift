internal import Glibc

/// What this process takes from the machine, read at one moment.
package struct ProcessUsage: Sendable, Equatable {
    /// User and system time since the start, in seconds.
    package let cpuSeconds: Double
    /// Pages in memory, in bytes; `nil` where `/proc` is not to be had.
    package let residentBytes: UInt64?
    /// Open file descriptors; `nil` where `/proc` is not to be had.
    package let openDescriptors: UInt64?

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
            cpuSeconds: cpu, residentBytes: residentBytes(), openDescriptors: countOpenDescriptors())
    }

    private static func seconds(_ time: timeval) -> Double {
        Double(time.tv_sec) + Double(time.tv_usec) / 1_000_000
    }

    /// The second number of `/proc/self/statm`, in pages (proc(5)).
    private static func residentBytes() -> UInt64? {
        guard let file = fopen("/proc/self/statm", "re") else { return nil }
        defer { fclose(file) }
        var line = [UInt8](repeating: 0, count: 256)
        let count = fread(&line, 1, line.count, file)
        let words = String(decoding: line.prefix(count), as: UTF8.self).split(separator: " ")
        guard words.count > 1, let pages = UInt64(words[1]) else { return nil }
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

    /// As the names that every Prometheus client library uses.
    package var families: [MetricFamily] {
        var result: [MetricFamily] = [
            MetricFamily(
                MetricName.processCPU, .counter, help: "User and system CPU time spent.",
                samples: [MetricSample(.real(cpuSeconds))])
        ]
        if let residentBytes {
            result.append(
                .gauge(MetricName.processMemory, Double(residentBytes), help: "Resident memory size."))
        }
        if let openDescriptors {
            result.append(
                .gauge(MetricName.processDescriptors, Double(openDescriptors), help: "Open file descriptors.")
            )
        }
        return result
    }
}
