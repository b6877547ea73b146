/// The mark on every link that is ours: its alias (`ip link show` prints it) is `netmodelfs:<uuid of the network>`.
enum LinkMark {
    /// The kernel ignores the alias of a request that makes a link, so a link is made first and marked after. The group
    /// however is set at once: a link in this group without an alias is one of ours whose making was cut short.
    ///
    /// The number has no meaning beyond being unlikely ("nmfs").
    static let unfinishedGroup: UInt32 = 0x6E6D_6673

    private static let prefix = "netmodelfs:"

    /// The alias for the links of a network.
    static func alias(for networkUUID: String) -> String {
        prefix + networkUUID
    }

    /// The network that an alias tells of, if it is a mark of ours.
    static func networkUUID(in alias: String?) -> String? {
        guard let alias, alias.hasPrefix(prefix), alias.utf8.count > prefix.utf8.count else { return nil }
        return String(alias.dropFirst(prefix.count))
    }
}
