import RelayTypes
import Testing

@testable import RelayCore

@Suite("Whatever happens in whatever order, each browser sees one call at a time")
struct HistoryTests {
    @Test(
        "random partners, holds and releases among lost, late and doubled packets and reports both ways",
        arguments: 0..<10 as Range<UInt64>)
    func histories(seed: UInt64) throws {
        let world = try HistoryWorld(seed: seed)
        for step in 0..<1_500 {
            world.step = step
            if world.pair == nil || world.chance(40) { try world.order() }
            for person in 0..<3 {
                try world.send(person)
                if world.chance(8) { try world.report(person) }
            }
            try world.deliver()
            world.harness.advance(milliseconds: 7)
            try world.harness.fireTimers()
            try world.settle()
            if step % 200 == 0 {
                for person in world.people {
                    try world.harness.send(person.browser.check(), from: person.browser.endpoint)
                }
                _ = world.harness.core.takeEvents()
            }
        }
        #expect(world.forwarded > 800, "seed \(seed)")
        #expect(world.people.allSatisfy { $0.browser.failures == 0 }, "seed \(seed)")
        #expect(world.harness.core.legs.count == 3)
        for person in world.people {
            // A receiver here does not speak of what comes late, and its reports are lost where a gate is shut.
            let untold = person.arrived.subtracting(person.told)
            #expect(untold.count < person.arrived.count / 6, "seed \(seed)")
        }
    }
}
