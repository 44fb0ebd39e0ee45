import Attestation
import DTLS
import Forwarder
import Foundation
import Glibc
import RelayConfig
import RelayTypes
import Sealing
import Storage
import Switchboard

/// Reads what ``HostJudgement`` judges: only the server's own process can, on the machine that it runs on.
struct HostChecks: Sendable {
    private static let syncTries = 5
    /// What reads files and waits for the disk runs here: the threads that carry out cuts must not wait with it.
    private static let diskQueue = DispatchQueue(label: "tidegate.doctor")

    let config: TidegateConfig
    let media: MediaServer
    let store: SQLiteStore
    let bands: [BandRule]
    /// SHA-256 of the configuration file.
    let configurationHash: String

    func run() async -> DoctorHost {
        var host = DoctorHost()
        host.configurationHash = configurationHash
        host.addresses = OwnAddresses.list(loopback: true)
        host.checks = [
            HostJudgement.addresses(
                announced: config.media.announce,
                bound: media.candidates(ofWorker: 0).map(\.address), own: host.addresses,
                isDevelopment: config.development),
            HostJudgement.buffers(granted: media.smallestBuffer, wanted: Int(UDPSocket.bufferSize)),
        ]
        host.checks += media.failures.map {
            DoctorCheck(
                "media_sockets", .bad, $0, remedy: "look at the machine's network, and restart the server")
        }
        host.checks += [
            HostJudgement.descriptors(
                limit: Process.descriptorLimit, wanted: config.limits.connections,
                reserve: TidegateConfig.descriptorReserve),
            HostJudgement.priority(nice: Self.nice, reach: Self.lowestNice),
            HostJudgement.ciphers(flags: Self.processorFlags),
            HostJudgement.clock(KernelClock.now),
        ]
        let remedy = "look at the disk, and at what else uses it"
        host.checks +=
            await within(seconds: Self.patience) {
                await onDiskQueue { $0.certificates + $0.issuers + $0.disk }
            }
            ?? [DoctorCheck("disk_sync", .bad, "the disk does not answer", remedy: remedy)]
        host.checks.append(
            await within(seconds: Self.databasePatience) { await database }
                ?? DoctorCheck(
                    "database", .warn,
                    "\(config.storage.path) is not read through in \(Self.databasePatience) s: it is large, or the disk "
                        + "does not answer",
                    remedy: remedy))
        host.checks += await within(seconds: Self.patience) { await onDiskQueue { [$0.seal] } } ?? []
        return host
    }

    private func onDiskQueue(_ look: @escaping @Sendable (Self) -> [DoctorCheck]) async -> [DoctorCheck] {
        await withCheckedContinuation { continuation in
            Self.diskQueue.async { continuation.resume(returning: look(self)) }
        }
    }

    private var certificates: [DoctorCheck] {
        var checks: [DoctorCheck] = []
        if config.http.certificate.isEmpty {
            checks.append(
                DoctorCheck(
                    "tls_certificate", .ok,
                    "the public listener speaks plain HTTP, for a TLS proxy or localhost"))
        } else {
            checks.append(Self.certificate("tls_certificate", config.http.certificate, isChecked: true))
        }
        if config.media.certificate.isEmpty {
            checks.append(
                DoctorCheck("dtls_certificate", .ok, "the media certificate is made at every start"))
        } else {
            checks.append(Self.certificate("dtls_certificate", config.media.certificate, isChecked: false))
        }
        return checks
    }

    private static func certificate(_ name: String, _ path: String, isChecked: Bool) -> DoctorCheck {
        do throws(DTLSCertificateError) {
            let dates = try CertificateDates.read(path: path)
            return HostJudgement.certificate(name, path: path, dates, isChecked: isChecked)
        } catch {
            return DoctorCheck(
                name, .bad, "\(error)", remedy: "put the certificate back: the next start would fail")
        }
    }

    private var issuers: [DoctorCheck] {
        var checks = config.attestation.issuers.map { issuer in
            Self.issuer("issuer_keys", issuer.issuer) { () throws(AttestationSetupError) in
                _ = try AgeVerifier(
                    AttestationConfiguration(
                        audience: config.attestation.audience, issuers: [issuer.configuration], bands: bands))
            }
        }
        if checks.isEmpty, !config.development {
            checks.append(
                DoctorCheck(
                    "issuer_keys", .warn, "nobody may vouch for an age, so every gate stays shut",
                    remedy: "add [[attestation.issuers]] to the configuration"))
        }
        if config.identity.isEnabled {
            checks.append(
                Self.issuer("identity_keys", config.identity.issuer) { () throws(AttestationSetupError) in
                    _ = try IdentityVerifier(
                        IdentityConfiguration(
                            audience: config.identity.audience,
                            issuer: IssuerConfiguration(
                                issuer: config.identity.issuer, keys: .file(config.identity.jwksFile),
                                algorithms: config.identity.algorithms.compactMap(\.algorithm))))
                })
        }
        return checks
    }

    private static func issuer(
        _ name: String, _ issuer: String, _ load: () throws(AttestationSetupError) -> Void
    ) -> DoctorCheck {
        do throws(AttestationSetupError) {
            try load()
            return DoctorCheck(name, .ok, "the keys of \(issuer) can be read, and one at least can be used")
        } catch {
            return DoctorCheck(name, .bad, "\(error)", remedy: "put the issuer's JWK Set back, and reload")
        }
    }

    private var seal: DoctorCheck {
        let path = config.records.sealKey
        guard !path.isEmpty else {
            return DoctorCheck("seal_key", .ok, "reports keep no addresses: records.seal_key is not set")
        }
        do {
            _ = try SealKey.load(path: path)
            return DoctorCheck("seal_key", .ok, "addresses in reports are sealed with \(path)")
        } catch {
            return DoctorCheck(
                "seal_key", .bad, "\(error)", remedy: "put the public key back: the next start would fail")
        }
    }

    // MARK: The machine

    /// Of the main thread: libdispatch gives its threads values of their own, and media threads ask for one.
    private static var nice: Int {
        Int(getpriority(__priority_which_t(PRIO_PROCESS.rawValue), id_t(getpid())))
    }

    /// The lowest nice value that this process may take: by CAP_SYS_NICE (capabilities(7)), else by RLIMIT_NICE.
    private static var lowestNice: Int {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("CapEff:") }
        let digits = line?.split(whereSeparator: \.isWhitespace).last
        if let capabilities = digits.flatMap({ UInt64($0, radix: 16) }), capabilities >> 23 & 1 == 1 {
            return -20
        }
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(__RLIMIT_NICE.rawValue), &limit) == 0 else { return 0 }
        return 20 - Int(min(limit.rlim_cur, 40))
    }

    /// What /proc/cpuinfo says of the first processor: `flags` on x86, `Features` on ARM.
    private static var processorFlags: Set<String>? {
        guard let text = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8) else { return nil }
        let line = text.split(separator: "\n").first { $0.hasPrefix("flags") || $0.hasPrefix("Features") }
        guard let words = line?.split(separator: ":").last?.split(whereSeparator: \.isWhitespace) else {
            return nil
        }
        return Set(words.map(String.init))
    }

    private var folder: String {
        let folder = (config.storage.path as NSString).deletingLastPathComponent
        return folder.isEmpty ? "." : folder
    }

    /// How long the disk is waited for, in seconds.
    private static let patience = 5
    /// How long reading all of the database may take, in seconds.
    private static let databasePatience = 30

    private var disk: [DoctorCheck] {
        var checks: [DoctorCheck] = []
        var system = statvfs()
        if statvfs(folder, &system) == 0 {
            let block = UInt64(system.f_frsize)
            checks.append(
                HostJudgement.diskSpace(
                    free: UInt64(system.f_bavail) &* block, total: UInt64(system.f_blocks) &* block,
                    path: config.storage.path))
        }
        checks.append(HostJudgement.sync(milliseconds: Self.syncTime(in: folder), path: folder))
        return checks
    }

    /// The middle of a few writes of one page, each until it is on the disk, in milliseconds.
    private static func syncTime(in folder: String) -> Double? {
        let path = folder + "/.tidegate-doctor-\(getpid())"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return nil }
        defer {
            close(descriptor)
            unlink(path)
        }
        let page = [UInt8](repeating: 0x74, count: 4_096)
        var times: [Duration] = []
        for _ in 0..<syncTries {
            let began = ContinuousClock.now
            guard write(descriptor, page, page.count) == page.count, fsync(descriptor) == 0 else {
                return nil
            }
            times.append(began.duration(to: .now))
        }
        let middle = times.sorted()[syncTries / 2]
        return Double(middle.components.seconds) * 1_000 + Double(middle.components.attoseconds) / 1e15
    }

    private var database: DoctorCheck {
        get async {
            do throws(StorageError) {
                return HostJudgement.database(try await store.quickCheck(), path: config.storage.path)
            } catch {
                return DoctorCheck(
                    "database", .bad, "\(error)", remedy: "look at the disk, and at who else uses the file")
            }
        }
    }
}
