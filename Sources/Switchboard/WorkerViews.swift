/// `GET /v1/workers`.
package struct WorkerListView: Sendable, Encodable {
    package var workers: [WorkerView]

    package init(workers: [WorkerView]) { self.workers = workers }
}

/// One worker in `GET /v1/workers`.
package struct WorkerView: Sendable, Encodable {
    /// Counted from 0.
    package var worker: Int
    /// The UDP port that candidates name.
    package var port: Int
    package var legs: Int
    /// Most legs that it takes.
    package var capacity: Int
    package var pairs: Int
    /// It has not gone round its loop for 1.5 s: its pairs were ended, and it gets no new legs.
    package var isStuck: Bool
    /// The share of the last second in which its thread did not sleep, 0 to 1.
    package var busy: Double
    /// Forwarded over the last second.
    package var packetsPerSecond: Double
    /// Orders that it has not taken yet.
    package var orders: Int
    /// DTLS datagrams that wait for their turn.
    package var handshakes: Int

    package init(
        worker: Int, port: Int, legs: Int, capacity: Int, pairs: Int, isStuck: Bool = false, busy: Double = 0,
        packetsPerSecond: Double = 0, orders: Int = 0, handshakes: Int = 0
    ) {
        self.worker = worker
        self.port = port
        self.legs = legs
        self.capacity = capacity
        self.pairs = pairs
        self.isStuck = isStuck
        self.busy = busy
        self.packetsPerSecond = packetsPerSecond
        self.orders = orders
        self.handshakes = handshakes
    }

    private enum CodingKeys: String, CodingKey {
        case worker, port, legs, capacity, pairs, busy, orders, handshakes
        case isStuck = "stuck"
        case packetsPerSecond = "packets_per_second"
    }
}
