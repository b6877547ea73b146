/// Where an L3 network that gives addresses in turn has come to, in one family. No cursor means: at the beginning.
///
/// Pools have a cursor of their own.
struct AllocationCursor: Hashable, Sendable {
    /// The number of the address that was given last. It may have been released since, and its range may be gone.
    var last: UInt128

    init(last: UInt128) {
        self.last = last
    }

    /// Reads what `text` wrote. Nil for what is not an address of the family.
    init?(_ text: some StringProtocol, _ family: IPFamily) {
        guard let address = IPAddress(text), address.family == family else { return nil }
        last = address.number
    }

    /// The address, such as `10.0.0.7`.
    func text(_ family: IPFamily) -> String { family.address(last).description }

    /// A range was deleted, or its addresses in `interval` were. The cursor moves to the right, so that the addresses after it
    /// are next even if some of the deleted ones come back before they have had their turn (ZStack: facts §4).
    mutating func moveRight(of interval: ClosedRange<UInt128>) {
        if interval.contains(last) { last = interval.upperBound }
    }
}
