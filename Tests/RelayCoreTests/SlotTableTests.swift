import RelayCore
import Testing

/// Says when it dies.
private struct Tenant: ~Copyable {
    final class Register {
        var dead: [Int] = []
    }

    var value: Int
    let register: Register

    deinit { register.dead.append(value) }
}

@Suite("A slot is named by index and generation")
struct SlotTableTests {
    @Test("a former tenant's name finds nobody")
    func generations() {
        var table = SlotTable<Int>(capacity: 2)
        table.insert(10, at: 1, generation: 7)
        #expect(table.index(of: 1, generation: 7) == 1)
        #expect(table.index(of: 1, generation: 6) == nil)
        #expect(table.index(of: 0, generation: 0) == nil, "free")
        #expect(table.index(of: 2, generation: 0) == nil, "beyond the end")
        #expect(table.index(of: .max, generation: 7) == nil)
        #expect(table.remove(at: 1) == 10)
        #expect(table.index(of: 1, generation: 7) == nil)
        table.insert(11, at: 1, generation: 8)
        #expect(table.index(of: 1, generation: 7) == nil)
        #expect(table.index(of: 1, generation: 8) == 1)
    }

    @Test("elements are used in place, and die once")
    func ownership() {
        let register = Tenant.Register()
        do {
            var table = SlotTable<Tenant>(capacity: 4)
            table.insert(Tenant(value: 1, register: register), at: 0, generation: 0)
            table.insert(Tenant(value: 2, register: register), at: 3, generation: 0)
            table[0].value += 10
            #expect(table[0].value == 11)
            #expect(register.dead.isEmpty)
            _ = table.remove(at: 0)
            #expect(register.dead == [11])
            #expect(table.count == 1)
        }
        #expect(register.dead == [11, 2])
    }
}
