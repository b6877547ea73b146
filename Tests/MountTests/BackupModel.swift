import Foundation
import TestKit

/// A model with something of everything, for tests that copy it.
enum BackupModel {
    /// Times are whole seconds: tar keeps no others by default. The hosts' states are those that they reach again.
    static let script = #"""
        set -e
        mkdir zones/{z1,z2} zones/z1/clusters/{c1,c2,sim} zones/z2/clusters/d1
        echo Simulator > zones/z1/clusters/c1/hypervisor; echo Simulator > zones/z1/clusters/sim/hypervisor
        echo KVM > zones/z1/clusters/c2/hypervisor; echo Simulator > zones/z2/clusters/d1/hypervisor
        mkdir zones/z1/clusters/c1/hosts/h{1,2} zones/z1/clusters/sim/hosts/h1 zones/z1/clusters/c2/hosts/bare
        mkdir zones/z2/clusters/d1/hosts/h
        echo simulator: > zones/z1/clusters/c1/hosts/h1/connection
        env printf 'simulator:latency=1' > zones/z1/clusters/c1/hosts/h2/connection
        echo simulator: > zones/z1/clusters/sim/hosts/h1/connection
        echo simulator: > zones/z2/clusters/d1/hosts/h/connection
        echo Disabled > zones/z1/clusters/c2/hosts/bare/state
        mkdir zones/z1/l2/{flat,v10,v20,bare} zones/z2/l2/flat
        for n in z1/l2/flat z1/l2/v10 z1/l2/v20 z2/l2/flat; do echo eth0 > zones/$n/physical-interface; done
        echo 10 > zones/z1/l2/v10/vlan; echo L2VlanNetwork > zones/z1/l2/v10/type
        env printf '# twenty\n 20 \n' > zones/z1/l2/v20/vlan; echo 9000 > zones/z1/l2/v20/mtu
        ln -s ../../../clusters/c1 zones/z1/l2/flat/clusters/c1
        ln -s ../../../clusters/c1 zones/z1/l2/v10/clusters/one
        ln -s ../../../clusters/sim zones/z1/l2/v10/clusters/sim
        ln -s ../../../../z1/clusters/sim/ zones/z1/l2/v20/clusters/sim
        ln -s ../../../clusters/d1 zones/z2/l2/flat/clusters/d1
        mkdir l3/{office,public,second,loose}
        ln -s ../../zones/z1/l2/v10 l3/office/l2
        ln -s ../../zones/z1/l2/flat l3/public/l2
        ln -s ../../zones/z2/l2/flat l3/second/l2
        echo '192.168.0.10-192.168.0.50/24 gateway=192.168.0.1' > l3/office/ranges/low
        env printf '# upper half\n192.168.0.60-192.168.0.100/24\n  gateway=192.168.0.1\n' > l3/office/ranges/high
        env printf 192.168.0.90 > l3/office/reserved/printer
        env printf '# v6\n2001:DB8::/64 mode=SLAAC' > l3/office/ranges/a-six; echo 2001:db8::9 > l3/office/reserved/a-six
        echo 192.168.0.20-192.168.0.25 > l3/office/reserved/test
        env printf '8.8.8.8\n::1\n' > l3/office/dns
        echo '10.0.0.0/8 via 192.168.0.254' > l3/office/routes; echo example.org > l3/office/dns-domain
        echo Public > l3/public/category
        echo '100.64.1.0/28 type=Normal' > l3/public/ranges/zz-normal
        echo '100.64.2.0/28 type=AddressPool' > l3/public/ranges/a-pool
        echo 172.16.0.0/24 > l3/second/ranges/all
        env printf 'odd \001\177\302\205 \303\274 \360\237\227\204 "\\\n\n  end' > zones/z1/description
        env printf 'no newline' > zones/z2/description
        chown 12:34 zones/z2; chmod 2750 zones/z2; chown -R 65534:65534 zones/z2/l2
        chmod 600 zones/z1/description l3/office/ranges/low; chown 7:7 l3/office/ranges/high l3/office/dns
        chown -h 9:9 zones/z1/l2/v10/clusters/sim l3/office/l2
        chmod 700 l3/loose; chmod 1777 zones/z1/l2; chmod 604 l3/office/reserved/printer
        find zones l3 -mindepth 1 -exec touch -h -d '2001-02-03 04:05:06 UTC' {} +
        """#

    /// What `state/` tells, with paths in place of UUIDs, and without times and counts of attempts.
    static func states(_ mount: MountedModel) -> [String: String] {
        var texts: [String: String] = [:]
        var paths: [(uuid: String, path: String)] = []
        var waiting = [""]
        while let directory = waiting.popLast() {
            for (name, isDirectory) in Calls.listing(mount.root + "/state" + directory) ?? [] {
                let path = directory + "/" + name
                if isDirectory {
                    waiting.append(path)
                    continue
                }
                let text = Calls.text(mount.root + "/state" + path) ?? "unreadable"
                if name == "uuid" { paths.append((String(text.dropLast()), directory)) }
                texts[path] = text
            }
        }
        return texts.mapValues { text in
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).filter { line in
                !["changed ", "wanted ", "applied "].contains(where: line.hasPrefix)
            }
            let named = paths.reduce(lines.joined(separator: "\n")) { text, known in
                text.replacingOccurrences(of: known.uuid, with: "<\(known.path)>")
            }
            return sorted(named)
        }
    }

    /// Lists are in the order in which their members were made: lines of a file, and arrays of an inventory.
    private static func sorted(_ text: String) -> String {
        guard text.hasPrefix("{") else { return text.split(separator: "\n").sorted().joined(separator: "\n") }
        return text.split(separator: "\n").map { line in
            guard line.contains(": [") else { return String(line) }
            return line.split { "[], ".contains($0) }.sorted().joined(separator: " ")
        }.joined(separator: "\n")
    }

    /// What is different in two mounts, for people; empty if nothing is.
    static func differences(_ new: MountedModel, _ old: MountedModel) -> [String] {
        var problems: [String] = []
        let tree = TreeSnapshot(new.root, state: false, times: true)
            .differences(from: TreeSnapshot(old.root, state: false, times: true))
        if !tree.isEmpty { problems.append(tree) }
        for top in ["zones", "l3"] {
            let result = Shell.run("diff -r --no-dereference '\(old.root)/\(top)' '\(new.root)/\(top)'")
            if result.status != 0 { problems.append("\(result)") }
        }
        return problems + stateDifferences(new, states(old))
    }

    /// Hosts may need a moment to be reached.
    static func stateDifferences(_ new: MountedModel, _ wanted: [String: String]) -> [String] {
        var found = states(new)
        _ = eventually(within: 10) {
            found = states(new)
            return found == wanted
        }
        return Set(wanted.keys).union(found.keys).sorted().filter { wanted[$0] != found[$0] }.map {
            "state\($0): was \(wanted[$0] ?? "absent"), is \(found[$0] ?? "absent")"
        }
    }
}
