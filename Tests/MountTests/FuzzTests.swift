import Foundation
import TestKit
import Testing

extension RealMounts {
    /// Random calls from several threads for a while: no crash, no hang, no broken invariant, and the same tree after a
    /// restart. `NETMODELFS_FUZZ_SECONDS` and `NETMODELFS_FUZZ_SEED` choose how long and which.
    @Suite("Random calls") struct FuzzTests {
        private static let environment = ProcessInfo.processInfo.environment
        private static let seconds = environment["NETMODELFS_FUZZ_SECONDS"].flatMap(Double.init) ?? 8
        private static let seed =
            environment["NETMODELFS_FUZZ_SEED"].flatMap { UInt64($0) } ?? .random(in: 0..<1_000_000)

        @Test func randomCalls() throws {
            print("random calls: NETMODELFS_FUZZ_SEED=\(Self.seed), \(Self.seconds) s")
            let mount = try MountedModel()
            let root = mount.root
            let calls = Shared(0)
            let rounds = 4
            for round in 0..<rounds {
                let end = Date().addingTimeInterval(Self.seconds / Double(rounds))
                let done = Threads.run(6, within: Self.seconds + 60) { thread in
                    var random = RandomCalls(root, seed: Self.seed &* 1000 &+ UInt64(round * 10 + thread))
                    while Date() < end {
                        random.call()
                        calls.update { $0 += 1 }
                    }
                }
                try #require(done, "seed \(Self.seed): a call hangs. \(mount.log.suffix(2000))")
                try #require(mount.isRunning, "seed \(Self.seed): the daemon is gone. \(mount.log.suffix(2000))")
                // Removed values stay in force for two seconds.
                usleep(2_300_000)
                #expect(eventually { Self.isQuiet(mount) }, "hosts are still being worked on")
                let problems = StateChecker(root).problems
                #expect(problems.isEmpty, "seed \(Self.seed): \(problems.prefix(10))")
                let before = TreeSnapshot(root, state: false, times: true).withoutStaged
                if round % 2 == 0 { mount.stop() } else { mount.kill() }
                expectSuccess(mount.run("netmodelfs fsck '\(mount.store)'"), "seed \(Self.seed): fsck")
                try mount.start()
                let after = TreeSnapshot(root, state: false, times: true).withoutStaged
                #expect(
                    (after == before) as Bool, "seed \(Self.seed): a restart changed \(after.differences(from: before))"
                )
                #expect(StateChecker(root).problems.isEmpty, "seed \(Self.seed): after a restart")
            }
            let objects = Calls.names(root + "/zones")?.count ?? 0
            #expect(objects > 0 && calls.value > 1000, "\(calls.value) calls made something")
            print("random calls: \(calls.value) calls")
            expectSuccess(mount.run("rm -rf zones/* l3/*", timeout: 120), "and all of it can be removed")
        }

        /// Nothing is being attached, detached or connected.
        private static func isQuiet(_ mount: MountedModel) -> Bool {
            let first = TreeSnapshot(mount.root, state: false)
            usleep(100_000)
            return first == TreeSnapshot(mount.root, state: false)
        }

        /// Makes the second range of that tree one of IPv6 with these values.
        private static func sixth(_ subnet: String, _ gateway: String, _ intervals: String) -> String {
            """
            cd l3/a/ranges/s; echo 6 > ip-version; echo '\(subnet)' > network-cidr; echo '\(gateway)' > gateway
            printf '\(intervals)\n' > intervals; echo 20 > ../../total-addresses
            """
        }

        /// The checker itself finds what is wrong: it is shown trees that no daemon would make.
        @Test func theCheckerFindsProblems() throws {
            let place = NSTemporaryDirectory() + "/netmodelfs-checker-" + UUID().uuidString
            defer { Shell.run("rm -rf '\(place)'") }
            let script = """
                set -e
                mkdir -p state/zones/z/{clusters/c/hosts,l2/n/clusters/c} state/l3/a/{ranges/r,ranges/s,reserved}
                cd state
                i=0; for o in zones/z zones/z/clusters/c zones/z/l2/n zones/z/l2/n/clusters/c l3/a l3/a/ranges/{r,s}; do
                    i=$((i + 1)); printf '%032x\n' $i > $o/uuid; basename $o > $o/name
                done
                cd zones/z; cp uuid clusters/c/zone-uuid
                echo L2NoVlanNetwork > l2/n/type; echo 1500 > l2/n/mtu; echo eth0 > l2/n/physical-interface
                cp clusters/c/uuid l2/n/attached-cluster-uuids
                cp clusters/c/uuid l2/n/clusters/c/cluster-uuid; cp l2/n/uuid l2/n/clusters/c/l2-network-uuid
                cd ../../l3/a; cat ranges/{r,s}/uuid > ip-ranges; echo 11 > total-addresses; echo Private > category
                for r in r s; do
                    echo Normal > ranges/$r/ip-range-type; echo 4 > ranges/$r/ip-version
                    echo 10.0.0.0/24 > ranges/$r/network-cidr; echo 10.0.0.1 > ranges/$r/gateway
                done
                echo 10.0.0.10-10.0.0.19 > ranges/r/intervals; echo 10.0.0.20-10.0.0.20 > ranges/s/intervals
                """
            let rows: [(change: String, problem: String?)] = [
                (":", nil), ("echo 10.0.0.19-10.0.0.19 > l3/a/ranges/s/intervals", "overlaps"),
                ("echo 10.0.0.10 > l3/a/ranges/r/gateway", "holds its gateway"),
                ("echo 10.0.0.0/28 > l3/a/ranges/r/network-cidr", "leaves its subnet"),
                ("cp zones/z/uuid l3/a/uuid", "the same UUID"),
                ("echo 12 > l3/a/total-addresses", "counts other"),
                ("printf '%032x' 9 > zones/z/l2/n/clusters/c/cluster-uuid", "not there"),
                ("rm zones/z/l2/n/physical-interface", "without an interface"),
                ("cp -r zones/z/l2/n zones/z/l2/m; echo m > zones/z/l2/m/name", "share a wire"),
                (": > zones/z/l2/n/attached-cluster-uuids", "tells other attached"),
                ("echo 10.0.0.2 > l3/a/ranges/s/gateway", "has gateways"),
                ("echo AddressPool > l3/a/ranges/s/ip-range-type", "not public"),
                ("echo 127.0.0.1-127.0.0.2 > l3/a/ranges/r/intervals", "nobody may have"),
                (Self.sixth("fd00::/64", "fd00::1", "fd00::10-fd00::19"), nil),
                (Self.sixth("fd00::/64", "fd00::1", "fd00::10-fd00::19\nfd00::19-fd00::1a"), "overlaps"),
                (Self.sixth("fd00::/64", "fd00::11", "fd00::10-fd00::19"), "holds its gateway"),
                (Self.sixth("fd00::/64", "fd00:0:0:1::1", "fd00::10-fd00::19"), "is no host"),
                (Self.sixth("fd00::/64", "fd00::1", "fd00::-fd00::19"), "leaves its subnet"),
                (Self.sixth("fe80::/64", "fe80::1", "fe80::10-fe80::19"), "nobody may have"),
                ("echo 6 > l3/a/ranges/r/ip-version", "another version"),
            ]
            for row in rows {
                expectSuccess(Shell.run("rm -rf '\(place)'; mkdir '\(place)'; cd '\(place)'; \(script)"), "a tree")
                expectSuccess(Shell.run(row.change, in: place + "/state"), row.change)
                let problems = StateChecker(place).problems
                if let problem = row.problem {
                    #expect(problems.contains { $0.contains(problem) }, "\(row.change): \(problems)")
                } else {
                    #expect(problems.isEmpty, "\(problems)")
                }
            }
        }
    }
}
