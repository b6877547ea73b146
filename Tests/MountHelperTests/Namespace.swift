import Foundation
import TestKit
import Testing

/// One test at a time: what is put into /sbin is there for all.
@Suite("The mount helper", .serialized) enum MountHelper {}

/// Runs scripts in a mount namespace of their own, where mount(8) finds our helper and our programs.
///
/// mount(8) gives helpers a PATH of its own and looks for them in /sbin only, so both are put there, but nobody outside
/// sees them, nor what a script mounts: `umount -a` is harmless.
enum Namespace {
    /// Runs a script of bash with `$T`, a new directory with the directory `net` in it as the working directory,
    /// `$HELPER`, the directory mount-helper, and two functions: `daemon` prints the pid of the one who has the store
    /// `$T/s.db` open, `line` prints the mount table's line of `$T/net`.
    static func run(_ script: String, timeout: Double = 120) throws -> ShellResult {
        let directory = NSTemporaryDirectory().dropLastSlash + "/netmodelfs-helper-" + UUID().uuidString.prefix(8)
        try FileManager.default.createDirectory(atPath: directory + "/net", withIntermediateDirectories: true)
        // Again, because a daemon that ends takes away files of its own at the same time.
        defer {
            _ = eventually {
                try? FileManager.default.removeItem(atPath: directory)
                return !FileManager.default.fileExists(atPath: directory)
            }
        }
        try Data((prelude + script).utf8).write(to: URL(fileURLWithPath: directory + "/script"))
        return Shell.run(
            outside, in: directory,
            environment: [
                "T": directory, "HELPER": Programs.repository + "/mount-helper", "PROGRAMS": Programs.directory,
                "LC_ALL": "C.UTF-8",
            ], timeout: timeout)
    }

    /// A file cannot be put into /sbin for one namespace alone, but one that is there can be covered: an empty one is
    /// made for the time if there is none. An empty one that is found was left behind by a test that was killed. Taking
    /// it away would take the cover away everywhere, so only one such test runs on the machine.
    private static let outside = """
        exec 9>/run/lock/netmodelfs-helper-tests
        flock 9
        made=()
        for name in mount.netmodelfs mount.fuse.netmodelfs; do
          [ -s /sbin/$name ] || { : >/sbin/$name; made+=(/sbin/$name); }
        done
        unshare --mount --propagation private bash "$T/script" 9>&-
        status=$?
        for file in "${made[@]}"; do [ -s "$file" ] || rm -f "$file"; done
        exit $status
        """

    private static let prelude = """
        for name in mount.netmodelfs mount.fuse.netmodelfs; do
          mount --bind "$HELPER/mount.netmodelfs" "$(realpath /sbin/$name)" || exit 99
        done
        mount --bind "$PROGRAMS" /usr/local/sbin && [ -x /usr/local/sbin/netmodelfs ] || exit 99
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
        cd "$T" || exit 99
        # The daemon ends with its mount.
        trap 'cd /; umount -l "$T/net" 2>/dev/null || :' EXIT
        daemon() {
          local file
          for file in /proc/[0-9]*/fd/*; do
            if [ "$(readlink "$file")" = "$T/s.db" ]; then file=${file#/proc/}; echo "${file%%/*}"; return 0; fi
          done
          return 1
        }
        line() { grep " $T/net " /proc/self/mountinfo; }

        """
}

extension String {
    fileprivate var dropLastSlash: String { hasSuffix("/") && count > 1 ? String(dropLast()) : self }
}
