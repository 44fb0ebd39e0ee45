import ArgumentParser
import ReferenceTools
import Testing

@testable import tidegate_load

@Suite("People by share")
struct MixTests {
    @Test("every preset is a mix, and says what it is", arguments: Mix.presets.map(\.name))
    func presets(name: String) throws {
        let mix = try #require(Mix(argument: name))
        #expect(Mix(argument: mix.text) == mix, "its own text gives the same mix")
    }

    @Test("hostile has every kind that there is")
    func hostile() throws {
        #expect(Set(try #require(Mix(argument: "hostile")).shares.map(\.kind)) == Set(Kind.allCases))
    }

    @Test("shares come out as near as whole people allow", arguments: [1, 2, 7, 100, 1_001])
    func shares(count: Int) throws {
        let mix = try #require(Mix(argument: "stays=60,next=30,report=10"))
        let people = mix.people(count, seed: 1)
        #expect(people.count == count)
        for share in mix.shares {
            let exact = Double(count) * share.weight / 100
            let got = Double(people.count { $0 == share.kind })
            #expect(abs(got - exact) < 1, "\(share.kind)")
        }
    }

    @Test("the same seed gives the same people, another one others", arguments: [1, 7, 99] as [UInt64])
    func seeds(seed: UInt64) throws {
        let mix = try #require(Mix(argument: "hostile"))
        #expect(mix.people(500, seed: seed) == mix.people(500, seed: seed))
        #expect(mix.people(500, seed: seed) != mix.people(500, seed: seed &+ 1))
    }

    @Test(
        "what is no mix is refused",
        arguments: [
            "", "stays", "stays=", "=1", "stays=1,", "stays=1,stays=2", "stays=-1", "stays=x", "flies=1",
            "stays=nan", "stays=inf", "stays=0,next=0",
        ])
    func nonsense(text: String) {
        #expect(Mix(argument: text) == nil)
    }

    @Test("stays are drawn from what was asked for, reproducibly")
    func stay() throws {
        var (random, again) = (SplitMix64(seed: 5), SplitMix64(seed: 5))
        let median = try #require(StayLength(argument: "5"))
        let drawn = (0..<10_001).map { _ in median.draw(using: &random) }
        #expect(drawn == (0..<10_001).map { _ in median.draw(using: &again) })
        let middle = Double(drawn.sorted()[5_000]) / 1e9
        #expect((4.7...5.3).contains(middle), "the median is \(middle) s")
        let uniform = try #require(StayLength(argument: "uniform:2-8"))
        for _ in 0..<1_000 { #expect((2_000_000_000...8_000_000_000).contains(uniform.draw(using: &random))) }
        #expect(try #require(StayLength(argument: "fixed:1.5")).draw(using: &random) == 1_500_000_000)
    }

    @Test(
        "what is no length of stay is refused",
        arguments: ["", "x", "-1", "nan", "fixed", "fixed:", "uniform:1", "uniform:1-2-3", "gauss:1", "1e99"])
    func noStay(text: String) {
        #expect(StayLength(argument: text) == nil)
    }
}
