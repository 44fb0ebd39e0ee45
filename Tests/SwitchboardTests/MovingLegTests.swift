import MediaControl
import RelayTypes
import Signalling
import Switchboard
import Testing

@Suite("Two people on different workers meet")
struct MovingLegTests {
    /// Two workers with room for two legs each.
    ///
    /// `near` waits on worker 0, where a third has left; `far` waits on worker 1.
    private struct Scene {
        let stage: Stage
        let near: Person
        let far: Person

        init() async throws {
            stage = try await Stage(workers: 2, legs: 2)
            let (near, third, _) = try await stage.pair()
            self.near = near
            far = try await stage.joined()
            #expect(stage.media.lastLeg?.worker == 1)
            await third.close()
            near.link.forget()
            far.link.forget()
            await near.say(.next(pair: nil, block: false))
        }

        /// Until `far` is offered a leg on worker 0, for which it has waited `match_wait`.
        func offered() async throws -> LegSlot {
            #expect(far.link.sofar(\.offer).isEmpty)
            await stage.advance(seconds: 3)
            #expect(far.link.sofar(\.offer).count == 1)
            #expect(near.link.sofar(\.offer).isEmpty)
            let slot = try #require(stage.media.lastLeg)
            #expect(slot.worker == 0)
            return slot
        }

        func connect(_ slot: LegSlot) async {
            await far.say(.answer(sdp: Person.answer), id: .number(9))
            await stage.switchboard.handle(.connected(slot))
        }

        /// Legs that are open, by worker.
        var legs: [Int] {
            [stage.media.openLegs[0]?.count ?? 0, stage.media.openLegs[1]?.count ?? 0]
        }

        /// That neither is stuck: both meet as soon as nothing is in the way.
        func expectBothMeet() async throws {
            await stage.advance(seconds: 20)
            let pair = try #require(near.link.sofar(\.matchedPair).last)
            #expect(far.link.sofar(\.matchedPair).last == pair)
        }
    }

    @Test("ports are filled one after another, and a worker that becomes free first of all")
    func filled() async throws {
        let stage = try await Stage(workers: 2, legs: 2)
        defer { stage.close() }
        var people: [Person] = []
        for port in [3_478, 3_478, 3_479] {
            people.append(try await stage.person())
            await people[people.count - 1].say(.join(JoinRequest()))
            let offer = try #require(people.last?.link.sofar(\.offer).last)
            #expect(offer.contains(" 127.0.0.1 \(port) typ host"))
        }
        await people[0].close()
        let next = try await stage.person()
        await next.say(.join(JoinRequest()))
        #expect(next.link.sofar(\.offer).last?.contains(" 127.0.0.1 3478 typ host") == true)
        let status = await stage.switchboard.status()
        #expect(status.workers == 2)
        #expect(status.perWorker.map(\.legs) == [2, 1])
    }

    @Test("one gets a fresh offer, keeps the old leg until the new one is up, and then they are matched")
    func moved() async throws {
        let scene = try await Scene()
        defer { scene.stage.close() }
        let slot = try await scene.offered()
        #expect(scene.legs == [2, 1])
        await scene.connect(slot)
        #expect(scene.legs == [2, 0])
        let heard = scene.far.link.all
        #expect(heard.firstIndex(of: .connected) ?? 99 < heard.firstIndex { $0.matchedPair != nil } ?? 0)
        #expect(scene.near.link.sofar(\.matchedPair) == scene.far.link.sofar(\.matchedPair))
        #expect(scene.near.link.sofar(\.matchedPair).count == 1)
        #expect(scene.stage.media.pairWorkers == [0, 0])
        #expect(await scene.stage.switchboard.metrics().legMoves == ["done": 1])
        #expect(await scene.stage.switchboard.status().perWorker.map(\.pairs) == [1, 0])
    }

    /// What can happen to the one who is not moved, while the other is.
    enum Mishap: CaseIterable { case leaves, closes, vanishes, losesLeg, joinsText }

    @Test(
        "when the other goes meanwhile, the one who is moved arrives and waits there",
        arguments: Mishap.allCases)
    func otherGoes(mishap: Mishap) async throws {
        let scene = try await Scene()
        defer { scene.stage.close() }
        let nearSlot = try #require(scene.stage.media.orders.lazy.compactMap(\.opened).first)
        let slot = try await scene.offered()
        switch mishap {
        case .leaves: await scene.near.say(.leave)
        case .closes: await scene.near.close()
        case .vanishes: await scene.near.vanish()
        case .losesLeg: await scene.stage.switchboard.handle(.ended(nearSlot, .consentExpired))
        case .joinsText: await scene.near.say(.join(JoinRequest(media: .text)))
        }
        await scene.connect(slot)
        #expect(scene.far.link.sofar(\.matchedPair).isEmpty)
        #expect(await scene.stage.switchboard.status().waiting == (mishap == .joinsText ? 2 : 1))
        #expect(scene.legs == [[.closes, .losesLeg].contains(mishap) ? 1 : 2, 0])
        #expect(scene.far.link.sofar(\.errorCode).isEmpty)
    }

    @Test(
        "next and join change nothing but what they ask for: both meet in the end", arguments: [true, false])
    func impatient(mover: Bool) async throws {
        let scene = try await Scene()
        defer { scene.stage.close() }
        let slot = try await scene.offered()
        let person = mover ? scene.far : scene.near
        await person.say(.next(pair: nil, block: false), id: .number(1))
        #expect(person.link.last?.re == .number(1))
        #expect(person.link.all.last?.waiting != nil)
        await person.say(.join(JoinRequest()), id: .number(2))
        #expect(person.link.last?.re == .number(2))
        await scene.connect(slot)
        try await scene.expectBothMeet()
        #expect(scene.stage.media.offered == 4, "nobody is offered a leg twice")
    }

    @Test("a page that closes its old connection at the offer arrives all the same")
    func eager() async throws {
        let scene = try await Scene()
        defer { scene.stage.close() }
        let old = try #require(scene.stage.media.lastLeg)
        let slot = try await scene.offered()
        await scene.stage.switchboard.handle(.ended(old, .closedByBrowser))
        await scene.stage.advance(seconds: 1)
        #expect(scene.far.link.sofar(\.errorCode).isEmpty)
        await scene.connect(slot)
        #expect(scene.far.link.sofar(\.matchedPair).count == 1)
    }

    @Test(
        "a leg that does not arrive is given up: the old one stays, and is not moved again",
        arguments: [true, false])
    func failed(answered: Bool) async throws {
        let scene = try await Scene()
        defer { scene.stage.close() }
        _ = try await scene.offered()
        if answered { await scene.far.say(.answer(sdp: Person.answer), id: .number(9)) }
        await scene.stage.advance(seconds: 14)
        // After 5 s the other was free to meet somebody else.
        #expect(await scene.stage.switchboard.status().waiting == 1)
        await scene.stage.advance(seconds: 1)
        #expect(scene.far.link.sofar(\.errorCode).isEmpty)
        #expect(scene.far.link.sofar(\.waiting).count == 1)
        #expect(scene.far.link.last?.re == (answered ? .number(9) : nil))
        // Now it is the other who is moved.
        #expect(scene.legs == [1, 2])
        let slot = try #require(scene.stage.media.lastLeg)
        #expect(slot.worker == 1)
        #expect(scene.near.link.sofar(\.offer).count == 1)
        await scene.near.say(.answer(sdp: Person.answer))
        await scene.stage.switchboard.handle(.connected(slot))
        #expect(scene.far.link.sofar(\.matchedPair).count == 1)
        #expect(scene.legs == [0, 2])
        #expect(await scene.stage.switchboard.metrics().legMoves == ["done": 1, "failed": 1])
    }

    @Test("when both legs are lost in the move, it is leg_failed and the next join brings an offer")
    func bothLost() async throws {
        let scene = try await Scene()
        defer { scene.stage.close() }
        let old = try #require(scene.stage.media.lastLeg)
        let slot = try await scene.offered()
        await scene.far.say(.answer(sdp: Person.answer), id: .number(9))
        await scene.stage.switchboard.handle(.ended(old, .consentExpired))
        await scene.stage.switchboard.handle(.ended(slot, .fingerprintMismatch))
        #expect(scene.far.link.last?.message.errorCode == .legFailed)
        #expect(scene.far.link.last?.re == .number(9))
        #expect(scene.legs == [1, 0])
        #expect(await scene.stage.switchboard.status().waiting == 1)
        await scene.far.say(.join(JoinRequest()))
        #expect(scene.far.link.sofar(\.offer).count == 2)
    }

    @Test("who is moved and leaves takes both legs along, and the other waits on", arguments: [true, false])
    func moverEnds(clean: Bool) async throws {
        let scene = try await Scene()
        defer { scene.stage.close() }
        _ = try await scene.offered()
        if clean { await scene.far.close() } else { await scene.far.vanish() }
        await scene.stage.advance(seconds: 11)
        #expect(scene.legs == [1, 0])
        #expect(await scene.stage.switchboard.status().waiting == 1)
        #expect(await scene.stage.switchboard.status().legs == 1)
    }

    @Test("who is moved and comes back with a resume finds the offer again")
    func resumed() async throws {
        let scene = try await Scene()
        defer { scene.stage.close() }
        let slot = try await scene.offered()
        await scene.far.vanish()
        let again = try await scene.stage.person(resume: scene.far.welcome.resume)
        #expect(again.welcome.resumed)
        #expect(again.link.sofar(\.offer).count == 1)
        await again.say(.answer(sdp: Person.answer))
        await scene.stage.switchboard.handle(.connected(slot))
        await scene.stage.advance(seconds: 1)
        #expect(again.link.sofar(\.matchedPair).count == 1)
        #expect(again.link.sofar(\.matchedPair) == scene.near.link.sofar(\.matchedPair))
    }

    @Test("an age that is proved meanwhile keeps two of different groups apart")
    func proved() async throws {
        let scene = try await Scene()
        defer { scene.stage.close() }
        let slot = try await scene.offered()
        try await scene.near.attest("adult")
        await scene.connect(slot)
        await scene.stage.advance(seconds: 20)
        #expect(scene.far.link.sofar(\.matchedPair).isEmpty)
        try await scene.far.attest("adult")
        try await scene.expectBothMeet()
    }

    @Test("nobody is moved to a worker without room; when there is room they meet")
    func full() async throws {
        let stage = try await Stage(workers: 2, legs: 2)
        defer { stage.close() }
        let (first, _, _) = try await stage.pair()
        let (third, fourth, _) = try await stage.pair()
        // One of each pair goes on looking while both workers are full.
        for person in [first, third] {
            person.link.forget()
            await person.say(.next(pair: nil, block: true))
            _ = await person.link.first(\.waiting)
            person.link.forget()
        }
        await stage.advance(seconds: 60)
        #expect(stage.media.offered == 4)
        await fourth.close()
        await stage.advance(seconds: 1)
        #expect(stage.media.offered == 5)
        #expect(stage.media.lastLeg?.worker == 1)
        #expect(first.link.sofar(\.offer).count == 1)
    }
}

extension MediaOrder {
    fileprivate var opened: LegSlot? { if case .openLeg(let slot, _) = self { slot } else { nil } }
}
