import Foundation
import TestKit

/// One writer of the crash test: it makes, changes and removes objects in a zone of its own, and notes what was
/// answered.
///
/// After a kill, the tree must hold exactly what it noted; of the call that was under way, either all or nothing.
struct CrashLoad {
    /// What a path must be: the text of a file, `link TEXT`, or `directory`.
    private(set) var entries: [String: String] = [:]
    /// The call that was not answered: the path, and what it would be (nil: gone).
    private(set) var pending: (path: String, value: String?)?
    private(set) var count = 0
    private var random: SeededRandom
    private let zone: String
    private let root: String
    private var next = 0

    init(_ root: String, number: Int, seed: UInt64) {
        self.root = root
        zone = "zones/w\(number)"
        random = SeededRandom(seed: seed)
    }

    /// What the first call made.
    mutating func prepare() -> Bool {
        let cluster = zone + "/clusters/c"
        return make(zone) && make(cluster) && set(cluster + "/hypervisor", "Simulator\n") && make(cluster + "/hosts/h")
            && set(cluster + "/hosts/h/connection", "simulator:latency=1\n")
    }

    /// Calls until one is not answered.
    mutating func run() {
        while step() {}
    }

    private mutating func step() -> Bool {
        let networks = entries.keys.filter { $0.hasPrefix(zone + "/l2/") && entries[$0] == "directory" }.sorted()
        if networks.count < 3 || (networks.count < 12 && random.chance(30)) {
            next += 1
            return make("\(zone)/l2/n\(next)")
        }
        let network = random.pick(networks)
        let link = network + "/clusters/c"
        let attributes = entries.keys.filter { $0.hasPrefix(network + "/") && $0 != link }.sorted()
        switch random.below(10) {
        case 0...2 where entries[link] == nil: return set(network + "/vlan", "\(random.below(4094) + 1)\n")
        case 3: return set(network + "/description", String(repeating: "d", count: random.below(2000) + 1))
        case 4, 5:
            guard entries[link] == nil else { return remove(link) }
            // An interface of its own, so that no two networks of the zone are in each other's way.
            let name = network.split(separator: "/").last ?? ""
            if entries[network + "/physical-interface"] == nil {
                return set(network + "/physical-interface", "if\(name)\n")
            }
            return attach(link)
        case 6:
            guard let attribute = attributes.first(where: { $0.hasSuffix("description") }) else { return true }
            return remove(attribute)
        case 7, 8:
            if entries[link] != nil { return remove(link) }
            if let attribute = attributes.first { return remove(attribute) }
            return removeDirectory(network)
        default: return set(network + "/mtu", "\(random.below(9000) + 68)\n")
        }
    }

    // MARK: - Calls

    private mutating func note(_ path: String, _ value: String?, _ call: () -> Int32) -> Bool {
        pending = (path, value)
        guard call() == 0 else { return false }
        pending = nil
        entries[path] = value
        count += 1
        return true
    }

    private mutating func make(_ path: String) -> Bool {
        let place = root + "/" + path
        return note(path, "directory") { Calls.makeDirectory(place) }
    }

    private mutating func set(_ path: String, _ text: String) -> Bool {
        let place = root + "/" + path
        return note(path, text) { Calls.write(place, text) }
    }

    private mutating func attach(_ path: String) -> Bool {
        let place = root + "/" + path
        return note(path, "link ../../../clusters/c") { Calls.symlink("../../../clusters/c", place) }
    }

    private mutating func remove(_ path: String) -> Bool {
        let place = root + "/" + path
        return note(path, nil) { Calls.unlink(place) }
    }

    private mutating func removeDirectory(_ path: String) -> Bool {
        let place = root + "/" + path
        return note(path, nil) { Calls.removeDirectory(place) }
    }

    // MARK: - Afterwards

    /// What differs from what was answered. The unanswered call is settled by what the tree shows.
    mutating func differences() -> [String] {
        var found: [String: String] = [:]
        var waiting = [zone]
        while let directory = waiting.popLast() {
            guard let listed = Calls.listing(root + "/" + directory) else { continue }
            // Collections are no objects, and so not in the notes.
            if directory.split(separator: "/").count % 2 == 0 { found[directory] = "directory" }
            for (name, isDirectory) in listed {
                let path = directory + "/" + name
                if isDirectory {
                    waiting.append(path)
                } else {
                    found[path] =
                        Calls.linkText(root + "/" + path).map { "link " + $0 } ?? Calls.text(root + "/" + path)
                }
            }
        }
        if let (path, value) = pending {
            if found[path] == value { entries[path] = value }
            pending = nil
        }
        let paths = Set(found.keys).union(entries.keys).sorted()
        return paths.filter { found[$0] != entries[$0] }.map {
            "\($0): answered \(entries[$0] ?? "removed"), found \(found[$0] ?? "nothing")"
        }
    }
}
