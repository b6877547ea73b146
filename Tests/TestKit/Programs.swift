import Foundation

/// The programs that were built with the tests.
public enum Programs {
    /// The directory of the test program, which the other products are in as well. `NETMODELFS_BIN` names another.
    public static let directory: String = {
        if let named = ProcessInfo.processInfo.environment["NETMODELFS_BIN"] { return named }
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return (own as NSString).deletingLastPathComponent
    }()

    public static var netmodelfs: String { directory + "/netmodelfs" }
    public static var agent: String { directory + "/netmodel-agent" }

    /// The repository's top directory, found from the place of this file.
    public static let repository: String = {
        let parts = #filePath.split(separator: "/").dropLast(3)
        return "/" + parts.joined(separator: "/")
    }()
}
