import ArgumentParser
import FUSE
import Glibc

struct UmountCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "umount", abstract: "Unmounts DIR and waits until the daemon has closed the store.")

    @Argument(help: "The mount point.")
    var dir: String

    @Flag(help: "Only remove what a killed daemon has left there: what answers stays, and nothing there is no error.")
    var dead = false

    func run() async throws {
        if dead {
            guard try MountTable.entry(at: dir)?.type == "fuse.netmodelfs" else { return }
            try MountTable.clearDeadMount(at: dir)
            return
        }
        guard let entry = try MountTable.entry(at: dir), entry.type == "fuse.netmodelfs" else {
            throw Failure("No netmodelfs is mounted at \(dir).")
        }
        guard umount2(entry.mountPoint, 0) == 0 else {
            throw Failure("\(entry.mountPoint) cannot be unmounted: \(errorText(errno)).")
        }
        await StoreInUse(path: entry.source).waitUntilFree()
    }
}

/// Whether another process, such as a daemon that ends, still has a store open.
struct StoreInUse {
    let path: String

    /// At most five seconds: a daemon that hangs is no reason to hang as well.
    func waitUntilFree() async {
        for _ in 0..<250 {
            guard isOpenSomewhere() else { return }
            try? await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Looks for an open descriptor of the store's file among all processes (`/proc/PID/fd`).
    private func isOpenSomewhere() -> Bool {
        var file = stat()
        guard stat(path, &file) == 0, let processes = opendir("/proc") else { return false }
        defer { closedir(processes) }
        while let entry = readdir(processes) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard let number = Int32(name), number != getpid(), let descriptors = opendir("/proc/\(name)/fd") else {
                continue
            }
            defer { closedir(descriptors) }
            while let descriptor = readdir(descriptors) {
                let number = withUnsafePointer(to: &descriptor.pointee.d_name) { pointer in
                    pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                var other = stat()
                if number.first != ".", stat("/proc/\(name)/fd/\(number)", &other) == 0, other.st_ino == file.st_ino,
                    other.st_dev == file.st_dev
                {
                    return true
                }
            }
        }
        return false
    }
}
