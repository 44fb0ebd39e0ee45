import RelayTestKit

/// Everybody whom this process plays.
actor Crowd {
    /// How many arrive at a time.
    private static let atATime = 16

    private let table: LegTable
    private let port: Int
    private var people: [Int: (person: Person, pair: String)] = [:]
    /// Who is half way in, kept so that their connections stay open.
    private var waiting: [Person] = []

    init(table: LegTable, port: Int) {
        self.table = table
        self.port = port
    }

    /// Everybody's pair, by flow.
    var pairs: [String] { people.sorted { $0.key < $1.key }.map(\.value.pair) }

    /// Brings people in, all adults, until each has a partner.
    ///
    /// Nobody has accepted then.
    func connect(_ count: Int) async throws {
        let (table, port) = (table, port)
        let arrived = try await Self.each(count) {
            let person = try await Person.arrive(port: port)
            try await person.attest()
            let flow = try await person.join(table)
            try await person.connected()
            return (flow, person)
        }
        for (flow, person) in arrived { people[flow] = (person, try await person.meet()) }
        var first: [String: Int] = [:]
        for (flow, (_, pair)) in people {
            guard let other = first[pair] else {
                first[pair] = flow
                continue
            }
            table.withLegs { legs, _ in
                legs[flow].partner = other
                legs[other].partner = flow
            }
        }
    }

    /// Everybody agrees; every gate is open when this returns.
    func accept() async throws {
        let everybody = people.values.map { $0 }
        for (person, pair) in everybody { person.signalling.send("accept", ["pair": .text(pair)]) }
        for (person, pair) in everybody { try await person.accept(pair) }
    }

    /// Sends a key frame and a sound of every leg until each partner has had one.
    func prime() async throws {
        var missing: [MediaStream: [Int]] = [:]
        for _ in 0..<300 {
            missing = try table.withLegs { legs, send in
                var missing: [MediaStream: [Int]] = [:]
                for leg in legs where leg.partner != nil {
                    for stream in MediaStream.allCases where leg.numbers[stream]?.offset == nil {
                        missing[stream, default: []].append(leg.flow)
                        try Self.prime(leg, stream, table, send)
                    }
                }
                return missing
            }
            if missing.isEmpty { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        let legs = missing.map { stream, flows in
            "\(stream.rawValue) of \(flows.count) legs, such as \(flows.prefix(3).map { people[$0]?.pair ?? "?" })"
        }
        throw DriverError("media does not come through: \(legs.joined(separator: ", "))")
    }

    /// Leaves this many handshakes half done.
    func knock(_ count: Int) async throws {
        let (table, port) = (table, port)
        waiting += try await Self.each(count) {
            let person = try await Person.arrive(port: port)
            _ = try await person.join(table, stopsHalfWay: true)
            return person
        }
    }

    /// People who come, connect and go, at a steady rate.
    ///
    /// - Returns: how many have connected.
    func churn(rate: Double, seconds: Double) async throws -> Int {
        let (table, port) = (table, port)
        let start = now()
        return try await withThrowingTaskGroup(of: Bool.self) { group in
            for index in 0..<Int(rate * seconds) {
                let due = start + UInt64(Double(index) / rate * 1e9)
                let moment = now()
                if due > moment { try await Task.sleep(for: .nanoseconds(due - moment)) }
                group.addTask {
                    do {
                        let person = try await Person.arrive(port: port)
                        _ = try await person.join(table)
                        try await person.connected()
                        person.signalling.close()
                        return true
                    } catch { return false }
                }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
    }

    private static func prime(
        _ leg: BenchLeg, _ stream: MediaStream, _ table: LegTable, _ send: (BenchLeg, [UInt8]) -> Void
    ) throws {
        guard let numbers = leg.numbers[stream] else { return }
        let plain = stream.template(
            flow: leg.flow, payload: MediaStream.leastPayload + 50, format: table.format)
        var packet = plain + [UInt8](repeating: 0, count: leg.trailer)
        stream.number(
            &packet, sequence: numbers.next, timestamp: numbers.count &* 3_000, transport: leg.transport,
            count: numbers.count, isKeyFrame: true)
        let length = try leg.protect(&packet, length: plain.count)
        leg.numbers[stream]?.next &+= 1
        leg.numbers[stream]?.count &+= 1
        leg.transport &+= 1
        send(leg, Array(packet.prefix(length)))
    }

    /// Does something `count` times, some at a time.
    private static func each<Result: Sendable>(
        _ count: Int, _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> [Result] {
        try await withThrowingTaskGroup(of: Result.self) { group in
            var found: [Result] = []
            for index in 0..<count {
                if index >= atATime, let one = try await group.next() { found.append(one) }
                group.addTask { try await body() }
            }
            for try await one in group { found.append(one) }
            return found
        }
    }
}
