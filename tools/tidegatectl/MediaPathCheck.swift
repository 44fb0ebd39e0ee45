import Foundation
import RelayTypes

/// The way from here to every media port, by the connectivity check that a browser makes (RFC 8445 §7.2.2).
struct MediaPathCheck {
    let client: AdminClient
    /// Whether this is another machine than the server's, as far as can be told.
    let isElsewhere: Bool
    /// Instead of the announced addresses; empty: those.
    let addresses: [String]

    func findings(_ media: [DoctorAnswer.Media]) async throws(AdminFailure) -> [DoctorFinding] {
        var findings: [DoctorFinding] = []
        for worker in Set(media.map(\.worker)).sorted() {
            let leg = try await client.post("/v1/doctor/leg", ["worker": worker], as: DoctorLegAnswer.self)
                .value
            var targets = leg.candidates.map { (address: $0.address, port: $0.port) }
            if !addresses.isEmpty {
                let ports = Set(targets.map(\.port)).sorted()
                targets = addresses.flatMap { address in ports.map { (address, $0) } }
            }
            for target in targets {
                let isOwn = media.contains { $0.address == target.address && $0.own }
                let result = await StunProbe.ask(
                    target.address, target.port, username: leg.usernameFragment + ":doctor",
                    password: leg.password)
                findings.append(finding(result, worker, target, isOwn: isOwn))
            }
        }
        if !isElsewhere, !findings.contains(where: { $0.verdict != .ok }) {
            findings.append(
                DoctorFinding(
                    "media_from_outside", .ok,
                    "not checked: from the server's own machine it cannot be known whether the media ports are open "
                        + "to others; run this elsewhere with --url"))
        }
        return findings
    }

    private func finding(
        _ result: StunProbe.Result, _ worker: Int, _ target: (address: String, port: Int), isOwn: Bool
    ) -> DoctorFinding {
        let name = "media_path"
        let place =
            target.address.contains(":")
            ? "[\(target.address)]:\(target.port)" : "\(target.address):\(target.port)"
        switch result {
        case .mapped(let seen):
            return DoctorFinding(
                name, .ok, "worker \(worker) answers at \(place), and sees this machine as \(seen)")
        case .wrong(let why):
            return DoctorFinding(
                name, .bad, "at \(place) something else answers than worker \(worker): \(why)",
                remedy: "look what else uses UDP port \(target.port), and where NAT hands it on to")
        case .silent(let why):
            let isUnknowable = !isElsewhere && !isOwn
            return DoctorFinding(
                name, isUnknowable ? .warn : .bad, "worker \(worker) does not answer at \(place): \(why)",
                remedy: isUnknowable
                    ? "run this on another machine with --url: NAT may not lead this one back to itself; if it is silent "
                        + "there too, correct media.announce or let UDP port \(target.port) through"
                    : "let UDP port \(target.port) through every firewall, and see that media.announce is right"
            )
        }
    }
}
