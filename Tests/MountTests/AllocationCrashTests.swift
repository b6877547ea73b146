import Foundation
import TestKit
import Testing

extension RealMounts {
    /// Addresses are given once and stay, also when the daemon is killed with SIGKILL under load.
    @Suite("Addresses given under load by a daemon that is killed") struct AllocationCrashTests {
        private static let kills = 3

        @Test(arguments: ["Random", "FirstAvailable", "AscDelayRecycle"])
        func noneTwiceNoneLost(_ strategy: String) throws {
            let seed = UInt64.random(in: 0..<1_000_000)
            print("addresses under load, \(strategy): seed \(seed)")
            var random = SeededRandom(seed: seed)
            let mount = try MountedModel()
            // 100 addresses for 8 processes of 12 NICs each: nearly full, so that what was released is given again.
            expectSuccess(
                mount.run(
                    """
                    set -e; mkdir zones/z l3/net; echo \(strategy) > l3/net/ip-allocation
                    echo 10.9.0.10-10.9.0.109/24 gateway=10.9.0.1 > l3/net/ranges/r
                    """), "the network")
            let load = try AllocationLoad(mount, processes: 8)
            for kill in 0..<Self.kills {
                let before = load.leastAnswered
                let more = random.below(12) + 6
                #expect(
                    eventually(within: 120) { load.leastAnswered >= before + more || !load.complaints.isEmpty },
                    "seed \(seed), kill \(kill): a process does not go on")
                mount.kill()
                expectSuccess(mount.run("netmodelfs fsck '\(mount.store)'"), "seed \(seed), kill \(kill): fsck")
                try mount.start()
            }
            let before = load.leastAnswered
            #expect(eventually(within: 120) { load.leastAnswered > before + 12 || !load.complaints.isEmpty })
            #expect(load.stop(), "seed \(seed): a process hangs")
            #expect(load.complaints == [], "seed \(seed)")
            expectAsTold(mount, load.told, "seed \(seed)")
            try mount.restart()
            expectAsTold(mount, load.told, "seed \(seed), after a restart")
            #expect(mount.stop() == 0)
            expectSuccess(mount.run("netmodelfs fsck '\(mount.store)'"), "seed \(seed): fsck")
        }

        /// The links that were answered are there, and no others; each with the address that it was told.
        private func expectAsTold(_ mount: MountedModel, _ told: [String: String], _ when: String) {
            #expect(told.count > 8, "\(when)")
            #expect(Set(told.values).count == told.count, "\(when): an address is used twice")
            var found: [String: String] = [:]
            for vm in Calls.names(mount.root + "/zones/z/vms") ?? [] {
                guard Calls.exists(mount.root + "/zones/z/vms/\(vm)/nics/n/l3") else { continue }
                found[vm] = mount.text("state/zones/z/vms/\(vm)/nics/n/ip")?.replacingOccurrences(of: "\n", with: "")
            }
            let differences = Set(told.keys).union(found.keys).sorted().filter { told[$0] != found[$0] }.map {
                "\($0): told \(told[$0] ?? "removed"), is \(found[$0] ?? "absent")"
            }
            #expect(differences == [], "\(when)")
            let used = Calls.names(mount.root + "/state/l3/net/used") ?? []
            #expect(Set(used) == Set(told.values) && used.count == told.count, "\(when)")
            for (vm, address) in told {
                #expect(mount.text("state/l3/net/used/\(address)") == "zones/z/vms/\(vm)/nics/n\n", "\(when)")
            }
            #expect(mount.text("state/l3/net/used-addresses") == "\(told.count)\n", "\(when)")
            #expect(StateChecker(mount.root).problems == [], "\(when)")
        }
    }
}
