import AgentProtocol

/// The mark on every link that is ours: its alias (`ip link show` prints it) is
/// `netmodelfs:<uuid of the store>:<uuid of the network>`, or of earlier versions `netmodelfs:<uuid of the network>`.
struct LinkMark: Hashable {
    /// The store whose daemon had it made, if the mark tells.
    let storeUUID: String?
    let networkUUID: String

    /// The kernel ignores the alias of a request that makes a link, so a link is made first and marked after. The group
    /// however is set at once: a link in this group without an alias is one of ours whose making was cut short.
    ///
    /// The number has no meaning beyond being unlikely ("nmfs").
    static let unfinishedGroup: UInt32 = 0x6E6D_6673

    private static let prefix = "netmodelfs:"

    /// The alias for the links of a network.
    static func alias(for spec: L2Spec) -> String {
        LinkMark(storeUUID: spec.storeUUID, networkUUID: spec.networkUUID).alias
    }

    var alias: String { Self.prefix + (storeUUID.map { $0 + ":" } ?? "") + networkUUID }

    init(storeUUID: String?, networkUUID: String) {
        self.storeUUID = storeUUID
        self.networkUUID = networkUUID
    }

    /// The mark in an alias, if there is one.
    init?(alias: String?) {
        guard let alias, alias.hasPrefix(LinkMark.prefix) else { return nil }
        let words = alias.dropFirst(LinkMark.prefix.count).split(separator: ":", omittingEmptySubsequences: false)
        guard let network = words.last, words.count <= 2, words.allSatisfy({ !$0.isEmpty }) else { return nil }
        self.init(storeUUID: words.count == 2 ? String(words[0]) : nil, networkUUID: String(network))
    }
}
