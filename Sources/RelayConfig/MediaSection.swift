/// The `[media]` section: the UDP side.
package struct MediaSection: Sendable, Equatable {
    /// Which addresses the workers bind.
    package enum Listen: Sendable, Equatable {
        /// The machine's own addresses, and loopback in development.
        case automatic
        /// These, in numeric form.
        case addresses([String])
    }

    /// Who does the cipher work of SRTP.
    package enum SRTP: String, Sendable, CaseIterable {
        case openssl
        case libsrtp2
    }

    package var listen = Listen.automatic
    /// Addresses that candidates name instead of the bound ones, behind one-to-one NAT; empty: the bound
    /// ones.
    package var announce: [String] = []
    /// UDP port of the first worker; worker *n* binds `port + n`.
    ///
    /// 0: the kernel chooses.
    package var port = 3_478
    /// Threads, each with a port of its own; 0: one for each core.
    package var workers = 1
    /// Most browsers that one worker carries.
    package var legsPerWorker = 1_000
    /// How long a leg without consent lives, in seconds (RFC 7675 §5.1).
    package var consentTimeout: Duration = .seconds(30)
    /// The most that a browser is asked to send while nobody receives its video, in bits per second.
    package var heldBitrate = 300_000
    package var srtp = SRTP.openssl
    /// How long datagrams may gather under medium load, in microseconds; 0: never.
    package var coalesce = 200
    /// PEM files with the DTLS certificate and key; empty: made at every start.
    package var certificate = ""
    package var key = ""

    package init() {}

    /// How many workers there are on a machine with this many cores.
    package func workerCount(cores: Int) -> Int { workers == 0 ? min(max(cores, 1), 256) : workers }
}

extension MediaSection {
    mutating func read(_ reader: SectionReader) {
        reader.parsed(
            "listen", &listen, mustBe: "\"auto\", or the numeric addresses of this machine to bind",
            try: "\"auto\"", Self.listen)
        reader.texts(
            "announce", &announce, mustBe: "numeric addresses that browsers can reach",
            try: "[] for the bound ones, or the public address of this machine",
            where: NumericAddress.isSpecific)
        reader.integer("port", &port, in: 0...65_535, "(a UDP port)")
        reader.integer("workers", &workers, in: 0...256, "threads, 0 being one for each core")
        reader.integer("legs_per_worker", &legsPerWorker, in: 2...100_000, "browsers")
        reader.seconds("consent_timeout", &consentTimeout, in: 5...60)
        reader.integer("held_bitrate", &heldBitrate, in: 30_000...10_000_000, "bits per second")
        reader.choice("srtp", &srtp)
        reader.integer("coalesce", &coalesce, in: 0...1_000, "microseconds, 0 being never")
        reader.text("certificate", &certificate, mustBe: "the path of a PEM file", try: "\"\", made at start")
        reader.text("key", &key, mustBe: "the path of a PEM file", try: "\"\", made at start")
        reader.require(
            certificate.isEmpty == key.isEmpty, certificate.isEmpty ? "certificate" : "key", "",
            "set where the other of certificate and key is", try: "the PEM file that belongs to it")
        reader.requireReadable("certificate", certificate)
        reader.requireReadable("key", key)
        // With workers = 0 the cores of the machine decide, and 256 is the most.
        reader.require(
            port == 0 || port + max(workers, 1) - 1 <= 65_535,
            "workers", workers, "so small that the last worker's port is at most 65535", try: "a lower port")
    }

    private static func listen(_ value: ConfigValue) -> Listen? {
        let texts: [ConfigValue]
        switch value {
        case .text("auto"): return .automatic
        case .list([.text("auto")]): return .automatic
        case .text: texts = [value]
        case .list(let values): texts = values
        default: return nil
        }
        var addresses: [String] = []
        for case .text(let text) in texts {
            guard NumericAddress.isSpecific(text) else { return nil }
            addresses.append(text)
        }
        // A list with something else than texts in it has come out shorter.
        guard !addresses.isEmpty, addresses.count == texts.count else { return nil }
        return .addresses(addresses)
    }
}
