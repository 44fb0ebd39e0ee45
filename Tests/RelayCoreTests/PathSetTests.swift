import RelayTypes
import Testing

@testable import RelayCore

@Suite("Paths come from authenticated checks only (RFC 8445 §7.3)")
struct PathSetTests {
    private let start = MonotonicInstant(nanoseconds: 100_000_000_000)
    private let timeout: UInt64 = 30_000_000_000

    private func address(_ number: UInt16) -> Endpoint { Endpoint(ipv4: 0xc000_0201, port: number) }

    @Test("the first path is selected; another one when it is nominated")
    func nomination() {
        var paths = PathSet()
        #expect(paths.selected == nil)
        #expect(paths.check(from: address(1), isNominated: false, at: start).hasMoved)
        #expect(paths.check(from: address(2), isNominated: false, at: start) == .init(isNew: true))
        #expect(paths.selected == address(1))
        #expect(paths.check(from: address(2), isNominated: true, at: start).hasMoved)
        #expect(paths.selected == address(2))
        #expect(!paths.check(from: address(2), isNominated: true, at: start).hasMoved, "it is there already")
    }

    @Test("a check from elsewhere moves it once the selected path has been silent for 3 s")
    func silence() {
        var paths = PathSet()
        _ = paths.check(from: address(1), isNominated: false, at: start)
        let almost = start.advanced(byMilliseconds: 2_999)
        #expect(!paths.check(from: address(2), isNominated: false, at: almost).hasMoved)
        #expect(paths.check(from: address(2), isNominated: false, at: start.advanced(bySeconds: 3)).hasMoved)
    }

    @Test("media moves it to a path that is known and has consented, after 100 ms")
    func media() {
        var paths = PathSet()
        _ = paths.check(from: address(1), isNominated: false, at: start)
        _ = paths.check(from: address(2), isNominated: false, at: start)
        #expect(
            paths.media(from: address(2), at: start.advanced(byMilliseconds: 99), timeout: timeout) == false)
        #expect(
            paths.media(from: address(3), at: start.advanced(byMilliseconds: 200), timeout: timeout) == false)
        #expect(
            paths.media(from: address(2), at: start.advanced(byMilliseconds: 100), timeout: timeout) == true)
        #expect(
            paths.media(from: address(1), at: start.advanced(bySeconds: 30), timeout: timeout) == false,
            "no consent")
    }

    @Test("the fifth path takes the place of the one that was silent longest, never of the selected one")
    func eviction() {
        var paths = PathSet()
        for number in 1...4 as ClosedRange<UInt16> {
            let now = start.advanced(byMilliseconds: UInt64(number))
            _ = paths.check(from: address(number), isNominated: false, at: now)
        }
        let change = paths.check(from: address(5), isNominated: false, at: start.advanced(byMilliseconds: 5))
        #expect(change == .init(isNew: true, evicted: address(2)))
        #expect(paths.selected == address(1))
        #expect(paths.count == 4)
    }

    @Test("consent lasts for 30 s after the last check (RFC 7675 §5.1)")
    func consent() {
        var paths = PathSet()
        #expect(!paths.mayReceive(at: start, timeout: timeout), "nobody has consented yet")
        _ = paths.check(from: address(1), isNominated: false, at: start)
        #expect(paths.mayReceive(at: start.advanced(byMilliseconds: 29_999), timeout: timeout))
        #expect(!paths.mayReceive(at: start.advanced(bySeconds: 30), timeout: timeout))
    }
}
