import DTLS
import Forwarder
import Switchboard

/// What is good and what is not, of figures that somebody else has read.
///
/// Pure, so that each fault can be tested where it cannot be made.
enum HostJudgement {
    private static let day = 86_400

    // MARK: The network

    /// - Parameters:
    ///   - announced: what candidates name; empty: `bound`.
    ///   - own: the machine's addresses.
    static func addresses(
        announced: [String], bound: [String], own: [String], isDevelopment: Bool
    ) -> DoctorCheck {
        let name = "announced_address"
        let named = announced.isEmpty ? bound : announced
        let text = named.joined(separator: ", ")
        if isDevelopment {
            return DoctorCheck(name, .ok, "browsers are told \(text); this is a development server")
        }
        guard named.contains(where: { !isPrivate($0) }) else {
            return DoctorCheck(
                name, .warn, "browsers are told \(text), which nobody reaches from the Internet",
                remedy: "set media.announce to the public address, unless everybody is on the same network")
        }
        let foreign = announced.filter { !own.contains($0) }
        guard foreign.isEmpty else {
            return DoctorCheck(
                name, .ok,
                "browsers are told \(text); \(foreign.joined(separator: ", ")) is not this machine's, so something "
                    + "before it must hand the media ports on")
        }
        return DoctorCheck(name, .ok, "browsers are told \(text)")
    }

    /// RFC 1918, RFC 6598, RFC 3927, RFC 4193, RFC 4291 loopback and link-local.
    static func isPrivate(_ address: String) -> Bool {
        let parts = address.split(separator: ".").compactMap { UInt8($0) }
        if parts.count == 4, !address.contains(":") {
            switch (parts[0], parts[1]) {
            case (10, _), (127, _), (192, 168), (169, 254), (172, 16...31), (100, 64...127), (0, _):
                return true
            default: return false
            }
        }
        let text = address.lowercased()
        return text == "::1" || text == "0:0:0:0:0:0:0:1" || text.hasPrefix("fc") || text.hasPrefix("fd")
            || text.hasPrefix("fe8") || text.hasPrefix("fe9") || text.hasPrefix("fea")
            || text.hasPrefix("feb")
    }

    /// - Parameters:
    ///   - granted: the smallest buffer of a socket, in bytes.
    ///   - wanted: what was asked for.
    static func buffers(granted: Int, wanted: Int) -> DoctorCheck {
        let name = "socket_buffers"
        guard granted < wanted else {
            return DoctorCheck(
                name, .ok, "media sockets have the buffers of \(wanted >> 10) KiB that they asked for")
        }
        return DoctorCheck(
            name, .warn, "media sockets have buffers of \(granted >> 10) KiB instead of \(wanted >> 10)",
            remedy:
                "sysctl -w net.core.rmem_max=\(wanted) net.core.wmem_max=\(wanted), in /etc/sysctl.d too, and "
                + "restart: a burst must not be lost")
    }

    // MARK: Limits

    /// - Parameters:
    ///   - limit: file descriptors of the process.
    ///   - wanted: `limits.connections`.
    ///   - reserve: descriptors that the server keeps for itself.
    static func descriptors(limit: Int, wanted: Int, reserve: Int) -> DoctorCheck {
        let name = "descriptors"
        let needed = wanted + reserve
        guard limit < needed else {
            return DoctorCheck(name, .ok, "\(limit) file descriptors are enough for \(wanted) connections")
        }
        return DoctorCheck(
            name, limit < 2 * reserve ? .bad : .warn,
            "\(limit) file descriptors are too few for limits.connections = \(wanted): fewer people are let in",
            remedy:
                "LimitNOFILE=\(needed) in the service unit (or ulimit -n), or a smaller limits.connections")
    }

    /// - Parameters:
    ///   - nice: of the process.
    ///   - reach: the lowest nice value that its threads may take.
    static func priority(nice: Int, reach: Int) -> DoctorCheck {
        let name = "priority"
        guard nice <= 0 else {
            return DoctorCheck(
                name, .warn, "the server has nice value \(nice): everything else goes before it",
                remedy: "start it without nice, or with Nice=0 in the service unit")
        }
        guard reach <= wantedNice else {
            return DoctorCheck(
                name, .warn,
                "media threads may not go before signalling: they want nice \(wantedNice), and may have \(reach)",
                remedy: "LimitNICE=\(wantedNice) in the service unit, or the capability CAP_SYS_NICE")
        }
        return DoctorCheck(name, .ok, "media threads go before signalling")
    }

    /// What media threads ask for.
    private static let wantedNice = -10

    static func ciphers(flags: Set<String>?) -> DoctorCheck {
        let name = "cpu_aes"
        guard let flags else {
            return DoctorCheck(
                name, .warn, "what the processor can do is not to be read from /proc/cpuinfo",
                remedy:
                    "make sure that it has AES instructions: without them a stream costs several times as much"
            )
        }
        guard flags.contains("aes") else {
            return DoctorCheck(
                name, .warn, "the processor has no AES instructions: a stream costs several times as much",
                remedy: "use a virtual machine type that passes them on (host CPU model)")
        }
        return DoctorCheck(name, .ok, "the processor has AES instructions")
    }

    // MARK: Time

    static func clock(_ clock: KernelClock?) -> DoctorCheck {
        let name = "clock_synchronised"
        let remedy = "run chrony or systemd-timesyncd: proofs of age and bans have times in them"
        guard let clock else {
            return DoctorCheck(
                name, .warn, "the kernel does not say whether its clock is kept in step", remedy: remedy)
        }
        guard clock.isSynchronised else {
            return DoctorCheck(name, .warn, "nothing keeps this machine's clock in step", remedy: remedy)
        }
        guard clock.maximumError < 2_000_000 else {
            return DoctorCheck(
                name, .warn,
                "the clock is kept in step, but may be off by \(clock.maximumError / 1_000_000) s",
                remedy: remedy)
        }
        return DoctorCheck(name, .ok, "the clock is kept in step")
    }

    /// - Parameters:
    ///   - name: `tls_certificate` or `dtls_certificate`.
    ///   - isChecked: whether browsers look at the dates; for DTLS they compare the fingerprint alone.
    static func certificate(
        _ name: String, path: String, _ dates: CertificateDates, isChecked: Bool
    ) -> DoctorCheck {
        let fault: DoctorCheck.Verdict = isChecked ? .bad : .warn
        let remedy = "put a new one in \(path), and let the server read it"
        if dates.end <= 0 {
            return DoctorCheck(
                name, fault, "the certificate in \(path) ended \(-dates.end / day) days ago", remedy: remedy)
        }
        if dates.begin > 0 {
            return DoctorCheck(
                name, fault, "the certificate in \(path) begins only in \(dates.begin / day) days",
                remedy: "look at this machine's clock, or put another one in \(path)")
        }
        guard dates.end > 21 * day else {
            return DoctorCheck(
                name, .warn, "the certificate in \(path) ends in \(dates.end / day) days", remedy: remedy)
        }
        return DoctorCheck(name, .ok, "the certificate in \(path) is good for \(dates.end / day) days")
    }

    // MARK: The disk

    /// - Parameters:
    ///   - free: bytes for this user.
    ///   - total: bytes of the file system.
    static func diskSpace(free: UInt64, total: UInt64, path: String) -> DoctorCheck {
        let name = "disk_space"
        let text = "\(free >> 20) MiB of \(total >> 20) are free where \(path) is"
        let remedy = "make room: a report that cannot be written waits in memory"
        if free < 64 << 20 { return DoctorCheck(name, .bad, text, remedy: remedy) }
        if free < 1 << 30 { return DoctorCheck(name, .warn, text, remedy: remedy) }
        return DoctorCheck(name, .ok, text)
    }

    /// - Parameter milliseconds: the middle of several; `nil` where nothing could be written.
    static func sync(milliseconds: Double?, path: String) -> DoctorCheck {
        let name = "disk_sync"
        guard let milliseconds else {
            return DoctorCheck(
                name, .bad, "nothing can be written into \(path)",
                remedy: "look at the folder's owner, at read-only mounts and at the disk")
        }
        let text = "a write is on the disk after \((milliseconds * 10).rounded() / 10) ms"
        guard milliseconds < 100 else {
            return DoctorCheck(
                name, .warn, text,
                remedy: "put storage.path on a faster disk: whoever reports waits for it (the cut does not)")
        }
        return DoctorCheck(name, .ok, text)
    }

    /// - Parameter findings: of `quick_check`.
    static func database(_ findings: [String], path: String) -> DoctorCheck {
        guard let first = findings.first else {
            return DoctorCheck("database", .ok, "\(path) passes SQLite's quick_check")
        }
        return DoctorCheck(
            "database", .bad, "\(path) is damaged: \(first)",
            remedy: "stop the server, keep the file, and restore the last backup")
    }
}
