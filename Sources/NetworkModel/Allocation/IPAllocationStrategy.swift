/// How an L3 network chooses an address for a NIC that asks for none by name (ZStack: facts §4).
public enum IPAllocationStrategy: String, CaseIterable, Sendable {
    /// Any free one, all with the same chance.
    case random = "Random"
    /// The lowest free one.
    case firstAvailable = "FirstAvailable"
    /// The next free one after the one given last, around all ranges: what was released is given again as late as possible.
    case ascendingDelayed = "AscDelayRecycle"

    /// ZStack's name for it, such as `RandomIpAllocatorStrategy`.
    public var longName: String { rawValue + "IpAllocatorStrategy" }

    /// Reads either name, spelt exactly.
    public init?(name: some StringProtocol) {
        // Byte by byte, as with all keywords: to Swift, different texts may be equal.
        let strategy = IPAllocationStrategy.allCases.first {
            $0.rawValue.utf8.elementsEqual(name.utf8) || $0.longName.utf8.elementsEqual(name.utf8)
        }
        guard let strategy else { return nil }
        self = strategy
    }

    /// Whether it remembers which address it gave last (`AllocationCursor`). Another strategy forgets it.
    public var keepsCursor: Bool { self == .ascendingDelayed }
}
