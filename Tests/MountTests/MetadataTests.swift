import Foundation
import TestKit
import Testing

extension RealMounts {
    @Suite("Permissions, owners, times, listings") struct MetadataTests {
        private func mode(_ mount: MountedModel, _ path: String) -> String {
            Calls.status(mount.root + "/" + path).map { String($0.st_mode & 0o7777, radix: 8) } ?? "absent"
        }

        @Test func modesOfNewObjects() throws {
            let mount = try MountedModel()
            let rows: [(umask: String, directory: String, file: String)] = [
                ("022", "755", "644"), ("077", "700", "600"), ("002", "775", "664"), ("000", "777", "666"),
            ]
            for (umask, directory, file) in rows {
                let name = "u\(umask)"
                expectSuccess(
                    mount.run(
                        "umask \(umask); mkdir zones/\(name) l3/\(name); echo a > zones/\(name)/description; "
                            + "echo 10.0.0.0/24 > l3/\(name)/ranges/r"), name)
                #expect(mode(mount, "zones/\(name)") == directory && mode(mount, "zones/\(name)/l2") == directory)
                #expect(mode(mount, "zones/\(name)/description") == file && mode(mount, "l3/\(name)/ranges/r") == file)
            }
            expectSuccess(mount.run("mkdir -m 2750 zones/special"), "mkdir -m")
            #expect(mode(mount, "zones/special") == "2750")
        }

        /// Everything that chmod, chown and touch set is there after a restart too, and a write moves the time on.
        @Test func whatWasSetIsKept() throws {
            let mount = try MountedModel()
            expectSuccess(
                mount.run(
                    """
                    set -e; mkdir zones/z zones/z/l2/n l3/a
                    echo 10 > zones/z/l2/n/vlan; echo 10.0.0.0/24 > l3/a/ranges/r
                    ln -s ../../zones/z/l2/n l3/a/l2
                    for f in zones/z zones/z/l2 zones/z/l2/n/vlan l3/a/ranges/r zones l3/a/ranges; do
                        chown 12:34 $f; chmod 4711 $f; touch -d '2001-02-03 04:05:06.789012345 UTC' $f
                    done
                    chown -h 12:34 l3/a/l2
                    """), "set")
            let paths = ["zones/z", "zones/z/l2", "zones/z/l2/n/vlan", "l3/a/ranges/r", "l3/a/ranges"]
            func check(_ when: Comment) {
                for path in paths {
                    let status = Calls.status(mount.root + "/" + path)
                    #expect(mode(mount, path) == "4711", "\(path) \(when)")
                    #expect(status?.st_uid == 12 && status?.st_gid == 34, "\(path) \(when)")
                    #expect(
                        status?.st_mtim.tv_sec == 981_173_106 && status?.st_mtim.tv_nsec == 789_012_345,
                        "\(path) \(when)")
                }
                let link = Calls.status(mount.root + "/l3/a/l2")
                #expect(link?.st_uid == 12 && link?.st_gid == 34, when)
                #expect(Calls.status(mount.root + "/zones/z/l2/n")?.st_uid == 0, "the neighbour is as it was, \(when)")
            }
            check("at once")
            try mount.restart()
            check("after a restart")
            mount.kill()
            try mount.start()
            check("after a crash")
            expectSuccess(mount.run("echo 11 > zones/z/l2/n/vlan; mkdir zones/z/l2/m"), "changes")
            let now = time(nil)
            #expect(
                now - (Calls.status(mount.root + "/zones/z/l2/n/vlan")?.st_mtim.tv_sec ?? 0) < 10,
                "a write moves the time")
            #expect(
                now - (Calls.status(mount.root + "/zones/z/l2")?.st_mtim.tv_sec ?? 0) < 10,
                "a new entry moves the directory's")
            #expect(Calls.status(mount.root + "/zones/z/l2/n/vlan")?.st_uid == 12, "but not the owner")
        }

        /// A listing of 5,000 entries, read in pieces while entries are removed and made: what was there all the time
        /// is listed exactly once.
        @Test func longListings() throws {
            let mount = try MountedModel()
            let zones = mount.root + "/zones"
            let failures = Shared(0)
            let made = Threads.run(16, within: 120) { thread in
                for number in stride(from: thread, to: 5000, by: 16)
                where Calls.makeDirectory(zones + "/z\(number)") != 0 { failures.update { $0 += 1 } }
            }
            try #require(made && failures.value == 0)
            #expect(Set(Calls.names(zones) ?? []).count == 5000)
            let directory = try #require(opendir(zones))
            defer { closedir(directory) }
            var seen: [String: Int] = [:]
            var count = 0
            var removed: Set<String> = []
            var next = 0
            while let entry = readdir(directory) {
                seen[Calls.name(of: entry), default: 0] += 1
                count += 1
                if count % 25 == 0 {
                    // One at the front, one far behind, one new.
                    for number in [next, 4999 - next] {
                        if Calls.removeDirectory(zones + "/z\(number)") == 0 { removed.insert("z\(number)") }
                    }
                    _ = Calls.makeDirectory(zones + "/new\(next)")
                    next += 1
                }
            }
            #expect(removed.count > 300)
            #expect(seen.values.allSatisfy { $0 == 1 }, "something was listed twice")
            for number in 0..<5000 where !removed.contains("z\(number)") {
                #expect(seen["z\(number)"] == 1, "z\(number) was skipped")
            }
            // A place in the middle is found again.
            rewinddir(directory)
            for _ in 0..<1000 { _ = readdir(directory) }
            let place = telldir(directory)
            let expected = readdir(directory).map(Calls.name)
            for _ in 0..<1000 { _ = readdir(directory) }
            seekdir(directory, place)
            #expect(expected != nil && readdir(directory).map(Calls.name) == expected)
            let rest = 5000 - removed.count + next
            #expect(Set(Calls.names(zones) ?? []).count == rest && Calls.names(zones)?.count == rest)
        }

        /// What tools that walk trees see agrees with itself.
        @Test func toolsAgree() throws {
            let mount = try MountedModel()
            expectSuccess(mount.run(BadInput.tree), "the tree")
            let scratch = mount.directory + "/scratch"
            expectSuccess(Shell.run("mkdir \(scratch)"), "scratch")
            let intent = "zones l3"
            expectSuccess(
                mount.run("tar cf \(scratch)/a.tar \(intent) && tar df \(scratch)/a.tar"), "tar, and compared by tar")
            expectSuccess(
                mount.run(
                    "cp -a \(intent) \(scratch)/; "
                        + "for d in \(intent); do diff -r --no-dereference $d \(scratch)/$d || exit; done"
                ), "cp -a and diff")
            // Each file of the whole tree: the size that ls tells is the number of bytes that are read.
            let sizes = mount.run(
                "find . -type f ! -name errors ! -name events ! -name metrics -printf '%s %p\\n' | "
                    + "while read s p; do n=$(wc -c < $p); [ $n = $s ] || echo $p has $n, not $s; done"
            )
            expectSuccess(sizes, "sizes")
            #expect(sizes.output == "")
            let links = mount.run(
                "find zones l3 -type l -printf '%s %l\\n' | while read s l; do [ ${#l} = $s ] || echo $l; done; "
                    + "find . -type d -links 1"
            )
            #expect(links.output == "" && links.status == 0, "\(links)")
            #expect(mount.run("find . | sort | uniq -d").output == "")
            #expect(
                mount.run("find . -printf '%y %p\\n' | sort").output
                    == mount.run(
                        "find . -noleaf -exec stat -c '%F %n' {} + | "
                            + "sed 's/^regular.* file/f/; s/^directory/d/; s/^symbolic link/l/' | sort"
                    ).output, "types in listings are those of stat")
            expectSuccess(
                mount.run("du -s . > /dev/null && stat -f . > /dev/null && df . > /dev/null && ls -lR . > /dev/null"),
                "du, stat -f, df, ls")
            #expect(mount.run("stat -f -c %l .").output == "255\n")
            let inodes = mount.run("find . -printf '%i\\n' | sort | uniq -d").output
            #expect(inodes == "", "inode numbers are unique")
            let before = mount.run("find . -printf '%i %p\\n' | sort").output
            try mount.restart()
            #expect(mount.run("find . -printf '%i %p\\n' | sort").output == before, "and survive a restart")
            expectSuccess(mount.run("rm -rf zones/* l3/*"), "rm -rf of everything in one pass")
            #expect(Calls.names(mount.root + "/zones") == [] && Calls.names(mount.root + "/l3") == [])
        }

        @Test func renamesKeepIdentity() throws {
            let mount = try MountedModel()
            expectSuccess(mount.run(BadInput.tree), "the tree")
            let inode = Calls.status(mount.root + "/zones/z1")?.st_ino
            let uuid = mount.text("state/zones/z1/uuid")
            let file = open(mount.root + "/zones/z1/description", O_RDONLY)
            defer { close(file) }
            expectSuccess(
                mount.run(
                    "mv zones/z1 zones/moved && mv l3/a/ranges/low l3/a/ranges/high && "
                        + "mv zones/moved/l2/n1/clusters/c1 zones/moved/l2/n1/clusters/other"
                ), "mv")
            #expect(
                Calls.status(mount.root + "/zones/moved")?.st_ino == inode && !Calls.exists(mount.root + "/zones/z1"))
            #expect(mount.text("state/zones/moved/uuid") == uuid && mount.text("state/zones/z1/uuid") == nil)
            #expect(Calls.names(mount.root + "/zones")?.sorted() == ["empty", "moved", "z2"])
            #expect(Calls.names(mount.root + "/l3/a/ranges") == ["high"])
            #expect(Calls.names(mount.root + "/zones/moved/l2/n1/clusters") == ["other"])
            #expect(mount.text("state/l3/a/l2") == "zones/moved/l2/n1\n", "what stood on it still does")
            #expect(mount.text("state/zones/moved/l2/n1/hosts/h1")?.hasPrefix("status Realized\n") == true)
            var byte: UInt8 = 0
            #expect(pread(file, &byte, 1, 0) == 1, "an open file goes on")
            expectSuccess(
                mount.run("echo b > zones/moved/description && mv zones/moved zones/z1 && cat zones/z1/description"),
                "back")
            let kept = TreeSnapshot(mount.root)
            mount.kill()
            try mount.start()
            #expect(
                eventually { TreeSnapshot(mount.root) == kept }, "\(TreeSnapshot(mount.root).differences(from: kept))")
        }

        @Test func collectionsGoAndComeBack() throws {
            let mount = try MountedModel()
            expectSuccess(mount.run("mkdir zones/z && rmdir zones/z/l2"), "rmdir of an empty collection")
            #expect(Calls.names(mount.root + "/zones/z") == ["vms", "clusters"])
            #expect(Calls.status(mount.root + "/zones/z")?.st_nlink == 4)
            #expect(mount.run("mkdir zones/z/l2/n").errors.contains("No such file or directory"))
            try mount.restart()
            #expect(Calls.names(mount.root + "/zones/z") == ["vms", "clusters"], "also after a restart")
            #expect(mount.run("rmdir zones/z/l2").errors.contains("No such file or directory"))
            expectSuccess(
                mount.run(
                    "mkdir zones/z/l2 && mkdir zones/z/l2/n && rmdir zones/z/l2/n zones/z/l2 zones/z/clusters zones/z"),
                "mkdir")
            #expect(Calls.names(mount.root + "/zones") == [])
        }
    }
}
