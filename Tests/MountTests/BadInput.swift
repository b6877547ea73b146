/// Wrong values, names, links and calls, and what each is answered.
enum BadInput {
    struct Row: Sendable {
        let name: String
        let script: String
        let error: ErrorSymbol
        /// Nil where the kernel refuses by itself and the daemon never hears of it.
        let rule: String?
        let sentence: String

        init(_ name: String, _ script: String, _ error: ErrorSymbol, _ rule: String? = nil, _ sentence: String = "") {
            self.name = name
            self.script = script
            self.error = error
            self.rule = rule
            self.sentence = sentence
        }
    }

    /// `env printf`, since bash's own writes each line by itself, and each write is a value.
    static let rows =
        names + kinds + links + attachments + hosts + values + l2 + l3 + ranges + reserved + removals + renames
        + readOnly

    /// What the rows stand on.
    static let tree = """
        set -e
        mkdir zones/z1 zones/z2 zones/empty zones/z2/clusters/d1 zones/z2/l2/m1
        cd zones/z1
        echo text > description
        mkdir clusters/{c1,c2,check,realize,kvm}
        for c in c1 c2 check realize; do echo Simulator > clusters/$c/hypervisor; done
        mkdir clusters/c1/hosts/h1 clusters/check/hosts/h1 clusters/realize/hosts/h{1,2} clusters/kvm/hosts/k{1,2}
        echo simulator: > clusters/c1/hosts/h1/connection
        echo simulator:refuse=check > clusters/check/hosts/h1/connection
        echo simulator: > clusters/realize/hosts/h1/connection
        echo simulator:refuse=realize > clusters/realize/hosts/h2/connection
        echo local: > clusters/kvm/hosts/k1/connection
        mkdir l2/{n1,n2,n3,n4,v10,v10b,v20,bare,tagged,untagged,long,colon}
        for n in n1 n2 n3 n4; do echo eth0 > l2/$n/physical-interface; done
        for n in v10 v10b v20; do echo eth1 > l2/$n/physical-interface; echo 10 > l2/$n/vlan; done
        echo 20 > l2/v20/vlan
        echo L2VlanNetwork > l2/v20/type
        echo L2VlanNetwork > l2/tagged/type
        echo L2NoVlanNetwork > l2/untagged/type
        echo averylongname0 > l2/long/physical-interface
        echo 10 > l2/long/vlan
        echo eth:0 > l2/colon/physical-interface
        for n in n1 v10 v20; do ln -s ../../../clusters/c1 l2/$n/clusters/c1; done
        ln -s ../../../clusters/c2 l2/n3/clusters/c2
        cd ../../l3
        mkdir a b c d e f
        ln -s ../../zones/z1/l2/n1 a/l2
        ln -s ../../zones/z1/l2/n1 b/l2
        ln -s ../../zones/z1/l2/n4 f/l2
        echo '192.168.0.10-192.168.0.50/24 gateway=192.168.0.1' > a/ranges/low
        echo 192.168.0.20-192.168.0.22 > a/reserved/kept
        echo Public > b/category
        echo '10.1.0.10-10.1.0.20/24 gateway=10.1.0.1' > b/ranges/normal
        echo '10.1.0.100-10.1.0.110/24 type=AddressPool' > b/ranges/pool
        echo System > d/category
        echo '192.168.0.40-192.168.0.70/24 gateway=192.168.0.1' > e/ranges/same
        echo '2001:db8::10-2001:db8::9f/64 gateway=2001:db8::1' > e/ranges/six
        """

    /// rename(2) without the words of mv(1). The names are bytes in the notation of Perl.
    private static func rename(_ old: String, _ new: String) -> String {
        "perl -e 'rename(\"\(old)\", \"\(new)\") or die $!'"
    }

    private static let names = [
        Row(
            "leading dot", rename("zones/empty", "zones/.z"), .EINVAL, "name.temporary",
            "'.z' looks like a temporary file"),
        Row("trailing tilde", rename("zones/empty", "zones/z~"), .EINVAL, "name.temporary", "cannot name a zone"),
        Row("suffix .tmp", rename("l3/a", "l3/n.tmp"), .EINVAL, "name.temporary", "cannot name an L3 network"),
        Row("a name of sed", rename("zones/empty", "zones/sedAb12Cd"), .EINVAL, "name.temporary", "'sedAb12Cd'"),
        Row("tab in a name", "mkdir $'zones/a\\tb'", .EINVAL, "name.malformed", "'a?b' cannot be the name of a zone"),
        Row("newline in a name", "mkdir $'zones/a\\nb'", .EINVAL, "name.malformed", "'a?b'"),
        Row("DEL in a name", "mkdir $'zones/a\\x7f'", .EINVAL, "name.malformed", "'a?'"),
        Row("no UTF-8 in mkdir", "mkdir $'zones/\\xff\\xfe'", .EINVAL, "name.not-text", "The name is not UTF-8 text."),
        Row("no UTF-8 in create", "echo 1 > $'l3/a/ranges/\\xc3('", .EINVAL, "name.not-text", "not UTF-8"),
        Row(
            "no UTF-8 in symlink", "ln -sT ../../../clusters/c2 $'zones/z1/l2/n2/clusters/\\xff'", .EINVAL,
            "name.not-text"),
        Row("no UTF-8 in rename", rename("zones/empty", "zones/\\xff"), .EINVAL, "name.not-text", "not UTF-8"),
        Row("no UTF-8 in a link's text", "ln -sT $'\\xff' zones/z1/l2/n2/clusters/c2", .EINVAL, "name.not-text"),
        // The file layer finds these, and asks the tree for no more than the record.
        Row(
            "256 bytes", "mkdir zones/$(printf 'a%.0s' {1..256})", .ENAMETOOLONG, "name.too-long",
            "The name has 256 bytes"),
        Row(
            "1,025 bytes", "mkdir zones/$(printf 'a%.0s' {1..1025})", .ENAMETOOLONG, "name.too-long",
            "The name has 1025 bytes"),
        Row(
            "256 bytes in create", ": > l3/a/ranges/$(printf 'a%.0s' {1..256})", .ENAMETOOLONG, "name.too-long",
            "255 are the most"),
        Row(
            "256 bytes in rename", "mv zones/empty zones/$(printf 'a%.0s' {1..256})", .ENAMETOOLONG, "name.too-long",
            "The name has 256 bytes"),
        Row("a zone that exists", "mkdir zones/z1", .EEXIST),
    ]

    private static let kinds = [
        Row("unknown directory", "mkdir zones/z1/foo", .EPERM, "attribute.unknown", "A zone has nothing named 'foo'."),
        Row("unknown directory at the top", "mkdir foo", .EPERM, "attribute.unknown", "nothing named 'foo'"),
        Row(
            "unknown file", "echo 5 > zones/z1/l2/n1/vlann", .EPERM, "attribute.unknown",
            "An L2 network has nothing named 'vlann'."),
        Row("unknown file at the top", "echo 5 > foo", .EPERM, "attribute.unknown", "nothing named 'foo'"),
        Row(
            "an attribute as a directory", "mkdir zones/empty/description", .EPERM, "attribute.is-file",
            "description is a file"),
        Row(
            "a collection as a file", "rmdir zones/empty/l2; touch zones/empty/l2; s=$?; mkdir zones/empty/l2; exit $s",
            .EPERM, "collection.is-directory", "l2 is a directory"),
        Row(
            "mkdir in ranges", "mkdir l3/a/ranges/x", .EPERM, "tree.no-directories",
            "An IP range is a file, not a directory."),
        Row("mkdir in reserved", "mkdir l3/a/reserved/x", .EPERM, "tree.no-directories", "A reserved range is a file"),
        Row(
            "mkdir in an L2 network's clusters", "mkdir zones/z1/l2/n2/clusters/c2", .EPERM, "tree.no-directories",
            "a link to a cluster"),
        Row("a file in zones", "touch zones/x", .EPERM, "tree.no-plain-files", "This directory holds zones"),
        Row("a file in clusters", "echo 1 > zones/z1/clusters/x", .EPERM, "tree.no-plain-files", "no plain files"),
        Row("a file in hosts", "touch zones/z1/clusters/c1/hosts/x", .EPERM, "tree.no-plain-files", "no plain files"),
        Row(
            "a file in an L2 network's clusters", "touch zones/z1/l2/n2/clusters/x", .EPERM, "tree.no-plain-files",
            "no plain files"),
        Row(
            "a link attribute as a file", "echo 1 > l3/c/l2", .EPERM, "attribute.is-link",
            "l2 is a symbolic link, not a file."),
        Row(
            "VNIs from the end to the beginning", "echo 1000-100 > zones/z1/vni-ranges", .EINVAL,
            "zone.vni-ranges.reversed", "The range 1000-100 begins after its end."),
        Row(
            "a VNI from no pool", "echo auto > zones/z1/l2/n2/vni", .EINVAL, "l2.vni.no-pool",
            "zones/z1 keeps no VNIs to take one from."),
        Row("FIFO", "mkfifo zones/x", .EPERM, "tree.no-special-files", "Devices, FIFOs and sockets"),
        Row("device", "mknod l3/a/ranges/x c 1 3", .EPERM, "tree.no-special-files", "have no place in the tree"),
        Row(
            "socket", "python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"zones/s\")'", .EPERM,
            "tree.no-special-files"),
        Row(
            "hard link of an attribute", "ln zones/z1/description zones/z2/description", .EPERM, "tree.no-hard-links",
            "Nothing in the tree has two names."),
        Row("hard link of a range", "ln l3/a/ranges/low l3/a/ranges/low2", .EPERM, "tree.no-hard-links", "two names"),
        Row("a file as a directory", "mkdir zones/z1/description/x", .ENOTDIR),
        Row("reading a directory", "cat zones/z1/l2", .EISDIR),
        Row("writing to a directory", "echo 1 > zones/z1/l2", .EISDIR),
        Row("an attribute that is not there", "cat zones/z1/l2/n1/vlan", .ENOENT),
        Row("removing what is not there", "rm zones/z1/l2/n1/vlan", .ENOENT),
        Row("unlink of a directory", "unlink zones/z1", .EISDIR),
        Row("rmdir of a file", "rmdir l3/a/ranges/low", .ENOTDIR),
        Row("fallocate", "fallocate -l 100 zones/z1/description", .EOPNOTSUPP),
        Row("setfattr", "setfattr -n user.x -v 1 zones/z1", .EOPNOTSUPP),
        Row("setfattr of the refusal", "setfattr -n user.netmodelfs.error -v 1 zones/z1", .EOPNOTSUPP),
    ]

    private static let links = [
        Row("a link in zones", "ln -sT z1 zones/x", .EPERM, "link.no-place", "This directory holds no links."),
        Row("a link in ranges", "ln -sT ../../a l3/a/ranges/x", .EPERM, "link.no-place", "holds no links"),
        Row("an unknown link", "ln -sT ../../zones/z1 l3/c/foo", .EPERM, "attribute.unknown", "nothing named 'foo'"),
        Row(
            "a file attribute as a link", "ln -sT ../z2 zones/z2/description", .EPERM, "attribute.is-file",
            "description is a file"),
        Row(
            "out of the tree, upwards", "ln -sT ../../../../../../../etc zones/z1/l2/n2/clusters/x", .EINVAL,
            "link.outside", "leads out of the tree"),
        Row(
            "out of the tree, absolute", "ln -sT /etc zones/z1/l2/n2/clusters/x", .EINVAL, "link.outside",
            "'/etc' leads out"),
        Row("beside the mount point", "ln -sT ${PWD}x/zones zones/z1/l2/n2/clusters/x", .EINVAL, "link.outside"),
        Row(
            "no such target", "ln -sT ../../../clusters/none zones/z1/l2/n2/clusters/none", .ENOENT, "link.no-target",
            "zones/z1/clusters/none, which does not exist"),
        Row(
            "no such target, absolute", "ln -sT $PWD/zones/z9 zones/z1/l2/n2/clusters/x", .ENOENT, "link.no-target",
            "zones/z9"),
        Row(
            "a target that is a file", "ln -sT ../../../description zones/z1/l2/n2/clusters/x", .ENOENT,
            "link.no-target"),
        Row(
            "a target that is a collection", "ln -sT ../../../clusters zones/z1/l2/n2/clusters/x", .ENOENT,
            "link.no-target"),
        Row(
            "a target that is a zone", "ln -sT ../../.. zones/z1/l2/n2/clusters/x", .EINVAL, "link.wrong-target",
            "leads to a cluster"),
        Row(
            "a target that is the root", "ln -sT $PWD zones/z1/l2/n2/clusters/x", .EINVAL, "link.wrong-target",
            "leads to a cluster"),
        Row(
            "a target that is itself", "ln -sT .. zones/z1/l2/n2/clusters/x", .EINVAL, "link.wrong-target",
            "leads to a cluster"),
        Row(
            "l2 to a cluster", "ln -sT ../../zones/z1/clusters/c1 l3/c/l2", .EINVAL, "link.wrong-target",
            "l2 of an L3 network leads to an L2 network."),
        Row("l2 to nothing", "ln -sT ../../zones/z1/l2/none l3/c/l2", .ENOENT, "link.no-target", "zones/z1/l2/none"),
        Row("l2 outside", "ln -sT ../../../x l3/c/l2", .EINVAL, "link.outside", "leads out of the tree"),
        Row("a second l2", "ln -sT ../../zones/z1/l2/n2 l3/a/l2", .EEXIST),
        Row(
            "an L2 network with overlapping ranges", "ln -sT ../../zones/z1/l2/n1 l3/e/l2", .EADDRINUSE,
            "l3.l2.overlap", "l3/e/ranges/same overlaps l3/a/ranges/low"),
    ]

    private static func attach(_ network: String, _ cluster: String, as name: String? = nil) -> String {
        "ln -sT ../../../clusters/\(cluster) zones/z1/l2/\(network)/clusters/\(name ?? cluster)"
    }

    private static let attachments = [
        Row(
            "cross-zone", "ln -sT ../../../../z2/clusters/d1 zones/z1/l2/n2/clusters/d1", .EINVAL,
            "l2.attach.cross-zone", "lie in different zones"),
        Row(
            "attached already", attach("n1", "c1", as: "again"), .ENOTUNIQ, "l2.attach.duplicate",
            "zones/z1/l2/n1 is already attached to zones/z1/clusters/c1."),
        Row("link name taken", attach("n1", "c2", as: "c1"), .EEXIST),
        Row(
            "interface taken", attach("n2", "c1"), .ENOTUNIQ, "l2.attach.interface-conflict",
            "eth0 without a VLAN is already attached to zones/z1/clusters/c1 by zones/z1/l2/n1."),
        Row(
            "VLAN taken", attach("v10b", "c1"), .ENOTUNIQ, "l2.attach.vlan-conflict",
            "VLAN 10 on eth1 is already attached to zones/z1/clusters/c1 by zones/z1/l2/v10."),
        Row("no interface", attach("bare", "c1"), .EINVAL, "l2.attach.incomplete", "without physical-interface"),
        Row(
            "no interface and no VLAN", attach("tagged", "c1"), .EINVAL, "l2.attach.incomplete",
            "without physical-interface and vlan"),
        Row(
            "long device name", attach("long", "kvm"), .ENAMETOOLONG, "l2.attach.device-name-too-long",
            "'averylongname0.10', and Linux allows 15 characters"),
        Row(
            "colon in the device name", attach("colon", "kvm"), .EINVAL, "l2.attach.device-name",
            "no interface named 'eth:0'"),
        Row(
            "a host refuses when asked", attach("n2", "check"), .EIO, "host.simulated-refusal",
            "zones/z1/clusters/check/hosts/h1 refused: The simulated host refuses to check."),
        Row(
            "a host refuses when told", attach("n2", "realize"), .EIO, "host.simulated-refusal",
            "hosts/h2 refused: The simulated host refuses to realize."),
    ]

    private static func connect(_ host: String, _ text: String) -> String {
        "echo '\(text)' > zones/z1/clusters/\(host)/connection"
    }

    private static let hosts =
        [
            "", "#", "foo", "LOCAL:", "local:x", "netns:", "netns:a/b", "netns:-x", "netns:..", "ssh://",
            "ssh://-oProxyCommand=x",
            "ssh://a b", "ssh://h:0", "ssh://h:65536", "ssh://[::1", "simulator:latency", "simulator:latency=-1",
            "simulator:latency=60001", "simulator:refuse=all", "simulator:x=1",
        ].map { text in
            Row(
                "connection '\(text)'", connect("c1/hosts/h1", text), .EINVAL,
                ["", "#"].contains(text) ? "value.empty" : "host.connection.malformed",
                ["", "#"].contains(text) ? "connection holds no value" : "does not say how to reach a host")
        } + [
            Row(
                "simulated host in a KVM cluster", connect("kvm/hosts/k2", "simulator:"), .EINVAL,
                "host.connection.hypervisor", "whose hypervisor is KVM, is not reached by simulator:."),
            Row(
                "KVM host in a simulated cluster", connect("c1/hosts/h1", "local:"), .EINVAL,
                "host.connection.hypervisor", "whose hypervisor is Simulator"),
            Row(
                "connection taken", connect("kvm/hosts/k2", "local:"), .ENOTUNIQ, "host.connection.taken",
                "local: is already the connection of zones/z1/clusters/kvm/hosts/k1."),
            Row(
                "connection in use", connect("c1/hosts/h1", "simulator:latency=1"), .EBUSY, "host.connection.in-use",
                "cannot change under them"),
            Row(
                "host that does not answer",
                "mkdir zones/z1/clusters/c2/hosts/x; \(connect("c2/hosts/x", "simulator:refuse=connect")); s=$?; "
                    + "rmdir zones/z1/clusters/c2/hosts/x; exit $s",
                .EHOSTUNREACH, "host.unreachable",
                "zones/z1/clusters/c2/hosts/x cannot be reached: The simulated host does not answer."),
            Row(
                "network namespace that is missing", connect("kvm/hosts/k2", "netns:no-such-namespace"), .EHOSTUNREACH,
                "host.unreachable", "zones/z1/clusters/kvm/hosts/k2 cannot be reached"),
            Row(
                "a host's state", "echo Off > zones/z1/clusters/c1/hosts/h1/state", .EINVAL, "state.unknown",
                "'Off' is not a value of state."),
            Row(
                "Maintenance of a host that is away", "echo Maintenance > zones/z1/clusters/kvm/hosts/k2/state", .EBUSY,
                "host.maintain.not-connected", "is Disconnected; only a Connected host"),
        ]

    private static let values = [
        Row("empty", "echo > zones/z1/l2/n2/mtu", .EINVAL, "value.empty", "The text written to mtu holds no value."),
        Row(
            "comments only", "env printf '# a\\n  \\n#b' > zones/z1/l2/n2/mtu", .EINVAL, "value.empty", "holds no value"
        ),
        Row(
            "two lines", "env printf '1500\\n1600\\n' > zones/z1/l2/n2/mtu", .EINVAL, "value.several-lines",
            "mtu takes one value, but 2 lines"),
        Row(
            "NUL byte", "env printf '15\\00000' > zones/z1/l2/n2/mtu", .EINVAL, "value.not-text",
            "UTF-8 text without zero bytes"),
        Row("no UTF-8", "env printf '\\xff' > zones/z1/description", .EINVAL, "value.not-text", "UTF-8 text"),
        Row(
            "65,537 bytes",
            "env printf '#%065536d' 0 | dd of=zones/z1/description bs=70000 iflag=fullblock status=none", .EFBIG,
            "value.too-long", "at most 65536 bytes"),
        Row(
            "write behind 65,536", "echo 1 | dd of=zones/z1/description bs=1 seek=65536 conv=notrunc status=none",
            .EFBIG, "value.too-long"),
        Row(
            "a gap", "echo 1 | dd of=zones/z1/description bs=1 seek=100 conv=notrunc status=none", .EINVAL,
            "value.not-text", "zero bytes"),
        Row("longer by truncate", "truncate -s 100 zones/z1/description", .EINVAL, "value.not-text", "zero bytes"),
        Row("too long by truncate", "truncate -s 70000 zones/z1/description", .EFBIG, "value.too-long"),
        Row(
            "cut to nothing legal", "truncate -s 2 zones/z1/clusters/c1/hypervisor", .EPROTONOSUPPORT,
            "cluster.hypervisor.unknown", "'Si'"),
        Row(
            "2,049 characters", "env printf '%02049d' 0 > zones/z1/description", .EFBIG, "description.too-long",
            "has 2049 characters"),
        Row(
            "a zone's state", "echo enabled > zones/z1/state", .EINVAL, "state.unknown",
            "'enabled' is not a value of state."),
        Row(
            "hypervisor", "echo Xen > zones/z2/clusters/d1/hypervisor", .EPROTONOSUPPORT, "cluster.hypervisor.unknown",
            "'Xen' is not a value of hypervisor."),
        Row(
            "hypervisor with look-alikes", "echo $'\\u212aVM' > zones/z2/clusters/d1/hypervisor", .EPROTONOSUPPORT,
            "cluster.hypervisor.unknown"),
        Row(
            "hypervisor in use", "echo KVM > zones/z1/clusters/c1/hypervisor", .EBUSY, "cluster.hypervisor.in-use",
            "cannot change while it has hosts or L2 networks"),
        Row(
            "hypervisor in use by its default", "rm zones/z1/clusters/c1/hypervisor", .EBUSY,
            "cluster.hypervisor.in-use"),
        Row(
            "append that makes it wrong", "echo 1 >> zones/z1/l2/v10/vlan", .EINVAL, "value.several-lines",
            "vlan takes one value"),
    ]

    private static let l2 =
        [
            ("0", "out-of-range"), ("4095", "out-of-range"), ("-1", "out-of-range"),
            ("99999999999999999999", "out-of-range"),
            ("010", "not-a-number"), ("+5", "not-a-number"), ("1e3", "not-a-number"), ("ten", "not-a-number"),
            ("٣", "not-a-number"),
            ("1 2", "not-a-number"), ("0x10", "not-a-number"),
        ].map { text, rule in
            Row(
                "VLAN \(text)", "echo '\(text)' > zones/z1/l2/bare/vlan", rule == "out-of-range" ? .ERANGE : .EINVAL,
                "l2.vlan." + rule, "not '\(text)'")
        } + [
            Row("MTU 67", "echo 67 > zones/z1/l2/n2/mtu", .ERANGE, "l2.mtu.out-of-range", "from 68 to 9216"),
            Row("MTU 9217", "echo 9217 > zones/z1/l2/n2/mtu", .ERANGE, "l2.mtu.out-of-range", "from 68 to 9216"),
            Row("MTU x", "echo x > zones/z1/l2/n2/mtu", .EINVAL, "l2.mtu.not-a-number", "not 'x'"),
            Row(
                "type", "echo l2vlannetwork > zones/z1/l2/bare/type", .EPROTONOSUPPORT, "l2.type.unsupported",
                "'l2vlannetwork' is not a value of type."),
            Row(
                "a VLAN for a NoVlan network", "echo 5 > zones/z1/l2/untagged/vlan", .EINVAL, "l2.type.contradiction",
                "cannot be an L2NoVlanNetwork and have VLAN 5"),
            Row(
                "NoVlan for a network with a VLAN", "echo L2NoVlanNetwork > zones/z1/l2/v10/type", .EINVAL,
                "l2.type.contradiction", "have VLAN 10"),
            Row(
                "another type while attached", "echo L2VlanNetwork > zones/z1/l2/n1/type", .EBUSY, "l2.type.attached",
                "its type cannot change from L2NoVlanNetwork"),
            Row("a VLAN while attached without one", "echo 5 > zones/z1/l2/n1/vlan", .EBUSY, "l2.type.attached"),
            Row("no VLAN while attached with one", "rm zones/z1/l2/v10/vlan", .EBUSY, "l2.type.attached"),
            Row(
                "no VLAN for an attached L2VlanNetwork", "rm zones/z1/l2/v20/vlan", .EBUSY, "l2.change.needed",
                "is attached and needs its vlan"),
            Row(
                "no interface while attached", "rm zones/z1/l2/n1/physical-interface", .EBUSY, "l2.change.needed",
                "needs its physical-interface"),
            Row(
                "a taken VLAN while attached", "echo 10 > zones/z1/l2/v20/vlan", .ENOTUNIQ, "l2.attach.vlan-conflict",
                "by zones/z1/l2/v10"),
            Row(
                "interface with a blank", "echo 'eth 0' > zones/z1/l2/n2/physical-interface", .EINVAL,
                "l2.physical-interface.malformed", "'eth 0' cannot be the name"),
            Row(
                "interface with a slash", "echo a/b > zones/z1/l2/n2/physical-interface", .EINVAL,
                "l2.physical-interface.malformed"),
            Row(
                "interface of 1,025 bytes", "env printf '%01025d' 0 > zones/z1/l2/n2/physical-interface", .EINVAL,
                "l2.physical-interface.malformed"),
        ]

    private static let l3 = [
        Row(
            "category", "echo private > l3/c/category", .EINVAL, "l3.category.unknown",
            "'private' is not a value of category."),
        Row(
            "category with pools", "echo Private > l3/b/category", .EBUSY, "l3.category.has-pools",
            "has address pools"),
        Row(
            "System with IPv6 ranges", "echo System > l3/e/category", .EBUSY, "l3.category.has-ipv6",
            "l3/e has IPv6 ranges"),
        Row("default category with pools", "rm l3/b/category", .EBUSY, "l3.category.has-pools"),
        Row(
            "System that is none", "echo false > l3/d/system", .EINVAL, "l3.category.system",
            "category System and system false"),
        Row(
            "Public that is system", "echo true > l3/b/system", .EINVAL, "l3.category.system",
            "category Public and system true"),
        Row("system", "echo yes > l3/c/system", .EINVAL, "l3.system.unknown", "'yes' is not a value of system."),
        Row(
            "domain without a dot", "echo local > l3/c/dns-domain", .EINVAL, "l3.dns-domain.malformed",
            "'local' is not a domain name."),
        Row("domain with an empty label", "echo a..org > l3/c/dns-domain", .EINVAL, "l3.dns-domain.malformed"),
        Row("domain with a dash first", "echo -- -a.org > l3/c/dns-domain", .EINVAL, "l3.dns-domain.malformed"),
        Row("domain that is an address", "echo 10.0.0.1 > l3/c/dns-domain", .EINVAL, "l3.dns-domain.malformed"),
        Row(
            "name server", "env printf '8.8.8.8\\nfoo\\n' > l3/c/dns", .EINVAL, "l3.dns.malformed",
            "'foo' is not an IPv4 or IPv6 address."),
        Row(
            "name server twice", "env printf '8.8.8.8\\n1.1.1.1\\n8.8.8.8\\n' > l3/c/dns", .ENOTUNIQ,
            "l3.dns.duplicate", "8.8.8.8 is listed twice."),
        Row(
            "name server twice in two notations", "env printf '::1\\n0:0::1\\n' > l3/c/dns", .ENOTUNIQ,
            "l3.dns.duplicate"),
        Row("route", "echo '10.0.0.0/8 192.168.0.1' > l3/c/routes", .EINVAL, "l3.routes.malformed", "is not a route"),
        Row(
            "route twice", "env printf '10.0.0.0/8 via 1.2.3.4\\n10.0.0.0/8 via 1.2.3.5\\n' > l3/c/routes", .ENOTUNIQ,
            "l3.routes.duplicate", "10.0.0.0/8 has two routes."),
        Row("L3 MTU 9217", "echo 9217 > l3/c/mtu", .ERANGE, "l3.mtu.out-of-range", "from 68 to 9216"),
        Row("L3 MTU x", "echo x > l3/c/mtu", .EINVAL, "l3.mtu.not-a-number"),
    ]

    private static func range(
        _ name: String, _ text: String, in l3: String = "a", _ error: ErrorSymbol, _ rule: String,
        _ sentence: String = ""
    ) -> Row {
        Row("range: \(name)", "echo '\(text)' > l3/\(l3)/ranges/new", error, "range." + rule, sentence)
    }

    private static let ranges = [
        range("no text", "# nothing", .EINVAL, "empty", "The text holds no range."),
        range("a word", "foo", .EINVAL, "cidr-malformed", "'foo' is not a range of IPv4 or IPv6."),
        range(
            "octet of 300", "192.168.0.60-192.168.0.300/24 gateway=192.168.0.1", .EINVAL, "malformed",
            "'192.168.0.300' is not"),
        range("leading zeros", "192.168.000.060-192.168.0.70/24 gateway=192.168.0.1", .EINVAL, "malformed"),
        range("three ends", "192.168.0.60-192.168.0.70-192.168.0.80/24", .EINVAL, "malformed"),
        range(
            "reversed", "192.168.0.70-192.168.0.60/24 gateway=192.168.0.1", .EINVAL, "reversed",
            "ends at 192.168.0.60, before it starts"),
        range(
            "no prefix", "192.168.0.60-192.168.0.70 gateway=192.168.0.1", .EINVAL, "prefix-required",
            "does not tell its subnet"),
        range(
            "prefix 33", "192.168.0.60-192.168.0.70/33 gateway=192.168.0.1", .EINVAL, "netmask",
            "/33 is not a prefix length."),
        range(
            "mask with a hole", "192.168.0.60-192.168.0.70 netmask=255.0.255.0 gateway=192.168.0.1", .EINVAL, "netmask",
            "is not a netmask"),
        range(
            "two masks", "192.168.0.60-192.168.0.70/24 netmask=255.255.0.0 gateway=192.168.0.1", .EINVAL, "netmask",
            "contradict each other"),
        range("no gateway", "192.168.0.60-192.168.0.70/24", .EINVAL, "gateway-required", "needs a gateway"),
        range(
            "gateway elsewhere", "192.168.0.60-192.168.0.70/24 gateway=192.168.1.1", .EADDRNOTAVAIL,
            "gateway-not-in-subnet", "is not a host of 192.168.0.0/24"),
        range(
            "gateway is the network", "192.168.0.60-192.168.0.70/24 gateway=192.168.0.0", .EADDRNOTAVAIL,
            "gateway-not-in-subnet"),
        range(
            "gateway inside", "192.168.0.60-192.168.0.70/24 gateway=192.168.0.65", .EINVAL, "gateway-in-range",
            "lies in the range"),
        range(
            "another gateway", "192.168.0.60-192.168.0.70/24 gateway=192.168.0.2", .EADDRNOTAVAIL, "gateway-mismatch",
            "differs from 192.168.0.1 of l3/a/ranges/low"),
        range(
            "another subnet", "192.168.1.60-192.168.1.70/24 gateway=192.168.1.1", .EADDRNOTAVAIL, "cidr-mismatch",
            "l3/a/ranges/low is of 192.168.0.0/24"),
        range(
            "overlap", "192.168.0.40-192.168.0.70/24 gateway=192.168.0.1", .EADDRINUSE, "overlap",
            "192.168.0.40-192.168.0.70 overlaps 192.168.0.10-192.168.0.50 of l3/a/ranges/low."),
        range(
            "overlap on the same wire", "192.168.0.50-192.168.0.51/24 gateway=192.168.0.1", in: "b", .EADDRINUSE,
            "overlap", "of l3/a/ranges/low"),
        range(
            "end outside", "192.168.0.60-192.168.1.70/24 gateway=192.168.0.1", .EADDRNOTAVAIL, "end-not-in-subnet",
            "ends at 192.168.1.70, outside"),
        range("broadcast", "192.168.0.60-192.168.0.255/24 gateway=192.168.0.1", .EINVAL, "network-or-broadcast"),
        range("network", "10.9.0.0-10.9.0.5/24 gateway=10.9.0.9", in: "c", .EINVAL, "network-or-broadcast"),
        range("no hosts", "10.9.0.0/31", in: "c", .EINVAL, "cidr-no-hosts", "has no address that a host could use"),
        range("multicast", "224.0.0.0/24", in: "c", .EINVAL, "multicast", "multicast (224.0.0.0/4)"),
        range("class E", "240.0.0.0/24", in: "c", .EINVAL, "class-e"),
        range("link-local", "169.254.1.0/24", in: "c", .EINVAL, "link-local"),
        range("this network", "0.1.0.0/24", in: "c", .EINVAL, "this-network"),
        range("loopback", "127.0.0.0/8", in: "c", .EINVAL, "loopback"),
        range(
            "IPv6 prefix 63", "2001:db8::/63", in: "c", .ERANGE, "prefix-length",
            "An IPv6 range has a prefix length from 64 to 126, not 63."),
        range(
            "IPv6 and IPv4", "2001:db8::/64 gateway=10.0.0.1", in: "c", .EAFNOSUPPORT, "family-mixed",
            "2001:db8:: is IPv6, and 10.0.0.1 is IPv4."),
        range("IPv6 mode", "2001:db8::/64 mode=DHCP", in: "c", .EINVAL, "mode", "'DHCP' is not an address mode."),
        range(
            "IPv6 SLAAC", "2001:db8::/80 mode=SLAAC", in: "c", .EINVAL, "mode-prefix",
            "SLAAC needs a prefix length of 64, not 80."),
        range(
            "IPv6 pool", "2001:db8::/64 type=AddressPool", in: "b", .EINVAL, "option-family",
            "type=AddressPool is for IPv4 ranges only."),
        range("IPv6 link-local", "fe80::/64", in: "c", .EINVAL, "link-local", "link-local (fe80::/10)"),
        range("IPv6 of System", "2001:db8::/64", in: "d", .EINVAL, "ipv6-on-system", "l3/d is System"),
        range(
            "IPv6 overlap", "2001:db8::50-2001:db8::200/64 gateway=2001:db8::1", in: "e", .EADDRINUSE, "overlap",
            "2001:db8::50-2001:db8::200 overlaps 2001:db8::10-2001:db8::9f of l3/e/ranges/six."),
        range(
            "IPv6 with another mode", "2001:db8::200-2001:db8::201/64 gateway=2001:db8::1 mode=SLAAC", in: "e", .EINVAL,
            "mode-mismatch", "differs from Stateful-DHCP of l3/e/ranges/six"),
        range(
            "option", "10.9.0.0/24 gatewy=10.9.0.1", in: "c", .EINVAL, "option", "'gatewy=10.9.0.1' is not an option"),
        range(
            "option twice", "10.9.0.0/24 gateway=10.9.0.1 gateway=10.9.0.1", in: "c", .EINVAL, "option", "given twice"),
        range("type", "10.9.0.0/24 type=Pool", in: "c", .EINVAL, "type", "'Pool' is not a type of range."),
        range(
            "pool of a private network", "10.9.0.0/24 type=AddressPool", in: "c", .EINVAL, "pool-needs-public",
            "only a Public L3 network"),
        Row(
            "range: the last beside a pool", "rm l3/b/ranges/normal", .EBUSY, "range.pools-remain",
            "is the last Normal range of l3/b"),
        Row(
            "range: rewritten wrongly", "echo '192.168.0.50-192.168.0.10/24 gateway=192.168.0.1' > l3/a/ranges/low",
            .EINVAL, "range.reversed"),
        Row(
            "range: the last becomes a pool", "echo '10.1.0.10-10.1.0.20/24 type=AddressPool' > l3/b/ranges/normal",
            .EBUSY, "range.pools-remain"),
    ]

    private static let reserved = [
        Row(
            "reserved: two words", "echo '192.168.0.30 192.168.0.31' > l3/a/reserved/new", .EINVAL,
            "reserved.malformed", "is one word, and 2 were written"),
        Row("reserved: nonsense", "echo foo > l3/a/reserved/new", .EINVAL, "range.malformed", "'foo'"),
        Row(
            "reserved: no range", "echo 192.168.0.30 > l3/c/reserved/new", .EADDRNOTAVAIL, "reserved.no-range",
            "l3/c has no range"),
        Row(
            "reserved: outside", "echo 192.168.1.30 > l3/a/reserved/new", .EADDRNOTAVAIL, "reserved.outside-subnet",
            "does not lie in 192.168.0.0/24"),
        Row(
            "reserved: overlap", "echo 192.168.0.22-192.168.0.25 > l3/a/reserved/new", .EADDRINUSE, "reserved.overlap",
            "of l3/a/reserved/kept"),
        Row(
            "reserved: no IPv6 range", "echo 2001:db8::9 > l3/a/reserved/new", .EADDRNOTAVAIL, "reserved.no-range",
            "l3/a has no IPv6 range"),
        Row("reserved: reversed", "echo 192.168.0.35-192.168.0.31 > l3/a/reserved/new", .EINVAL, "reserved.reversed"),
    ]

    private static let removals = [
        Row("a zone that is not empty", "rmdir zones/z1", .ENOTEMPTY, "object.not-empty", "zones/z1 still holds"),
        Row(
            "a cluster with hosts", "rmdir zones/z1/clusters/c1", .ENOTEMPTY, "object.not-empty",
            "zones/z1/clusters/c1 still holds 1 objects"),
        Row("a network that is attached", "rmdir zones/z1/l2/n1", .ENOTEMPTY, "object.not-empty"),
        Row(
            "a cluster that is attached to", "rmdir zones/z1/clusters/c2", .EBUSY, "cluster.attached",
            "L2 networks are attached to zones/z1/clusters/c2."),
        Row(
            "a network with L3 networks", "rmdir zones/z1/l2/n4", .EBUSY, "l2.in-use",
            "L3 networks stand on zones/z1/l2/n4."),
        Row("an L3 network with ranges", "rmdir l3/a", .ENOTEMPTY, "object.not-empty"),
        Row(
            "a collection that is not empty", "rmdir zones/z1/l2", .ENOTEMPTY, "object.not-empty",
            "zones/z1/l2 is not empty."),
        Row("a collection of the root", "rmdir zones", .EPERM, "collection.fixed", "at the top of the tree"),
        Row("l3", "rmdir l3", .EPERM, "collection.fixed"),
    ]

    private static let renames = [
        Row(
            "onto an object", "mv -T zones/empty zones/z2", .EEXIST, "name.exists",
            "There is already a zone zones/z2."),
        Row(
            "into another collection", "mv -nT zones/z1/l2/n2 zones/z2/l2/n2", .EPERM, "rename.not-here",
            "only within their directory"),
        Row("a range into another network", "mv -nT l3/a/ranges/low l3/c/ranges/low", .EPERM, "rename.not-here"),
        Row(
            "an attribute", "mv -nT zones/z1/description zones/z1/state", .EPERM, "rename.not-here",
            "Only objects are renamed"),
        Row("a collection", "mv -nT zones l4", .EPERM, "rename.not-here"),
        Row("to a temporary name", rename("zones/empty", "zones/.empty"), .EINVAL, "name.temporary", "'.empty'"),
        Row("to a name with a newline", rename("zones/empty", "zones/a\\nb"), .EINVAL, "name.malformed"),
        Row("into itself", rename("zones/z1", "zones/z1/l2/x"), .EINVAL),
        Row("into state", rename("zones/empty", "state/zones/x"), .EROFS, "tree.read-only"),
        Row("out of state", rename("state/zones/empty", "zones/x"), .EROFS, "tree.read-only"),
    ]

    private static let readOnly =
        [
            "echo 1 > state/zones/z1/name", "echo 1 > state/zones/z1/new", "mkdir state/zones/z9",
            "rm state/zones/z1/uuid",
            "rmdir state/zones/z1", "ln -sT x state/x", "mkfifo state/x", "chmod 777 state/zones/z1",
            "touch state/zones/z1/uuid",
            "chown 5 state", "truncate -s 5 state/zones/z1/uuid", "echo 1 > state/zones/z1/l2/n1/hosts/h1",
            "echo 1 > schema/l2/vlan", "mkdir schema/x", "rm schema/l2/vlan", "echo 1 > README", "rm README",
            "echo 1 > errors",
            "rm errors", "echo 1 > events", ": > events", "echo 1 > metrics", "rmdir state", "rmdir schema",
            "chmod 600 errors",
        ].map { Row("read-only: \($0)", $0, .EROFS, "tree.read-only", "nothing can be written to it") }
}
