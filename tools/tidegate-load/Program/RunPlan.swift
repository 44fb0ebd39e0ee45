internal import Foundation

/// A run as it was asked for, checked and complete.
struct RunPlan: Sendable {
    let target: Target
    let admin: String?
    let adminToken: String?
    let pairs: Int
    /// Seconds.
    let ramp: Double
    let duration: Double
    let packetTime: Int
    /// 0: audio only.
    let videoBitrate: Int
    let seed: UInt64
    let threads: Int
    let usesFullICE: Bool
    let mix: Mix
    let stay: StayLength
    let avoidance: Int
    let issuer: TestIssuer?
    let audience: String
    let showsProgress: Bool

    init(_ command: RunCommand, _ target: Target) throws(LoadFailure) {
        self.target = target
        admin = command.admin
        pairs = command.pairs
        ramp = command.ramp ?? max(1, Double(command.pairs * 2) / 100)
        duration = command.duration
        packetTime = command.ptime
        videoBitrate = command.audioOnly ? 0 : command.videoBitrate
        seed = command.seed
        threads = command.threads
        usesFullICE = command.ice == .full
        mix = command.mix
        stay = command.stay
        avoidance = command.avoid
        audience = command.audience
        showsProgress = !command.quiet
        if let path = command.adminTokenFile {
            guard let data = FileManager.default.contents(atPath: path) else {
                throw .usage("the token file \(path) cannot be read")
            }
            adminToken = String(decoding: data, as: UTF8.self).filter { !$0.isWhitespace }
        } else {
            adminToken = nil
        }
        if let folder = command.issuer {
            let path = folder + "/" + IssuerCommand.privateName
            guard let data = FileManager.default.contents(atPath: path) else {
                throw .issuerRefused(
                    "there is no test issuer at \(path); make one with 'tidegate-load issuer \(folder)'")
            }
            issuer = try TestIssuer(privateFile: data, path: path)
        } else {
            issuer = nil
        }
    }

    /// What may be in memory of pairs: more than can be made in the time.
    var mostPairs: Int {
        let median: Double =
            switch stay {
            case .fixed(let seconds): seconds
            case .uniform(let low, _): low
            case .exponential(let median): median / 2
            }
        let rounds = (ramp + duration) / max(median, 0.5) + 8
        return Int(min(Double(pairs) * rounds * 1.5, 4_000_000))
    }
}
