import Foundation
import TestKit
import Testing

extension RealMounts {
    /// The store is on a disk of two megabytes.
    @Suite("A full disk", .enabled(if: SmallDisk.canMount)) struct DiskFullTests {
        private static let objects = """
            set -e; mkdir zones/z zones/z/clusters/c zones/z/l2/n; echo Simulator > zones/z/clusters/c/hypervisor
            mkdir zones/z/clusters/c/hosts/h; echo simulator: > zones/z/clusters/c/hosts/h/connection
            echo eth0 > zones/z/l2/n/physical-interface
            """

        @Test func nothingAnsweredIsLost() throws {
            let disk = try #require(SmallDisk())
            let mount = try MountedModel(storeDirectory: disk.path)
            expectSuccess(mount.run(Self.objects), "objects")
            var answered: Set<String> = []
            func fill(_ prefix: String) -> Int32 {
                let text = String(repeating: "x", count: 2000)
                for number in 0..<5000 {
                    let name = "\(prefix)\(number)"
                    let error = Calls.makeDirectory(mount.root + "/zones/" + name)
                    if error != 0 { return error }
                    answered.insert(name)
                    let written = Calls.write(mount.root + "/zones/\(name)/description", text)
                    if written != 0 { return written }
                }
                return 0
            }
            func check(_ when: Comment) {
                #expect(Set(Calls.names(mount.root + "/zones") ?? []) == answered.union(["z"]), when)
            }
            #expect(fill("a") == ENOSPC)
            #expect(answered.count > 20)
            check("when it is full")
            #expect(mount.refusals.last?.rule == "store.full" && mount.refusals.last?.symbol == "ENOSPC")
            #expect(mount.refusals.last?.reason.contains("is full, so the change was not stored.") == true)
            let shell = mount.run("echo new > zones/z/description; s=$?; netmodelfs why; exit $s")
            if shell.status != 0 {
                #expect(
                    shell.errors.contains("No space left on device") && shell.output.hasPrefix("store.full: "),
                    "\(shell)")
                #expect(!Calls.exists(mount.root + "/zones/z/description"), "what could not be stored is not shown")
            }
            #expect(
                mount.isRunning && Calls.names(mount.root + "/state/zones")?.count == answered.count + 1,
                "reading goes on")
            // Killed and started on the full disk: it may not start, but loses nothing.
            mount.kill()
            disk.resize("8m")
            try mount.start()
            check("after a kill")
            #expect(StateChecker(mount.root).problems.isEmpty)
            // There is room again, without a restart.
            #expect(fill("b") == ENOSPC)
            check("full again")
            disk.resize("64m")
            expectSuccess(
                mount.run(
                    "mkdir zones/room && echo text > zones/room/description && "
                        + "ln -s ../../../clusters/c zones/z/l2/n/clusters/c"
                ), "room")
            answered.insert("room")
            check("with room")
            let before = TreeSnapshot(mount.root, state: false, times: true)
            #expect(mount.stop() == 0)
            expectSuccess(mount.run("netmodelfs fsck '\(mount.store)'"), "fsck")
            try mount.start()
            let after = TreeSnapshot(mount.root, state: false, times: true)
            #expect((after == before) as Bool, "\(after.differences(from: before))")
            expectSuccess(mount.run("rm -rf zones/*", timeout: 120), "rm")
        }

        /// An attach that runs out of room is refused, and the host has nothing of it.
        @Test func attach() throws {
            let disk = try #require(SmallDisk())
            let mount = try MountedModel(storeDirectory: disk.path)
            expectSuccess(mount.run(Self.objects), "objects")
            disk.fill()
            var refused = 0
            for _ in 0..<300 {
                let error = Calls.symlink("../../../clusters/c", mount.root + "/zones/z/l2/n/clusters/c")
                if error != 0 {
                    #expect(error == ENOSPC)
                    #expect(!Calls.exists(mount.root + "/zones/z/l2/n/clusters/c"))
                    refused += 1
                    break
                }
                let removed = Calls.unlink(mount.root + "/zones/z/l2/n/clusters/c")
                if removed != 0 {
                    #expect(removed == ENOSPC)
                    #expect(Calls.exists(mount.root + "/zones/z/l2/n/clusters/c"), "it is still attached")
                    refused += 1
                    break
                }
            }
            #expect(refused > 0, "the disk was never full")
            disk.resize("16m")
            let attached = Calls.exists(mount.root + "/zones/z/l2/n/clusters/c")
            expectSuccess(
                mount.run("\(attached ? "rm" : "ln -s ../../../clusters/c") zones/z/l2/n/clusters/c"),
                "with room it goes on")
            let hosts = Calls.names(mount.root + "/state/zones/z/l2/n/hosts")
            #expect(hosts == (attached ? [] : ["h"]))
        }
    }

    /// A file system in memory.
    final class SmallDisk {
        let path: String

        static var canMount: Bool { SmallDisk() != nil }

        init?() {
            path = NSTemporaryDirectory() + "/netmodelfs-disk-" + UUID().uuidString.prefix(8)
            guard mkdir(path, 0o700) == 0 else { return nil }
            guard mount("none", path, "tmpfs", 0, "size=2m") == 0 else {
                rmdir(path)
                return nil
            }
        }

        deinit {
            umount2(path, Int32(MNT_DETACH))
            rmdir(path)
        }

        func resize(_ size: String) { mount("none", path, "tmpfs", UInt(MS_REMOUNT), "size=" + size) }

        /// Takes all room that is left.
        func fill() { Shell.run("dd if=/dev/zero of='\(path)/filler' bs=4096 2>/dev/null") }
    }
}
