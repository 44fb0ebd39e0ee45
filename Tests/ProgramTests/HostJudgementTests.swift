import DTLS
import Forwarder
import Switchboard
import Testing

@testable import tidegate

@Suite("What the doctor says of figures") struct HostJudgementTests {
    private static let day = 86_400

    @Test("addresses that nobody reaches are a warning; those of a NAT before the machine are not")
    func addresses() {
        func verdict(
            _ announced: [String], _ bound: [String], isDevelopment: Bool = false
        ) -> DoctorCheck {
            HostJudgement.addresses(
                announced: announced, bound: bound, own: ["127.0.0.1", "10.0.0.5"],
                isDevelopment: isDevelopment)
        }
        #expect(verdict([], ["10.0.0.5"]).verdict == .warn)
        #expect(verdict([], ["127.0.0.1"], isDevelopment: true).verdict == .ok)
        #expect(verdict(["203.0.113.9"], ["10.0.0.5"]).verdict == .ok)
        #expect(verdict(["203.0.113.9"], ["10.0.0.5"]).says.contains("203.0.113.9 is not this machine's"))
        #expect(verdict(["192.168.1.1"], ["10.0.0.5"]).verdict == .warn)
        #expect(verdict([], ["10.0.0.5", "2001:db8:0:0:0:0:0:1"]).verdict == .ok)
    }

    @Test(
        "which addresses are private",
        arguments: [
            ("10.1.2.3", true), ("172.15.0.1", false), ("172.16.0.1", true), ("172.31.255.255", true),
            ("172.32.0.1", false), ("192.168.0.1", true), ("192.169.0.1", false), ("100.64.0.1", true),
            ("100.128.0.1", false), ("169.254.1.1", true), ("127.0.0.1", true), ("8.8.8.8", false),
            ("0:0:0:0:0:0:0:1", true), ("fd00:0:0:0:0:0:0:1", true), ("fe80:0:0:0:0:0:0:1", true),
            ("2001:db8:0:0:0:0:0:1", false),
        ])
    func privateAddresses(address: String, isPrivate: Bool) {
        #expect(HostJudgement.isPrivate(address) == isPrivate)
    }

    @Test(
        "a certificate that has ended or not begun is bad where browsers look at it, and an early end a warning"
    )
    func certificates() {
        func verdict(_ begin: Int, _ end: Int, isChecked: Bool = true) -> DoctorCheck.Verdict {
            HostJudgement.certificate(
                "tls_certificate", path: "c.pem", CertificateDates(begin: begin, end: end),
                isChecked: isChecked
            )
            .verdict
        }
        #expect(verdict(-1, 90 * Self.day) == .ok)
        #expect(verdict(-1, 20 * Self.day) == .warn)
        #expect(verdict(-1, 0) == .bad)
        #expect(verdict(-100, -5) == .bad)
        #expect(verdict(100, 90 * Self.day) == .bad)
        #expect(verdict(-100, -5, isChecked: false) == .warn)
    }

    @Test("clocks, buffers, descriptors, disks, processors and priorities have their limits")
    func limits() {
        #expect(HostJudgement.clock(KernelClock(isSynchronised: true, maximumError: 5_000)).verdict == .ok)
        #expect(
            HostJudgement.clock(KernelClock(isSynchronised: false, maximumError: 16_000_000)).verdict == .warn
        )
        #expect(
            HostJudgement.clock(KernelClock(isSynchronised: true, maximumError: 3_000_000)).verdict == .warn)
        #expect(HostJudgement.clock(nil).verdict == .warn)
        #expect(HostJudgement.buffers(granted: 4 << 20, wanted: 4 << 20).verdict == .ok)
        let small = HostJudgement.buffers(granted: 212_992, wanted: 4 << 20)
        #expect(small.verdict == .warn && small.remedy?.contains("net.core.rmem_max=4194304") == true)
        #expect(HostJudgement.descriptors(limit: 20_000, wanted: 10_000, reserve: 256).verdict == .ok)
        let few = HostJudgement.descriptors(limit: 1_024, wanted: 10_000, reserve: 256)
        #expect(few.verdict == .warn && few.remedy?.contains("10256") == true)
        #expect(HostJudgement.descriptors(limit: 300, wanted: 10_000, reserve: 256).verdict == .bad)
        #expect(HostJudgement.diskSpace(free: 1 << 40, total: 1 << 41, path: "p").verdict == .ok)
        #expect(HostJudgement.diskSpace(free: 500 << 20, total: 1 << 41, path: "p").verdict == .warn)
        #expect(HostJudgement.diskSpace(free: 1 << 20, total: 1 << 41, path: "p").verdict == .bad)
        #expect(HostJudgement.sync(milliseconds: 3, path: "p").verdict == .ok)
        #expect(HostJudgement.sync(milliseconds: 400, path: "p").verdict == .warn)
        #expect(HostJudgement.sync(milliseconds: nil, path: "p").verdict == .bad)
        #expect(HostJudgement.ciphers(flags: ["aes", "sse2"]).verdict == .ok)
        #expect(HostJudgement.ciphers(flags: ["sse2"]).verdict == .warn)
        #expect(HostJudgement.ciphers(flags: nil).verdict == .warn)
        #expect(HostJudgement.priority(nice: 0, reach: -10).verdict == .ok)
        #expect(HostJudgement.priority(nice: -5, reach: -20).verdict == .ok)
        #expect(HostJudgement.priority(nice: 10, reach: -20).verdict == .warn)
        let limited = HostJudgement.priority(nice: 0, reach: 0)
        #expect(limited.verdict == .warn && limited.remedy?.contains("LimitNICE=-10") == true)
        #expect(HostJudgement.database([], path: "p").verdict == .ok)
        #expect(HostJudgement.database(["row 3 missing"], path: "p").verdict == .bad)
    }

    @Test("whatever is not well has something to do beside it")
    func remedies() {
        let checks = [
            HostJudgement.clock(nil), HostJudgement.ciphers(flags: []),
            HostJudgement.priority(nice: 1, reach: -10),
            HostJudgement.sync(milliseconds: nil, path: "p"), HostJudgement.database(["x"], path: "p"),
            HostJudgement.buffers(granted: 1, wanted: 2),
            HostJudgement.descriptors(limit: 1, wanted: 2, reserve: 3),
            HostJudgement.diskSpace(free: 0, total: 1, path: "p"),
            HostJudgement.addresses(announced: [], bound: ["10.0.0.1"], own: [], isDevelopment: false),
        ]
        #expect(checks.allSatisfy { $0.verdict != .ok && $0.remedy?.isEmpty == false })
    }
}
