import Foundation
import TestKit

/// Random system calls, most of them nearly right: names that exist, values that are legal sometimes, bytes at any
/// offset.
struct RandomCalls {
    private let root: String
    private var random: SeededRandom

    init(_ root: String, seed: UInt64) {
        self.root = root
        random = SeededRandom(seed: seed)
    }

    private static let zones = ["z1", "z2", "z3"]
    private static let objects = ["a", "b", "c", "d"]
    private static let odd = [
        "", ".", "..", ".tmp", "x~", "a.tmp", "sedAB12cd", "ä", "数", "a b", "a\nb", "\u{7f}", "-rf", "*", "state", "l2",
        "vlan",
        String(repeating: "n", count: 255), String(repeating: "n", count: 256), String(repeating: "é", count: 127),
    ]
    private static let texts = [
        "", "\n", "10", "20\n", "4094\n", "4095", "-1", "# x\n30\n", "eth0\n", "eth1\n", "averylongname0",
        "L2VlanNetwork\n", "L2NoVlanNetwork\n",
        "Simulator\n", "KVM\n", "Enabled", "Disabled\n", "Maintenance\n", "1500\n", "9000", "Public\n", "Private\n",
        "System\n", "true", "false\n",
        "simulator:\n", "simulator:latency=5\n", "simulator:refuse=check\n", "simulator:refuse=realize\n",
        "simulator:refuse=connect",
        "10.0.0.0/24\n", "10.0.0.0/24 gateway=10.0.0.100\n", "10.0.0.10-10.0.0.20/24 gateway=10.0.0.1",
        "10.0.0.21-10.0.0.90/24 gateway=10.0.0.1\n",
        "10.0.0.15-10.0.0.30/24 gateway=10.0.0.1", "10.0.0.200-10.0.0.210/24 type=AddressPool\n",
        "10.0.1.0/24 type=AddressPool", "0.0.0.0/0",
        "1.0.0.0/8\n", "10.0.0.12", "10.0.0.13-10.0.0.14\n", "10.0.0.0/28", "8.8.8.8\n::1\n", "8.8.8.8\n8.8.8.8\n",
        "10.1.0.0/16 via 10.0.0.1\n", "fd00::/64\n", "fd00::10-fd00::20/64 gateway=fd00::1",
        "fd00::21-fd00::90/64 gateway=fd00::1\n", "fd00::15-fd00::30/64 gateway=fd00::1 mode=SLAAC\n", "fd00::12",
        "fd00::/120\n",
        "example.org\n", "\u{0}", "ü\n",
    ]

    private mutating func name() -> String {
        random.chance(15) ? random.pick(Self.odd) : random.pick(Self.objects)
    }

    /// A directory, existing or not.
    private mutating func directory() -> String {
        let zone = "zones/" + random.pick(Self.zones)
        let object = random.pick(Self.objects)
        switch random.below(16) {
        case 0: return "zones"
        case 1: return "l3"
        case 2: return zone
        case 3, 4: return zone + "/l2"
        case 5: return zone + "/clusters"
        case 6, 7: return zone + "/l2/" + object
        case 8: return zone + "/l2/" + object + "/clusters"
        case 9: return zone + "/clusters/" + object
        case 10: return zone + "/clusters/" + object + "/hosts"
        case 11: return zone + "/clusters/" + object + "/hosts/" + random.pick(Self.objects)
        case 12: return "l3/" + object
        case 13: return "l3/" + object + "/ranges"
        case 14: return "l3/" + object + "/reserved"
        default: return random.pick(["", "state", "state/zones", "schema/l2", "state/zones/z1/l2/a", "nowhere"])
        }
    }

    private mutating func attribute(of directory: String) -> String {
        let parts = directory.split(separator: "/")
        switch (parts.count, parts.count > 2 ? parts[2] : "") {
        case (2, _) where parts[0] == "zones": return random.pick(["description", "state"])
        case (2, _):
            return random.pick([
                "category", "system", "dns", "dns-domain", "routes", "mtu", "state", "description", "l2",
            ])
        case (4, "l2"): return random.pick(["type", "physical-interface", "vlan", "mtu", "description"])
        case (4, "clusters"): return random.pick(["hypervisor", "state", "description"])
        case (6, _): return random.pick(["connection", "connection", "state", "description"])
        default: return name()
        }
    }

    private mutating func file() -> String {
        let directory = directory()
        return root + "/" + directory + "/" + (random.chance(90) ? attribute(of: directory) : name())
    }

    private mutating func object() -> String { root + "/" + directory() + "/" + name() }

    private mutating func text() -> [UInt8] {
        if random.chance(90) { return Array(random.pick(Self.texts).utf8) }
        let count = random.pick([1, 3, 100, 4096, 65_536, 65_537, 140_000])
        return (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }

    private mutating func linkText() -> String {
        let zone = random.pick(Self.zones)
        let object = random.pick(Self.objects)
        return random.pick([
            "../../../clusters/\(object)", "../../../clusters/\(object)", "../../../../\(zone)/clusters/\(object)",
            "../../zones/\(zone)/l2/\(object)",
            // What leads out of the mount must lead to where not even root can make a file: writes follow links.
            "\(root)/zones/\(zone)/l2/\(object)", "../../../../../../../proc/nonexistent", "/proc/nonexistent/passwd",
            String(repeating: "../", count: 100) + "proc/nonexistent", "",
            "a",
            String(repeating: "x", count: 4000),
        ])
    }

    /// One call, or one open file's few calls.
    mutating func call() {
        switch random.below(28) {
        case 0...5: mkdir(object(), mode_t(random.below(0o10000)))
        case 6...12: write()
        case 13: rmdir(object())
        case 14: unlink(random.chance(50) ? file() : object())
        case 15...17: symlink(linkText(), random.chance(60) ? object() : file())
        case 18: _ = Calls.rename(object(), object(), flags: UInt32(random.pick([0, 0, 0, 1, 2, 3, 4])))
        case 19:
            let place = root + "/" + directory() + "/"
            _ = Calls.rename(place + name(), place + name(), flags: UInt32(random.below(2)))
        case 20: chmod(random.chance(50) ? file() : object(), mode_t(random.below(0o10000)))
        case 21: lchown(object(), uid_t(random.below(3)), gid_t(random.below(3)))
        case 22:
            let times = [
                timespec(
                    tv_sec: Int(Int32(truncatingIfNeeded: random.next())),
                    tv_nsec: random.pick([0, 999_999_999, 1_073_741_822, 1_073_741_823])),
                timespec(tv_sec: random.pick([0, 1, -1]), tv_nsec: 5),
            ]
            utimensat(AT_FDCWD, file(), times, random.chance(30) ? AT_SYMLINK_NOFOLLOW : 0)
        case 23: extendedAttributes()
        case 24: mknod(object(), mode_t(random.pick([S_IFREG, S_IFIFO, S_IFCHR, S_IFSOCK])) | 0o600, 0)
        case 25: link(file(), object())
        case 26: read()
        default: list()
        }
    }

    /// `O_DIRECT`
    private let direct: Int32 = 0o40000

    private mutating func write() {
        let flags =
            O_RDWR | O_NONBLOCK | (random.chance(80) ? O_CREAT : 0) | (random.chance(60) ? O_TRUNC : 0)
            | (random.chance(10) ? O_EXCL : 0) | (random.chance(10) ? O_APPEND : 0) | (random.chance(10) ? direct : 0)
        let descriptor = open(random.chance(70) ? file() : object(), flags, mode_t(0o600))
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        for _ in 0...random.below(3) {
            let bytes = text()
            switch random.below(8) {
            case 0:
                pwrite(
                    descriptor, bytes, bytes.count,
                    random.pick([0, 1, 2, 65_535, 65_536, 1 << 31, 1 << 40, .max - 10, -1]))
            case 1: ftruncate(descriptor, random.pick([0, 1, 2, 100, 65_536, 65_537, 1 << 40]))
            case 2: fsync(descriptor)
            case 3: posix_fallocate(descriptor, 0, 10)
            case 4: futimens(descriptor, nil)
            case 5: fchmod(descriptor, mode_t(random.below(0o10000)))
            default: _ = Foundation.write(descriptor, bytes, bytes.count)
            }
        }
    }

    private mutating func extendedAttributes() {
        let path = random.chance(50) ? file() : object()
        let name = random.pick([
            "user.netmodelfs.error", "user.x", "security.capability", "system.posix_acl_access", "trusted.x",
        ])
        Calls.touchExtendedAttributes(path, name, size: random.pick([0, 1, 300]), flags: Int32(random.below(3)))
    }

    private mutating func read() {
        let descriptor = open(
            random.chance(50) ? file() : root + "/" + random.pick(["errors", "events", "metrics", "README"]),
            O_RDONLY | O_NONBLOCK)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 70_000)
        for _ in 0..<3 {
            pread(descriptor, &buffer, random.pick([1, 100, 70_000]), random.pick([0, 1, 5, 100_000, 1 << 40]))
        }
        var status = statvfs()
        fstatvfs(descriptor, &status)
    }

    private mutating func list() {
        guard let directory = opendir(root + "/" + directory()) else { return }
        defer { closedir(directory) }
        for _ in 0..<random.below(30) { if readdir(directory) == nil { break } }
        if random.chance(20) { seekdir(directory, Int(truncatingIfNeeded: random.next())) }
        _ = readdir(directory)
    }
}
