import Foundation
import TestKit
import Testing

extension RealMounts {
    /// Answered means durable: the daemon is killed with SIGKILL at random moments under load.
    @Suite("A daemon that is killed") struct CrashTests {
        @Test func answeredMeansDurable() throws {
            let seed = UInt64.random(in: 0..<1_000_000)
            print("killed daemon: seed \(seed)")
            var random = SeededRandom(seed: seed)
            let mount = try MountedModel()
            let root = mount.root
            let writers = Shared((0..<8).map { CrashLoad(root, number: $0, seed: seed &+ UInt64($0)) })
            for number in 0..<8 {
                #expect(writers.update { $0[number].prepare() })
            }
            var count = 0
            for round in 0..<15 {
                let killer = Thread { [pause = UInt32(random.below(1_200_000) + 50_000), pid = mount.pid] in
                    usleep(pause)
                    kill(pid, SIGKILL)
                }
                killer.start()
                let done = Threads.run(8, within: 30) { number in
                    var writer = writers.update { $0[number] }
                    writer.run()
                    let ended = writer
                    writers.update { $0[number] = ended }
                }
                try #require(done, "seed \(seed): a writer hangs after the daemon was killed")
                mount.kill()
                expectSuccess(mount.run("netmodelfs fsck '\(mount.store)'"), "seed \(seed), round \(round): fsck")
                try mount.start()
                var all = writers.value
                for number in all.indices {
                    let differences = all[number].differences()
                    #expect(
                        differences.isEmpty, "seed \(seed), round \(round), writer \(number): \(differences.prefix(5))")
                }
                let settled = all
                writers.update { $0 = settled }
                let problems = StateChecker(root).problems
                #expect(problems.isEmpty, "seed \(seed), round \(round): \(problems.prefix(5))")
                let total = all.reduce(0) { $0 + $1.count }
                #expect(total > count, "round \(round) answered nothing")
                count = total
            }
            print("killed daemon: \(count) answered calls in 15 rounds")
            // Hosts have what is attached, and nothing else, once they are reached.
            #expect(eventually(within: 30) { Self.unsettled(mount).isEmpty }, "\(Self.unsettled(mount))")
            expectSuccess(mount.run("rm -rf zones/*", timeout: 120), "all of it can be removed")
        }

        /// Networks whose hosts do not have what their attachments want.
        private static func unsettled(_ mount: MountedModel) -> [String] {
            mount.run(
                """
                for n in state/zones/*/l2/*; do
                    if [ -n "$(ls $n/clusters)" ]; then grep -q '^status Realized' $n/hosts/h || echo $n is not realized
                    else [ -z "$(ls $n/hosts)" ] || echo $n is wanted; fi
                done
                """
            ).output.split(separator: "\n").map(String.init)
        }
    }
}
