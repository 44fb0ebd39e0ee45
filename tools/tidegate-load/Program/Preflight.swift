internal import Foundation
internal import NIOCore
internal import NIOPosix
internal import NIOSSL

/// One visit before the crowd comes, to see whether there is a server, what its policy is and whose word it believes.
struct Preflight: Sendable {
    let target: Target
    let tls: NIOSSLContext?
    let tokens: TokenSource
    let loop: any EventLoop
    /// Most seconds for each answer.
    private static let patience: Int64 = 10

    struct Finding: Sendable {
        let policy: ServerWord.Policy
    }

    func run() async throws(LoadFailure) -> Finding {
        let visit = try await open()
        defer { loop.execute { [visit] in visit.value.close() } }
        guard
            let welcome = await say(
                JSONText.message("hello", [("version", "1")]), on: visit, until: "welcome")
        else { throw .cannotRun("\(target.authority) does not say welcome; is it a Tidegate server?") }
        switch welcome.type {
        case "welcome": break
        case "banned": throw .cannotRun("the server has banned this address")
        default: throw .cannotRun("the server does not let anybody in: \(welcome.message ?? welcome.type)")
        }
        guard let nonce = welcome.nonce, let policy = welcome.policy else {
            throw .cannotRun("the server's welcome lacks a nonce or its policy")
        }
        try await proveIssuer(nonce, visit)
        return Finding(policy: policy)
    }

    private func proveIssuer(_ nonce: String, _ visit: Bound) async throws(LoadFailure) {
        let token: String
        do {
            token =
                try tokens.tokenNow(nonce: nonce, .ours, nil, tokenID: "load-\(UUID().uuidString)") ?? ""
        } catch { throw .issuerRefused("the test issuer cannot sign: \(error)") }
        let good = token.isEmpty ? try await tokens.developmentToken(nonce: nonce, .ours) : token
        let attest = JSONText.message("attest", [("token", JSONText.quoted(good))])
        guard let answer = await say(attest, on: visit, until: "age") else {
            throw .cannotRun("\(target.authority) does not answer an attestation")
        }
        guard answer.type == "age" else {
            throw .issuerRefused(
                "the server refuses the test issuer's attestation: \(answer.message ?? answer.code ?? answer.type); "
                    + "is the issuer in its configuration, and the audience right?")
        }
    }

    // MARK: The visit

    /// What waits for the server, on the event loop.
    private final class Visit {
        var link: SignalLink?
        var wanted: EventLoopPromise<ServerWord?>?
        var opened: EventLoopPromise<String?>?
        private let decoder = JSONDecoder()

        func hear(_ event: LinkEvent) {
            switch event {
            case .opened: settle(nil)
            case .refused(let why): settle(why)
            case .closed: give(nil)
            case .text(let bytes):
                guard let word = ServerWord.read(Data(bytes.readableBytesView), with: decoder) else { return }
                if ["welcome", "age", "error", "banned"].contains(word.type) { give(word) }
            }
        }

        func settle(_ why: String?) {
            opened?.succeed(why)
            opened = nil
        }

        func give(_ word: ServerWord?) {
            wanted?.succeed(word)
            wanted = nil
        }

        func close() {
            link?.hangUp(1000)
            settle("closed")
            give(nil)
        }
    }

    private typealias Bound = NIOLoopBound<Visit>

    private func open() async throws(LoadFailure) -> Bound {
        let promise = loop.makePromise(of: String?.self)
        let visit =
            try? await loop.submit { [loop, target, tls] in
                let bound = NIOLoopBound(Visit(), eventLoop: loop)
                let visit = bound.value
                visit.opened = promise
                visit.link = SignalLink(to: target, from: nil, tls: tls, on: loop) { visit.hear($0) }
                loop.scheduleTask(in: .seconds(Self.patience)) { bound.value.settle("no answer within 10 s") }
                return bound
            }
            .get()
        guard let visit else {
            promise.succeed(nil)
            throw .cannotRun("the event loop has ended")
        }
        let problem: String?
        do { problem = try await promise.futureResult.get() } catch { problem = "\(error)" }
        if let problem {
            throw .cannotRun("\(target.authority) does not answer: \(problem)")
        }
        return visit
    }

    private func say(_ text: String, on visit: Bound, until type: String) async -> ServerWord? {
        let promise = loop.makePromise(of: ServerWord?.self)
        loop.execute { [loop] in
            visit.value.wanted = promise
            visit.value.link?.say(text)
            loop.scheduleTask(in: .seconds(Self.patience)) { visit.value.give(nil) }
        }
        return (try? await promise.futureResult.get()) ?? nil
    }
}
