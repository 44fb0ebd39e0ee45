internal import DTLS
package import MediaControl
internal import RelayCore
package import RelayTypes
internal import Synchronization

/// The data plane of one machine: workers, each with its thread, its sockets and its legs.
///
/// Sockets are open once `init` has returned; packets are looked at from ``start()`` to ``stop()``.
package final class MediaServer: MediaPlane {
    /// A worker as the control plane sees it.
    private struct Handle: Sendable {
        let mailbox: Mailbox
        let page: CounterPage
        let report: WorkerReport
        let candidates: [Endpoint]
        let smallestBuffer: Int
    }

    /// Workers that have no thread yet, and threads that have one.
    private struct Life: ~Copyable {
        var waiting: SlotTable<Worker>
        var threads: [WorkerThread] = []
    }

    /// What one worker is made of.
    private struct Made: ~Copyable {
        let worker: Worker
        let handle: Handle
    }

    package let legsPerWorker: Int
    package let fingerprint: CertificateFingerprint
    package let events: AsyncStream<MediaEvent>
    private let continuation: AsyncStream<MediaEvent>.Continuation
    private let handles: [Handle]
    private let life: Mutex<Life>

    /// Opens the sockets.
    package init(configuration: MediaServerConfiguration) throws(MediaServerError) {
        try configuration.check()
        legsPerWorker = configuration.legsPerWorker
        do {
            let digest = try configuration.certificate.fingerprint()
            guard let fingerprint = CertificateFingerprint(algorithm: .sha256, digest: digest) else {
                preconditionFailure("a SHA-256 digest has 32 bytes")
            }
            self.fingerprint = fingerprint
        } catch {
            throw .dtls(error)
        }
        (events, continuation) = AsyncStream.makeStream(of: MediaEvent.self)

        var handles: [Handle] = []
        var workers = SlotTable<Worker>(capacity: configuration.workers)
        for number in 0..<configuration.workers {
            let made = try Self.make(number, configuration, continuation)
            handles.append(made.handle)
            workers.insert(made.worker, at: number, generation: 0)
        }
        self.handles = handles
        life = Mutex(Life(waiting: workers))
    }

    deinit { stop() }

    /// Starts the threads.
    ///
    /// Once.
    package func start() throws(MediaServerError) {
        let failure = life.withLock { life -> MediaServerError? in
            for number in 0..<life.waiting.capacity where life.waiting.isTaken(number) {
                let worker = life.waiting.remove(at: number)
                do throws(MediaServerError) {
                    life.threads.append(try WorkerThread(worker: worker, name: "tidegate-\(number)"))
                } catch {
                    return error
                }
            }
            return nil
        }
        if let failure { throw failure }
    }

    /// How long each thread is waited for, in seconds.
    private static let longestGoodbye = 5

    /// Ends the threads, waits for them, closes the sockets and ends ``events``.
    ///
    /// May be called again.
    package func stop() {
        for handle in handles { handle.mailbox.stop() }
        let threads = life.withLock { life in
            for number in 0..<life.waiting.capacity where life.waiting.isTaken(number) {
                _ = life.waiting.remove(at: number)
            }
            let threads = life.threads
            life.threads = []
            return threads
        }
        // One that is stuck is left behind: the process ends without it.
        for thread in threads { _ = thread.join(atMost: Self.longestGoodbye) }
        continuation.finish()
    }

    /// Sentences about sockets that failed for good: empty while all is well.
    package var failures: [String] { handles.flatMap(\.report.failures) }

    /// The smallest receive buffer that the kernel granted a socket, in bytes; ``UDPSocket/bufferSize`` was asked for.
    package var smallestBuffer: Int { handles.map(\.smallestBuffer).min() ?? 0 }

    /// Where candidates say that the first worker listens, as `HOST:PORT`.
    package var mediaAddress: String {
        guard let first = handles.first?.candidates.first else { return "" }
        return first.isIPv6 ? "[\(first.address)]:\(first.port)" : "\(first.address):\(first.port)"
    }

    // MARK: MediaPlane

    package var workerCount: Int { handles.count }

    package var now: MonotonicInstant { MonotonicClock.now }

    package func candidates(ofWorker worker: UInt16) -> [Endpoint] {
        Int(worker) < handles.count ? handles[Int(worker)].candidates : []
    }

    package func credentials(
        for slot: LegSlot, using generator: inout some RandomNumberGenerator
    ) -> ICECredentials {
        CredentialCodec.credentials(
            for: LegPlace(worker: slot.worker, index: slot.index), using: &generator)
    }

    @discardableResult
    package func submit(_ order: MediaOrder, ticket: Ticket) -> Bool {
        guard Int(order.worker) < handles.count else { return false }
        return handles[Int(order.worker)].mailbox.put(order, ticket: ticket)
    }

    package func turns(ofWorker worker: UInt16) -> UInt64 {
        guard Int(worker) < handles.count else { return 0 }
        let handle = handles[Int(worker)]
        let turns = handle.page.turns
        handle.mailbox.nudge()
        return turns
    }

    /// For tests: a worker stands still, before it takes its next orders, until it can read from this descriptor.
    internal func stall(worker: UInt16, on descriptor: Int32) {
        handles[Int(worker)].mailbox.stall(on: descriptor)
        let nobody = LegSlot(worker: worker, index: .max, generation: 0)
        submit(.closeLeg(nobody), ticket: .none)
    }

    package func load(ofWorker worker: UInt16) -> WorkerCounters {
        var load = WorkerCounters()
        guard Int(worker) < handles.count else { return load }
        let handle = handles[Int(worker)]
        handle.page.read(into: &load)
        load.waitingOrders = handle.mailbox.count
        load.toldEvents = handle.report.toldEvents
        return load
    }

    package func counters() -> MediaCounters {
        var totals = MediaCounters()
        for handle in handles { handle.page.add(to: &totals) }
        return totals
    }
}

extension MediaServer {
    /// Datagrams of one socket between two flushes: a whole receive batch, and the transmit queue.
    private static func sendCapacity(_ core: RelayCoreConfiguration) -> Int {
        ReceiveBatch.capacity + core.transmitCapacity
    }

    private static func make(
        _ number: Int, _ configuration: MediaServerConfiguration,
        _ continuation: AsyncStream<MediaEvent>.Continuation
    ) throws(MediaServerError) -> Made {
        var generator = SystemRandomNumberGenerator()
        var core = RelayCoreConfiguration(
            worker: UInt16(truncatingIfNeeded: number), legs: configuration.legsPerWorker,
            format: configuration.format, seed: generator.next())
        core.consentTimeout = configuration.consentTimeout
        core.heldBitrate = configuration.heldBitrate
        core.srtp = configuration.srtp

        let wanted = configuration.port == 0 ? 0 : configuration.port + UInt16(truncatingIfNeeded: number)
        var ports = SlotTable<Port>(capacity: configuration.addresses.count)
        var bound: [Endpoint] = []
        var smallestBuffer = Int.max
        for (index, address) in configuration.addresses.enumerated() {
            do throws(SocketError) {
                let socket = try UDPSocket(
                    address: address, port: wanted, index: UInt8(truncatingIfNeeded: index))
                bound.append(socket.local)
                smallestBuffer = min(smallestBuffer, socket.receiveBuffer)
                ports.insert(
                    Port(socket: socket, capacity: sendCapacity(core)), at: index, generation: 0)
            } catch {
                throw .socket(error)
            }
        }
        let context: DTLSContext
        do throws(DTLSError) {
            context = try DTLSContext(role: .server, certificate: configuration.certificate)
        } catch {
            throw .dtls(error)
        }
        let handle = Handle(
            mailbox: Mailbox(), page: CounterPage(), report: WorkerReport(events: continuation),
            candidates: try configuration.candidates(bound: bound), smallestBuffer: smallestBuffer)
        let worker = Worker(
            ports: ports, core: RelayCore(core, dtls: context), mailbox: handle.mailbox, page: handle.page,
            report: handle.report, coalesce: configuration.coalesce)
        return Made(worker: worker, handle: handle)
    }
}
