import Foundation
import TestKit
import Testing

extension RealMounts {
    @Suite("Many at once") struct ConcurrencyTests {
        private static let simulated = """
            set -e; mkdir zones/z zones/z/clusters/c zones/z/l2/{a,b}; echo Simulator > zones/z/clusters/c/hypervisor
            mkdir zones/z/clusters/c/hosts/h{1,2}
            for h in 1 2; do echo simulator:latency=2 > zones/z/clusters/c/hosts/h$h/connection; done
            for n in a b; do echo eth0 > zones/z/l2/$n/physical-interface; echo 10 > zones/z/l2/$n/vlan; done
            """

        /// Two networks of one VLAN at the same time: exactly one is attached, and the other is told why not.
        @Test func conflictingAttaches() throws {
            let mount = try MountedModel()
            expectSuccess(mount.run(Self.simulated), "objects")
            let root = mount.root
            var wins: [Int: Int] = [:]
            for round in 0..<60 {
                let results = Shared<[Int32]>([-1, -1])
                let links = ["a", "b"].map { "\(root)/zones/z/l2/\($0)/clusters/c" }
                #expect(
                    Threads.run(2, within: 30) { number in
                        let error = Calls.symlink("../../../clusters/c", links[number])
                        results.update { $0[number] = error }
                    })
                #expect(results.value.sorted() == [0, ENOTUNIQ], "round \(round): \(results.value)")
                #expect(links.map(Calls.exists) == results.value.map { $0 == 0 }, "round \(round)")
                #expect(mount.refusals.last?.rule == "l2.attach.vlan-conflict")
                let winner = results.value[0] == 0 ? 0 : 1
                wins[winner, default: 0] += 1
                #expect(Calls.names("\(root)/state/zones/z/l2/\(["a", "b"][1 - winner])/hosts") == [])
                #expect(Calls.unlink(links[winner]) == 0)
            }
            print("conflicting attaches: \(wins)")
        }

        /// One name for many, one range for many: one wins.
        @Test func oneOfManyWins() throws {
            let mount = try MountedModel()
            expectSuccess(mount.run("mkdir l3/a"), "an L3 network")
            let root = mount.root
            for round in 0..<20 {
                let results = Shared<[Int32]>([])
                #expect(
                    Threads.run(8, within: 30) { number in
                        let name = Calls.makeDirectory("\(root)/zones/z\(round)")
                        let range = Calls.write(
                            "\(root)/l3/a/ranges/r\(number)",
                            "10.\(round).0.10-10.\(round).0.\(20 + number)/24 gateway=10.\(round).0.1")
                        results.update { $0 += [name, 1000 + range] }
                    })
                #expect(
                    results.value.count { $0 == 0 } == 1 && results.value.count { $0 == EEXIST } == 7,
                    "\(results.value)")
                #expect(
                    results.value.count { $0 == 1000 } == 1 && results.value.count { $0 == 1000 + EADDRINUSE } == 7,
                    "\(results.value)")
                let names = Calls.names("\(root)/l3/a/ranges") ?? []
                #expect(names.count == 1)
                for name in names { #expect(Calls.unlink("\(root)/l3/a/ranges/\(name)") == 0) }
            }
            #expect(StateChecker(root).problems.isEmpty)
        }

        /// Readers never see anything but one of the values that were written, whole, while one writer renews it as a
        /// shell does; between its truncation and its write a file may look empty.
        @Test func noTornValues() throws {
            let mount = try MountedModel()
            expectSuccess(mount.run("mkdir zones/z; echo start > zones/z/description"), "a zone")
            let path = mount.root + "/zones/z/description"
            // The same letter all over, of a length that tells which.
            let values = (0..<26).map { index in
                String(repeating: Character(UnicodeScalar(UInt8(97 + index))), count: 10 + index * 70)
            }
            let legal = Set(values + ["start\n", ""])
            let end = Date().addingTimeInterval(3)
            let torn = Shared<[String]>([])
            let counts = Shared([0, 0])
            let done = Threads.run(8, within: 30) { thread in
                var number = 0
                while Date() < end {
                    number += 1
                    if thread == 0 {
                        if Calls.write(path, values[number * 7 % 26]) == 0 { counts.update { $0[0] += 1 } }
                    } else if let text = Calls.text(path) {
                        if !text.isEmpty { counts.update { $0[1] += 1 } }
                        if !legal.contains(text) { torn.update { $0.append("\(text.count): \(text.prefix(50))") } }
                    }
                }
            }
            // Any file system lets a reader through that took a page before a truncation and the size after a write;
            // that is one in hundreds of thousands.
            #expect(
                done && torn.value.count * 10_000 < counts.value[1],
                "\(torn.value.count) of \(counts.value): \(torn.value.prefix(3))")
            #expect(counts.value.allSatisfy { $0 > 100 }, "\(counts.value)")
        }

        /// After a write was answered, another process reads the new value: in the tree, in `state/`, and by size.
        @Test func noStaleReads() throws {
            let mount = try MountedModel()
            expectSuccess(mount.run("mkdir zones/z zones/z/l2/n l3/a"), "objects")
            let reader = """
                cd zones/z/l2/n; top=../../../..
                for i in $(seq 1 60); do
                    n=$((i * 37)); echo $n > vlan
                    [ "$(env cat vlan)" = $n ] || echo vlan is not $n
                    [ "$(env cat $top/state/zones/z/l2/n/vlan)" = $n ] || echo state is not $n
                    [ $(env stat -c %s vlan) = $((${#n} + 1)) ] || echo the size is not that of $n
                done
                for i in 1 2 3 4 5 6 7 8 9; do
                    mkdir ../m$i; env test -d ../m$i || echo no m$i; env ls .. | grep -q m$i || echo m$i is not listed
                    rmdir ../m$i; env test -e ../m$i && echo m$i is there; env ls .. | grep -q m$i && echo m$i is listed
                done
                for i in 1 2 3 4 5; do
                    echo 10.0.$i.0/24 > $top/l3/a/ranges/r
                    [ $(env cat $top/state/l3/a/ranges/r/network-cidr) = 10.0.$i.0/24 ] || echo the range is not $i
                    env cat $top/metrics | grep -q 'kind="range"} 1' || echo metrics
                    rm $top/l3/a/ranges/r
                    env test -e $top/l3/a/ranges/r && echo the range is there
                done
                # What was removed stays in force for two seconds.
                sleep 2.5
                env cat $top/metrics | grep -q 'kind="range"} 0' || echo metrics
                """
            let result = mount.run(reader)
            #expect(result.output == "" && result.errors == "", "\(result)")
            // Kept open by one process while another one writes.
            let file = open(mount.root + "/zones/z/l2/n/vlan", O_RDONLY)
            defer { close(file) }
            for number in [5, 4000, 30, 100] {
                expectSuccess(mount.run("echo \(number) > zones/z/l2/n/vlan"), "a write")
                var bytes = [UInt8](repeating: 0, count: 20)
                let count = pread(file, &bytes, 20, 0)
                #expect(String(decoding: bytes.prefix(max(0, count)), as: UTF8.self) == "\(number)\n")
                var status = stat()
                #expect(fstat(file, &status) == 0 && status.st_size == off_t("\(number)\n".utf8.count))
            }
        }
    }
}
