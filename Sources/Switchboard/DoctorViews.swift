/// One thing that goes wrong in real installations, and how it stands.
package struct DoctorCheck: Sendable, Equatable, Encodable {
    package enum Verdict: String, Sendable, Encodable {
        case ok
        /// Something deserves a look.
        case warn
        /// Something does not work, or will soon not.
        case bad
    }

    /// A name that does not change, such as `disk_space`.
    package let check: String
    package let verdict: Verdict
    /// One sentence: what is.
    package let says: String
    /// One sentence: what to do; `nil` where there is nothing.
    package let remedy: String?

    package init(_ check: String, _ verdict: Verdict, _ says: String, remedy: String? = nil) {
        self.check = check
        self.verdict = verdict
        self.says = says
        self.remedy = remedy
    }
}

/// What the machine looks like to the server, for `GET /v1/doctor`.
package struct DoctorHost: Sendable {
    package var checks: [DoctorCheck] = []
    /// SHA-256 of the configuration file as it was at the start, in hexadecimal digits.
    package var configurationHash = ""
    /// The machine's own addresses.
    package var addresses: [String] = []

    package init() {}
}

/// `GET /v1/doctor`.
package struct DoctorReport: Sendable, Encodable {
    package struct Media: Sendable, Encodable {
        package let worker: Int
        package let address: String
        package let port: Int
        /// Whether it is an address of this machine; not where NAT stands before it.
        package let own: Bool
    }

    package let version: String
    /// The server's clock, RFC 3339.
    package let now: String
    package let configSHA256: String
    package let media: [Media]
    package let checks: [DoctorCheck]

    package init(version: String, now: String, configSHA256: String, media: [Media], checks: [DoctorCheck]) {
        self.version = version
        self.now = now
        self.configSHA256 = configSHA256
        self.media = media
        self.checks = checks
    }

    private enum CodingKeys: String, CodingKey {
        case version, now, media, checks
        case configSHA256 = "config_sha256"
    }
}

/// `POST /v1/doctor/leg`: how to be answered by a worker, without being anybody.
package struct DoctorLeg: Sendable, Encodable {
    package struct Address: Sendable, Encodable {
        package let address: String
        package let port: Int
    }

    package let worker: Int
    package let usernameFragment: String
    package let password: String
    package let candidates: [Address]
    /// How long it is there, in seconds.
    package let seconds: Int

    private enum CodingKeys: String, CodingKey {
        case worker, password, candidates, seconds
        case usernameFragment = "username_fragment"
    }
}

/// Why there is no such leg.
package enum DoctorRefusal: Error, Sendable, Equatable {
    case unknownWorker
    /// The worker carries as many legs as it may.
    case noRoom
    case workerSilent
}
