import Glibc

/// Paths as the mount table has them.
enum MountPath {
    /// The daemon's working directory is `/`, so no path may depend on it.
    static func absolute(_ path: String) throws -> String {
        if path.hasPrefix("/") { return path }
        guard let current = getcwd(nil, 0) else { throw Failure("The working directory is gone.") }
        defer { free(current) }
        return String(cString: current) + "/" + path
    }

    /// Without links, also where the last component does not exist yet. `mount -a` compares what it finds in fstab,
    /// made canonical like this, with the mount table; a store must have the same name there before and after it was
    /// made.
    static func canonical(_ path: String) -> String {
        if let whole = real(path) { return whole }
        guard let slash = path.lastIndex(of: "/"),
            let parent = real(slash == path.startIndex ? "/" : String(path[..<slash]))
        else { return path }
        return (parent == "/" ? "" : parent) + String(path[slash...])
    }

    private static func real(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
