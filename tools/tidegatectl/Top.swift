import ArgumentParser
import Foundation

/// A live view of the server: `tidegatectl top`.
struct Top: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Watch the server live, and act on pairs.",
        discussion: """
            Totals, rates, workers and pairs, anew every second. '?' shows the keys. Orders are asked for first, and \
            are in the audit log with your name. Needs a terminal; scripts take 'status --json' and 'events --json'.
            """)

    @OptionGroup var server: ServerOptions

    @Option(help: "Seconds between two looks, 0.2 to 60.")
    var interval = 1.0

    func validate() throws {
        guard !server.quiet else {
            throw ValidationError("top has no --quiet: it is nothing but what it shows")
        }
        guard (0.2...60).contains(interval) else { throw ValidationError("--interval must be 0.2 to 60") }
        guard !server.json else {
            throw ValidationError("top has no --json; take 'status --json' or 'events --follow --json'")
        }
    }

    func run() async throws {
        try await reporting {
            let client = try server.client()
            // Before the screen changes: a wrong socket or token is a sentence.
            let first = try await client.get("/v1/overview", as: OverviewAnswer.self)
            guard let terminal = Terminal() else {
                throw AdminFailure.local(
                    "top needs a terminal; for scripts there are 'status --json' and 'events --follow --json'"
                )
            }
            let number = await TopSession(client: client, interval: interval, first: first.value)
                .run(terminal)
            // What a shell says of a program that a signal has ended.
            if let number { throw ExitCode(128 + number) }
        }
    }
}

/// One sitting at the terminal.
struct TopSession {
    /// What comes from anywhere.
    private enum Input: Sendable {
        case terminal(TerminalInput)
        case overview(OverviewAnswer, [WorkersAnswer.Worker])
        case trouble(String)
        case explained(String, ExplainAnswer)
        case told(String)
    }

    let client: AdminClient
    let interval: Double
    let first: OverviewAnswer

    /// - Returns: the signal that ended it, or `nil`.
    func run(_ terminal: consuming Terminal) async -> Int32? {
        let (inputs, send) = AsyncStream<Input>.makeStream()
        let keyboard = TerminalInputs([SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGCONT]) {
            send.yield(.terminal($0))
        }
        var model = TopModel()
        model.take(first, workers: [])
        let polling = Task { await poll(send) }
        defer {
            polling.cancel()
            withExtendedLifetime(keyboard) {}
        }
        var keys = TopKeyReader()
        draw(&model, terminal.size)
        for await input in inputs {
            switch input {
            case .terminal(.signal(SIGWINCH)): break
            case .terminal(.signal(SIGCONT)): terminal.enter()
            case .terminal(.signal(let number)): return number
            case .terminal(.closed): return SIGHUP
            case .terminal(.bytes(let bytes)):
                for key in keys.take(bytes) {
                    guard let effect = model.press(key) else { continue }
                    if effect == .quit { return nil }
                    carryOut(effect, send)
                }
            case .overview(let overview, let workers):
                model.take(overview, workers: workers)
                // What is open is told anew.
                if case .pair(let pair, _) = model.mode { carryOut(.explain(pair), send) }
            case .trouble(let why): model.lose(why)
            case .explained(let pair, let told):
                let text = Explain.text(told, Layout(width: max(terminal.size.columns, 20)))
                model.show(
                    text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init), of: pair)
            case .told(let message): model.tell(message)
            }
            draw(&model, terminal.size)
        }
        return nil
    }

    private func draw(_ model: inout TopModel, _ size: (columns: Int, rows: Int)) {
        let screen = TopScreen(width: size.columns, height: size.rows)
        model.page = screen.page(of: model)
        Terminal.write(screen.frame(of: model))
    }

    /// Asks again and again; a server that is gone is asked all the same.
    private func poll(_ send: AsyncStream<Input>.Continuation) async {
        while !Task.isCancelled {
            do {
                let overview = try await client.get("/v1/overview", as: OverviewAnswer.self).value
                // Older servers do not have it.
                let workers = try? await client.get("/v1/workers", as: WorkersAnswer.self).value.workers
                send.yield(.overview(overview, workers ?? []))
            } catch {
                send.yield(.trouble("\(error); trying again"))
            }
            try? await Task.sleep(for: .seconds(interval))
        }
    }

    private func carryOut(_ effect: TopModel.Effect, _ send: AsyncStream<Input>.Continuation) {
        switch effect {
        case .quit: break
        case .explain(let pair):
            Task {
                do {
                    let path = "/v1/pairs/\(AdminClient.encoded(pair))/explain"
                    send.yield(.explained(pair, try await client.get(path, as: ExplainAnswer.self).value))
                } catch {
                    send.yield(.told("\(error)"))
                }
            }
        case .order(let action, let pair):
            Task {
                do {
                    let path = "/v1/pairs/\(AdminClient.encoded(pair))/\(action.rawValue)"
                    let order = PairOrder(reason: "moderator", from: nil, channel: nil)
                    let answer = try await client.post(path, order, as: OrderAnswer.self)
                    let milliseconds = (answer.value.inForceMicroseconds / 10).rounded() / 100
                    send.yield(.told("\(action.rawValue) \(pair): in force after \(milliseconds) ms"))
                } catch {
                    send.yield(.told("\(action.rawValue) \(pair): \(error)"))
                }
            }
        }
    }
}
