import RelayTypes
import Testing

@Suite("Holds as the two ends of a gate see them (PROTOCOL.md section 2.2)")
struct HoldsTests {
    @Test("swapping twice changes nothing, for every set of holds")
    func twice() {
        for raw in UInt8.min...UInt8.max {
            let holds = Holds(rawValue: raw)
            #expect(holds.swapped.swapped == holds)
            #expect(holds.swapped.isEmpty == holds.isEmpty)
        }
    }

    @Test("self and partner change places, the others stay")
    func swap() {
        #expect(Holds([.ageSelf, .moderator]).swapped == [.agePartner, .moderator])
        #expect(Holds([.consentPartner, .report]).swapped == [.consentSelf, .report])
    }

    @Test("every bit has one name")
    func names() {
        #expect(Holds(rawValue: .max).names.count == 8)
        #expect(Set(Holds(rawValue: .max).names).count == 8)
    }
}

@Suite("Pair gates")
struct PairGatesTests {
    @Test("start shut")
    func shut() {
        let gates = PairGates()
        for side in Side.allCases {
            for channel in Channel.allCases { #expect(!gates[side, channel].isEmpty) }
        }
    }

    @Test("each gate is its own")
    func own() {
        for side in Side.allCases {
            for channel in Channel.allCases {
                var gates = PairGates(all: [])
                gates[side, channel] = .risk
                for otherSide in Side.allCases {
                    for otherChannel in Channel.allCases {
                        let same = side == otherSide && channel == otherChannel
                        #expect(gates[otherSide, otherChannel].isEmpty == !same)
                    }
                }
            }
        }
    }
}

@Suite("Endpoints")
struct EndpointTests {
    @Test("an IPv4-mapped IPv6 address is the IPv4 address (RFC 4291 §2.5.5.2)")
    func mapped() {
        let mapped = Endpoint(high: 0, low: 0xffff_7f00_0001, port: 9, isIPv6: true)
        #expect(mapped == Endpoint(ipv4: 0x7f00_0001, port: 9))
        #expect(mapped.address == "127.0.0.1")
    }

    @Test("truncation keeps the network and hides the host")
    func truncated() {
        #expect(Endpoint(ipv4: 0xc000_0281, port: 1).truncatedAddress == "192.0.2.0")
        let address = Endpoint(high: 0x2001_0db8_1234_5678, low: 1, port: 1, isIPv6: true)
        #expect(address.truncatedAddress == "2001:db8:1234:0:0:0:0:0")
    }
}

@Suite("Instants")
struct MonotonicInstantTests {
    @Test("saturate instead of trapping")
    func saturation() {
        #expect(MonotonicInstant.never.advanced(byNanoseconds: 1) == .never)
        #expect(MonotonicInstant(nanoseconds: 1).advanced(bySeconds: .max) == .never)
        #expect(MonotonicInstant(nanoseconds: 1).nanoseconds(since: MonotonicInstant(nanoseconds: 2)) == 0)
    }
}
