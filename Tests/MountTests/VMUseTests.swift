import Foundation
import TestKit
import Testing

extension RealMounts {
    /// What VMs hold in place, and how all of it is copied. Hosts are simulated.
    @Suite("What VMs need") struct VMUseTests {
        private func mounted() throws -> (MountedModel, TestVM) {
            let mount = try MountedModel()
            expectSuccess(
                mount.run(
                    """
                    set -e; mkdir zones/z zones/z/clusters/c zones/z/l2/n l3/net
                    echo Simulator > zones/z/clusters/c/hypervisor; mkdir zones/z/clusters/c/hosts/{h1,h2}
                    for h in h1 h2; do echo simulator: > zones/z/clusters/c/hosts/$h/connection; done
                    echo eth0 > zones/z/l2/n/physical-interface; ln -s ../../../clusters/c zones/z/l2/n/clusters/c
                    ln -s ../../zones/z/l2/n l3/net/l2; echo 10.9.0.10-10.9.0.99/24 gateway=10.9.0.1 > l3/net/ranges/r
                    """), "the network")
            return (mount, TestVM(mount, "web", on: ["net"]))
        }

        /// Each with the rule, the sentence and the remedy; the tree is as before.
        @Test func whatIsInUseStays() throws {
            let (mount, vm) = try mounted()
            vm.start()
            #expect(vm.fact("placed-on") == "zones/z/clusters/c/hosts/h1")
            let (cluster, nic) = ("zones/z/clusters/c", "\(vm.path)/nics/n0")
            let stop = "Stop them first, or"
            let move = "\(stop) move them: ln -sfn ../../clusters/CLUSTER/hosts/HOST @/\(vm.path)/host"
            let rows: [(command: String, refusal: String, remedy: String)] = [
                (
                    "rm zones/z/l2/n/clusters/c", "l2.detach.in-use: VMs in \(cluster) use zones/z/l2/n: \(vm.path).",
                    "\(stop) detach it all the same, which takes their NICs away: netmodelfs detach --force @/zones/z/l2/n/clusters/c"
                ),
                ("rmdir \(cluster)/hosts/h1", "host.vms: VMs run on \(cluster)/hosts/h1: \(vm.path).", move),
                ("rm \(cluster)/hosts/h1/connection", "host.vms: VMs run on \(cluster)/hosts/h1: \(vm.path).", move),
                (
                    "rm l3/net/l2",
                    "l3.l2.in-use: NICs of running VMs are on l3/net; its L2 network cannot change under them.",
                    "Stop the VMs, or remove the NICs first."
                ),
                (
                    "rm l3/net/ranges/r",
                    "range.in-use: Addresses of l3/net/ranges/r are in use: \(vm.address()) by \(nic).",
                    "Stop the VMs or remove the NICs first; an address that a NIC asks for in its file ip stays in use."
                ),
                (
                    "rmdir l3/net", "object.not-empty: l3/net still holds 1 objects or links.",
                    "Remove them first, or remove all with rm -rf @/l3/net."
                ),
                (
                    "rmdir \(vm.path)", "object.not-empty: \(vm.path) still holds 1 objects or links.",
                    "Remove them first, or remove all with rm -rf @/\(vm.path)."
                ),
            ]
            for row in rows { expectRefused(mount, row.command, row.refusal, row.remedy) }
            // The other host goes, and all of it when the VM has stopped; its NIC is on the network yet.
            expectSuccess(mount.run("rm -r \(cluster)/hosts/h2"), "nothing runs there")
            vm.stop()
            expectSuccess(
                mount.run("echo office > l3/net/description; rm l3/net/ranges/r && rmdir l3/net/ranges"),
                "the address was chosen")
            #expect(eventually(within: 30) { vm.address() == "absent" }, "after the settle time")
            expectRefused(
                mount, "rmdir l3/net", "l3.in-use: NICs are on l3/net.",
                "Remove them or their links l3 first: rm @/\(nic)/l3")
            expectSuccess(
                mount.run("set -e; rm \(nic)/l3; rmdir l3/net; rm -r \(cluster)/hosts/h1; rm zones/z/l2/n/clusters/c"),
                "stopped")
        }

        /// The tree is as before, but for what `errors` says.
        private func expectRefused(_ mount: MountedModel, _ command: String, _ refusal: String, _ remedy: String) {
            let tree = TreeSnapshot(mount.root)
            let result = TestVM.explained(mount, command)
            #expect(result.status != 0, "\(command)")
            let root = mount.root.replacingOccurrences(of: "//", with: "/")
            let told = result.output.replacingOccurrences(of: root, with: "@")
            #expect(told == "\(refusal)\nRemedy: \(remedy)\n", "\(command)")
            let after = TreeSnapshot(mount.root)
            #expect((after == tree) as Bool, "\(command): \(after.differences(from: tree))")
        }

        @Test("rm -rf of an L3 network unplugs its NICs, and plan --remove says so")
        func l3Removed() throws {
            let (mount, vm) = try mounted()
            vm.start()
            let planned = mount.run("netmodelfs plan --remove l3/net")
            #expect(planned.status == 0 && planned.errors == "", "\(planned)")
            #expect(planned.output.contains("zones/z/l2/n on zones/z/clusters/c/hosts/h1"), "\(planned)")
            #expect(vm.fact("status") == "Running", "nothing was done")
            expectSuccess(mount.run("rm -rf l3/net"), "rm -rf")
            #expect(Calls.names(mount.root + "/l3") == [] && mount.refusals.isEmpty)
            #expect(
                mount.text("state/\(vm.path)/nics/n0/l3") == nil && vm.address() == "absent", "its link leads nowhere")
            #expect(vm.fact("plugged-into", nic: 0) == "" && vm.fact("status") == "Running", "it runs on")
        }

        /// `tar x` removes the link and makes it anew; that changes nothing for the VMs.
        @Test func linkOfAnL3NetworkMadeAnew() throws {
            let (mount, vm) = try mounted()
            vm.start()
            let script = "import os; os.unlink('l3/net/l2'); os.symlink('../../zones/z/l2/n', 'l3/net/l2')"
            expectSuccess(mount.run("python3 -c \"\(script)\""), "anew")
            #expect(Calls.linkText(mount.root + "/l3/net/l2") == "../../zones/z/l2/n")
            #expect(vm.fact("status") == "Running" && vm.fact("plugged-into", nic: 0) != "")
            // Only removed, it comes back, with a record.
            expectSuccess(mount.run("python3 -c \"import os; os.unlink('l3/net/l2')\""), "removed")
            #expect(eventually(within: 30) { Calls.linkText(mount.root + "/l3/net/l2") == "../../zones/z/l2/n" })
            #expect(eventually { mount.refusals.last?.rule == "l3.l2.in-use" })
            #expect(mount.refusals.last?.operation == "settle" && mount.refusals.count == 1)
            #expect(vm.fact("status") == "Running" && vm.fact("plugged-into", nic: 0) != "")
        }

        @Test("tar of a tree with running VMs, into an empty mount: the same tree, and they run")
        func tar() throws {
            let (old, first) = try mounted()
            let vms = [
                first, TestVM(old, "named", on: ["net"], host: "c/h2", owner: 1234),
                TestVM(old, "asking", on: ["net"]), TestVM(old, "off", on: ["net"]),
                TestVM(old, "guest", on: [], guest: "g"),
            ]
            expectSuccess(
                old.run(
                    """
                    set -e; echo 10.9.0.77 > \(vms[2].path)/nics/n0/ip; echo fa:00:00:12:34:56 > \(vms[2].path)/nics/n0/mac
                    ln -s ../../clusters/c \(vms[2].path)/cluster
                    """), "what people write")
            let running = vms.filter { !$0.path.hasSuffix("off") }
            for vm in running { vm.start() }
            let new = try MountedModel()
            expectSuccess(Shell.run("tar c -C '\(old.root)' zones l3 | tar x -C '\(new.root)'"), "tar")
            #expect(new.refusals.isEmpty, "\(new.refusals)")
            let difference = TreeSnapshot(new.root, state: false).differences(
                from: TreeSnapshot(old.root, state: false))
            #expect(difference == "")
            for vm in running {
                let copy = "state/\(vm.path)/status"
                #expect(eventually(within: 30) { new.text(copy) == "Running\n" }, "\(vm.path): \(new.text(copy) ?? "")")
            }
            #expect(new.text("state/\(vms[3].path)/status") == "Stopped\n")
            #expect(new.text("state/\(vms[1].path)/placed-on") == "zones/z/clusters/c/hosts/h2\n")
            #expect(new.text("state/\(vms[2].path)/nics/n0/ip") == "10.9.0.77\n")
            #expect(new.text("state/l3/net/used-addresses") == "4\n")
            try new.restart()
            #expect(
                TreeSnapshot(new.root, state: false).differences(from: TreeSnapshot(old.root, state: false)) == "",
                "after a restart")
            for vm in running { #expect(eventually(within: 30) { new.text("state/\(vm.path)/status") == "Running\n" }) }
        }
    }
}
