import NetworkModel

/// Settings for all ESXi hosts.
public struct ESXiOptions: Sendable, Hashable {
    /// Where the files are that say who logs in to a host; one for each, named `HOST` or `HOST:PORT`.
    public var credentialsDirectory: String
    /// How long one call may take; milliseconds.
    public var callTimeout: Int
    /// How long a host is not asked again with a user and password that it refused: ESXi locks an account after five
    /// failures within 15 minutes (`Security.AccountLockFailures`, `Security.AccountUnlockTime`).
    public var loginPause: Duration
    /// The store that the daemon works for: it goes into the names of port groups.
    public var store: UniqueID?

    public init(
        credentialsDirectory: String = "/etc/netmodelfs/credentials", callTimeout: Int = 30_000,
        loginPause: Duration = .seconds(300)
    ) {
        self.credentialsDirectory = credentialsDirectory
        self.callTimeout = callTimeout
        self.loginPause = loginPause
    }
}
