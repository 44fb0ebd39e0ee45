import ReferenceTools
import RelayCore
import RelayTypes
import Testing

@Suite("The endpoint table is a dictionary that never grows")
struct EndpointTableTests {
    @Test("agrees with Dictionary through random histories", arguments: [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64])
    func randomHistories(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let capacity = Int.random(in: 1...48, using: &generator)
        var table = EndpointTable(capacity: capacity, seed: generator.next())
        var model: [Endpoint: Int] = [:]
        for step in 0..<20_000 {
            // Few addresses, so that every kind of collision and wrap of the table happens.
            let endpoint = Endpoint(
                ipv4: UInt32.random(in: 0..<8, using: &generator),
                port: UInt16.random(in: 0..<8, using: &generator), socket: UInt8(generator.next() & 1))
            switch generator.next() % 3 {
            case 0:
                let leg = Int.random(in: 0..<1_000, using: &generator)
                let fits = model[endpoint] != nil || model.count < capacity
                #expect(table.insert(endpoint, leg: leg) == fits, "seed \(seed) step \(step)")
                if fits { model[endpoint] = leg }
            case 1:
                table.remove(endpoint)
                model[endpoint] = nil
            default:
                #expect(table.leg(at: endpoint) == model[endpoint], "seed \(seed) step \(step)")
            }
            #expect(table.count == model.count)
        }
        for (endpoint, leg) in model { #expect(table.leg(at: endpoint) == leg, "seed \(seed)") }
    }

    @Test("address, port, family and socket all count")
    func distinguishes() {
        var table = EndpointTable(capacity: 8, seed: 1)
        table.insert(Endpoint(ipv4: 0x7f00_0001, port: 1), leg: 1)
        #expect(table.leg(at: Endpoint(ipv4: 0x7f00_0001, port: 1)) == 1)
        #expect(table.leg(at: Endpoint(ipv4: 0x7f00_0001, port: 2)) == nil)
        #expect(table.leg(at: Endpoint(ipv4: 0x7f00_0002, port: 1)) == nil)
        #expect(table.leg(at: Endpoint(ipv4: 0x7f00_0001, port: 1, socket: 1)) == nil)
        #expect(table.leg(at: Endpoint(high: 0x7f00_0001 << 32, low: 0, port: 1, isIPv6: true)) == nil)
        // ::ffff:127.0.0.1 is 127.0.0.1 (RFC 4291 §2.5.5.2).
        #expect(table.leg(at: Endpoint(high: 0, low: 0xffff_7f00_0001, port: 1, isIPv6: true)) == 1)
    }
}
