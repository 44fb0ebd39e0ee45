/// One constant offset between 16-bit numbers that come in and 16-bit numbers that go out.
///
/// Chosen at the first packet, so that what goes out continues by exactly 1 from what went out before. Numbers older
/// than that first packet belong to the time before the splice, and have no image: so no number is ever sent twice,
/// which SRTP forbids (RFC 3711 §9.1).
internal struct NumberSplice: BitwiseCopyable {
    /// A number further ahead than this is the start of another splice.
    ///
    /// Packets with numbers that jump could be lost to the receiver, one after another: 32,768 numbers further on its
    /// rollover counter is one off for good (RFC 3711 §3.3.1), for all partners to come. So many of a browser's own in a
    /// row are lost only in an outage, after which nobody asks for them again.
    internal static let mostStep = 1_024

    internal private(set) var isActive = false
    /// `outbound = inbound &+ offset`.
    internal private(set) var offset: UInt16 = 0
    /// The first inbound number, and the highest: counted on through wrap-around.
    private var first: Int64 = 0
    private var highest: Int64 = 0

    /// - Parameters:
    ///   - number: inbound, of the first packet.
    ///   - last: outbound, the highest that was sent before.
    internal mutating func start(at number: UInt16, continuing last: UInt16) {
        offset = last &+ 1 &- number
        first = Int64(number)
        highest = first
        isActive = true
    }

    internal mutating func end() { isActive = false }

    /// Whether a number is part of this splice: not from before it.
    @inline(__always)
    internal func covers(_ number: UInt16) -> Bool { isActive && position(of: number) >= first }

    /// Whether a number can belong to this splice: it is not far ahead of the highest.
    @inline(__always)
    internal func isNear(_ number: UInt16) -> Bool {
        isActive && position(of: number) &- highest <= Int64(Self.mostStep)
    }

    /// Takes note of an inbound number that is covered.
    ///
    /// - Returns: the number to send.
    @inline(__always)
    internal mutating func map(_ number: UInt16) -> UInt16 {
        highest = max(highest, position(of: number))
        return number &+ offset
    }

    /// The number to send for one that is covered, without taking note of it.
    @inline(__always)
    internal func image(of number: UInt16) -> UInt16 { number &+ offset }

    /// The first outbound number.
    internal var firstImage: UInt16 { UInt16(truncatingIfNeeded: first) &+ offset }

    /// How far the highest number is ahead of the first, saturating.
    internal var span: UInt32 { UInt32(clamping: highest &- first) }

    /// The place of a number in the unwrapped sequence: the one nearest to the highest (RFC 3711 §3.3.1).
    @inline(__always)
    private func position(of number: UInt16) -> Int64 {
        highest &+ Int64(Int16(truncatingIfNeeded: number &- UInt16(truncatingIfNeeded: highest)))
    }
}
