import Foundation
import TestKit
import Testing

extension RealMounts {
    @Suite("Mounting, ending, giving up") struct UnmountTests {
        /// A zone with a cluster of one host that takes its time, and a network that can be attached.
        private static func slowHost(_ mount: MountedModel, latency: Int) {
            expectSuccess(
                mount.run(
                    """
                    set -e; mkdir zones/z zones/z/clusters/c zones/z/l2/n
                    echo Simulator > zones/z/clusters/c/hypervisor
                    mkdir zones/z/clusters/c/hosts/h; echo eth0 > zones/z/l2/n/physical-interface
                    echo simulator:latency=\(latency) > zones/z/clusters/c/hosts/h/connection
                    """), "a slow host")
        }

        private static let attach = "ln -s ../../../clusters/c zones/z/l2/n/clusters/c"

        @Test(arguments: [SIGTERM, SIGINT]) func signalsEndIt(_ signal: Int32) throws {
            let mount = try MountedModel()
            expectSuccess(mount.run("mkdir zones/z"), "a zone")
            let file = open(mount.root + "/README", O_RDONLY)
            defer { close(file) }
            #expect(mount.isMounted)
            #expect(mount.stop(signal) == 0)
            #expect(!mount.isMounted, "also while a file is open in it")
            expectSuccess(mount.run("netmodelfs fsck \(mount.store)"), "fsck")
            try mount.start()
            #expect(Calls.names(mount.root + "/zones") == ["z"])
            expectSuccess(mount.run("cd /; netmodelfs umount \(mount.root)"), "umount")
            #expect(!mount.isMounted && mount.stop() == 0)
            #expect(mount.run("cd /; netmodelfs umount \(mount.root)").errors.contains("No netmodelfs is mounted at"))
        }

        /// The end does not wait for a slow host, and what was not answered is undone at the next start.
        @Test func endWhileAnAttachWaits() throws {
            let mount = try MountedModel()
            Self.slowHost(mount, latency: 0)
            expectSuccess(mount.run("rm zones/z/clusters/c/hosts/h/connection"), "another connection")
            let writer = try BackgroundCommand(
                "bash -c 'echo simulator:latency=20000 > zones/z/clusters/c/hosts/h/connection'", in: mount.root)
            #expect(eventually { mount.text("state/zones/z/clusters/c/hosts/h/status") == "Connecting\n" })
            let start = Date()
            #expect(mount.stop() == 0)
            #expect(Date().timeIntervalSince(start) < 10)
            #expect(!mount.isMounted)
            let result = try #require(writer.wait(5), "whoever waited is answered")
            #expect(result.status != 0, "\(result)")
            expectSuccess(mount.run("netmodelfs fsck \(mount.store)"), "fsck")
        }

        @Test func endWhileARealizeWaits() throws {
            let mount = try MountedModel()
            Self.slowHost(mount, latency: 3000)
            let writer = try BackgroundCommand(Self.attach, in: mount.root)
            usleep(1_000_000)
            #expect(writer.isRunning)
            let start = Date()
            #expect(mount.stop() == 0)
            #expect(Date().timeIntervalSince(start) < 10)
            #expect(!mount.isMounted)
            let result = try #require(writer.wait(5), "whoever waited is answered")
            expectSuccess(mount.run("netmodelfs fsck \(mount.store)"), "fsck")
            try mount.start()
            // What was under way and not answered may be there or not, but not by half.
            let isThere = Calls.exists(mount.root + "/zones/z/l2/n/clusters/c")
            #expect(isThere || result.status != 0, "it was answered: \(result)")
            #expect(
                eventually(within: 20) {
                    let state = mount.text("state/zones/z/l2/n/hosts/h")
                    return isThere ? state?.hasPrefix("status Realized\n") == true : state == nil
                }, "there: \(isThere), \(mount.text("state/zones/z/l2/n/hosts/h") ?? "nothing wanted")")
        }

        @Test func ctrlCGivesUp() throws {
            let mount = try MountedModel()
            Self.slowHost(mount, latency: 2000)
            let before = TreeSnapshot(mount.root)
            for pause in [500_000, 2_500_000] as [UInt32] {  // while it is checked, and while it is realized
                let command = try BackgroundCommand(Self.attach, in: mount.root)
                usleep(pause)
                #expect(command.isRunning)
                let start = Date()
                command.signal(SIGINT)
                let result = try #require(command.wait(10), "it hangs")
                #expect(Date().timeIntervalSince(start) < 1, "promptly")
                #expect(result.status != 0, "\(result)")
                #expect(!Calls.exists(mount.root + "/zones/z/l2/n/clusters/c"))
                #expect(mount.refusals.last?.rule == "operation.interrupted")
                #expect(
                    eventually(within: 15) { Calls.names(mount.root + "/state/zones/z/l2/n/hosts") == [] },
                    "nothing is wanted of the host")
                #expect(
                    eventually { TreeSnapshot(mount.root) == before },
                    "\(TreeSnapshot(mount.root).differences(from: before))")
            }
            expectSuccess(mount.run(Self.attach), "it can be attached afterwards")
        }

        @Test func secondMounts() throws {
            let mount = try MountedModel()
            expectSuccess(mount.run("mkdir zones/z"), "a zone")
            let other = mount.directory + "/other"
            expectSuccess(Shell.run("mkdir \(other)"), "a directory")
            let store = mount.run("cd /; timeout 20 netmodelfs mount \(mount.store) \(other)")
            #expect(store.status == 1 && store.errors.contains("Another process uses the store"), "\(store)")
            let place = mount.run("cd /; timeout 20 netmodelfs mount \(mount.directory)/b.db \(mount.root)")
            #expect(place.status == 1 && place.errors.contains("is already mounted at"), "\(place)")
            let missing = mount.run("cd /; timeout 20 netmodelfs mount \(mount.directory)/b.db \(mount.directory)/none")
            #expect(missing.status == 1 && missing.errors.contains("none"), "\(missing)")
            let notStore = mount.run(
                "cd \(mount.directory); head -c 5000 /dev/urandom > c.db; timeout 20 netmodelfs mount c.db \(other)"
            )
            #expect(notStore.status == 1 && notStore.errors.contains("is no store of netmodelfs"), "\(notStore)")
            #expect(mount.isMounted && Calls.names(mount.root + "/zones") == ["z"], "the first one goes on")
            #expect(!(Calls.text("/proc/self/mountinfo") ?? "").contains(other))
            expectSuccess(mount.run("mkdir zones/y"), "and works")
        }

        @Test func aDeadMountIsReplaced() throws {
            let mount = try MountedModel()
            expectSuccess(mount.run("mkdir zones/z"), "a zone")
            mount.kill()
            #expect(mount.isMounted && Calls.names(mount.root) == nil, "it is dead")
            try mount.start()
            #expect(Calls.names(mount.root + "/zones") == ["z"])
            let table = Calls.text("/proc/self/mountinfo") ?? ""
            #expect(
                table.components(separatedBy: mount.directory.replacingOccurrences(of: "//", with: "/") + "/net ").count
                    == 2, "one mount, not two")
            // In the background, as a person starts it.
            mount.kill()
            expectSuccess(mount.run("netmodelfs mount \(mount.store) \(mount.root) -o allow_other", in: "/"), "mount")
            #expect(Calls.names(mount.root + "/zones") == ["z"], "usable when the command returns")
            expectSuccess(mount.run("netmodelfs umount \(mount.root)", in: "/"), "umount")
            #expect(!mount.isMounted)
        }
    }
}
