extension ToolMatrix {
    /// Programs that copy, move, cut and touch files.
    static let copying: [ToolRow] =
        [
            ToolRow("cp", "touch $T/20; cp $T/20 $Z/l2/n1/vlan", vlan: "20\n"),
            ToolRow(
                "cp, out of range", "touch $T/5000; cp $T/5000 $Z/l2/n1/vlan", status: .exactly(1),
                message: "error writing"),
            ToolRow("cp -f", "touch $T/20; cp -f $T/20 $Z/l2/n1/vlan", vlan: "20\n"),
            ToolRow(
                "cp -f, out of range", "touch $T/5000; cp -f $T/5000 $Z/l2/n1/vlan", status: .exactly(1),
                message: "error writing"),
            ToolRow("cp -a", "touch $T/20; cp -a $T/20 $Z/l2/n1/vlan", vlan: "20\n"),
            ToolRow(
                "cp -a, out of range", "touch $T/5000; cp -a $T/5000 $Z/l2/n1/vlan", status: .exactly(1),
                message: "error writing"),
            ToolRow("cp -p", "touch $T/20; cp -p $T/20 $Z/l2/n1/vlan", vlan: "20\n"),
            ToolRow(
                "cp -p, out of range", "touch $T/5000; cp -p $T/5000 $Z/l2/n1/vlan", status: .exactly(1),
                message: "error writing"),
            ToolRow("cp -u", "touch $T/20; cp -u $T/20 $Z/l2/n1/vlan", vlan: "20\n"),
            ToolRow(
                "cp -u, out of range", "touch $T/5000; cp -u $T/5000 $Z/l2/n1/vlan", status: .exactly(1),
                message: "error writing"),
            ToolRow(
                "cp --remove-destination", "touch $T/20; cp --remove-destination $T/20 $Z/l2/n1/vlan", vlan: "20\n"),
            ToolRow(
                "cp --remove-destination, out of range",
                "touch $T/5000; cp --remove-destination $T/5000 $Z/l2/n1/vlan", status: .exactly(1),
                message: "error writing"),
            ToolRow("cp -b", "cp -b $T/20 $Z/l2/n1/vlan", vlan: "20\n", changes: [.file("Z/l2/n1/vlan~", "10\n")]),
            ToolRow(
                "cp -b, out of range", "cp -b $T/5000 $Z/l2/n1/vlan", status: .exactly(1), message: "error writing",
                leftovers: ["vlan~"]),
            ToolRow(
                "cp of a directory's contents",
                "mkdir $T/n1; cp $T/20 $T/n1/vlan; echo 9000 > $T/n1/mtu; cp -r $T/n1/. $Z/l2/n1/", vlan: "20\n",
                changes: [.file("Z/l2/n1/mtu", "9000\n"), .file("state/Z/l2/n1/mtu", "9000\n")]),
            ToolRow("cp out and in again", "cp -a $Z/l2/n1/vlan $T/; cp -a $T/vlan $Z/l2/n1/"),
            ToolRow(
                "cp -r of an object with collections", "cp -r $Z/l2/n1 $Z/l2/n2", status: .exactly(1),
                message: "File exists", leftovers: ["n2"]),
            ToolRow(
                "cp -r to a staged directory",
                "cp -r $Z/l2/n1 $Z/l2/.new && echo 20 > $Z/l2/.new/vlan && mv $Z/l2/.new $Z/l2/n2",
                changes: [
                    .directory("Z/l2/n2"),
                    .file("Z/l2/n2/vlan", "20\n"),
                    .file("Z/l2/n2/physical-interface", "eth0\n"),
                    .file("Z/l2/n2/mtu", "1500\n"),
                    .file("state/Z/l2/n2/vlan", "20\n"),
                    .file("Z/l2/n2/description", "office\n"),
                ]),
            ToolRow("install", "install -m 644 $T/20 $Z/l2/n1/vlan", vlan: "20\n"),
            ToolRow(
                "install, out of range", "install -m 644 $T/5000 $Z/l2/n1/vlan", status: .exactly(1),
                message: "error writing"),
            ToolRow(
                "install -m", "install -m 640 $T/20 $Z/l2/n1/vlan", vlan: "20\n",
                changes: [.mode("Z/l2/n1/vlan", 0o640)]),
            ToolRow(
                "install -C twice",
                """
                install -m 644 -C $T/20 $Z/l2/n1/vlan; install -m 644 -vC $T/20 $Z/l2/n1/vlan | grep . && exit \
                9; true
                """,
                vlan: "20\n"),
            ToolRow(
                "install -C, out of range", "install -m 644 -C $T/5000 $Z/l2/n1/vlan", status: .exactly(1),
                message: "error writing"),
            ToolRow(
                "install of a range",
                "echo '192.168.0.60-192.168.0.70/24 gateway=192.168.0.1' > $T/new; install -m 644 $T/new $L/ranges/",
                changes: [
                    .file("L/ranges/new", "192.168.0.60-192.168.0.70/24 gateway=192.168.0.1\n"),
                    .file("state/L/total-addresses", "52\n"),
                ]),
            ToolRow(
                "mv of a staged file", "echo 20 > $Z/l2/n1/vlan.tmp; mv $Z/l2/n1/vlan.tmp $Z/l2/n1/vlan", vlan: "20\n"),
            ToolRow(
                "mv of a staged file, out of range",
                "echo 5000 > $Z/l2/n1/vlan.tmp; mv $Z/l2/n1/vlan.tmp $Z/l2/n1/vlan", status: .exactly(1),
                message: "Numerical result out of range", changes: [.file("Z/l2/n1/vlan.tmp", "5000\n")],
                rules: ["l2.vlan.out-of-range"]),
            ToolRow(
                "mv of a staged file to a new attribute", "echo Public > $L/.category; mv $L/.category $L/category",
                changes: [.file("L/category", "Public\n"), .file("state/L/category", "Public\n")]),
            ToolRow(
                "mv of a staged file to a new range",
                """
                echo '192.168.0.60-192.168.0.70/24 gateway=192.168.0.1' > $L/ranges/.new; \
                mv $L/ranges/.new $L/ranges/new
                """,
                changes: [
                    .file("L/ranges/new", "192.168.0.60-192.168.0.70/24 gateway=192.168.0.1\n"),
                    .file("state/L/total-addresses", "52\n"),
                ]),
            ToolRow(
                "mv of a staged file to a range that overlaps",
                """
                echo '192.168.0.40-192.168.0.70/24 gateway=192.168.0.1' > $L/ranges/.new; \
                mv $L/ranges/.new $L/ranges/new
                """,
                status: .exactly(1), message: "Address already in use", leftovers: [".new"]),
            ToolRow(
                "mv of a staged file to a wrong name", "echo 5 > $Z/l2/n1/.x; mv $Z/l2/n1/.x $Z/l2/n1/vlann",
                status: .exactly(1), message: "Operation not permitted", leftovers: [".x"]),
            ToolRow("mv across file systems", "mv $T/20 $Z/l2/n1/vlan", vlan: "20\n"),
            ToolRow("mv across file systems, out of range", "mv $T/5000 $Z/l2/n1/vlan", status: .exactly(1)),
            ToolRow(
                "mv out", "mv $Z/l2/n1/mtu $T/; cat $T/mtu", message: "9000",
                changes: [.absent("Z/l2/n1/mtu"), .file("state/Z/l2/n1/mtu", "1500\n")], settles: true,
                before: "echo 9000 > $Z/l2/n1/mtu"),
            ToolRow("mv away and back", "mv $Z/l2/n1/vlan $Z/l2/n1/vlan~; mv $Z/l2/n1/vlan~ $Z/l2/n1/vlan"),
            ToolRow("mv of an attribute to another", "mv $Z/l2/n1/vlan $Z/l2/n1/mtu", status: .failure),
            ToolRow("dd", "dd if=$T/20 of=$Z/l2/n1/vlan", vlan: "20\n"),
            ToolRow(
                "dd, out of range", "dd if=$T/5000 of=$Z/l2/n1/vlan", status: .exactly(1), message: "error writing"),
            ToolRow("dd conv=notrunc,fsync", "dd if=$T/20 of=$Z/l2/n1/vlan conv=notrunc,fsync", vlan: "20\n"),
            ToolRow(
                "dd conv=notrunc,fsync, out of range", "dd if=$T/5000 of=$Z/l2/n1/vlan conv=notrunc,fsync",
                status: .exactly(1), message: "error writing"),
            ToolRow("truncate -s 0", "truncate -s 0 $Z/l2/n1/vlan", settles: true),
            ToolRow("truncate", "truncate -s 2 $Z/l2/n1/vlan", vlan: "10"),
            ToolRow(
                "truncate to more", "truncate -s 6 $Z/l2/n1/vlan", status: .exactly(1), message: "Invalid argument"),
            ToolRow(
                "sort -o", "sort -o $L/dns $L/dns",
                changes: [.file("L/dns", "8.8.4.4\n8.8.8.8\n"), .file("state/L/dns", "8.8.4.4\n8.8.8.8\n")]),
            ToolRow(
                "sort -o, out of range", "sort -o $Z/l2/n1/vlan $T/5000", status: .exactly(2),
                message: "Numerical result out of range"),
            ToolRow("touch", "touch $Z/l2/n1/vlan $Z $L/ranges/office"),
            ToolRow(
                "touch -d", "touch -d '2020-01-02 03:04:05 UTC' $Z/l2/n1/vlan; stat -c %Y $Z/l2/n1/vlan",
                message: "1577934245"),
            ToolRow(
                "touch of a typo", "touch $Z/l2/n1/vlann", status: .exactly(1), message: "Operation not permitted"),
            ToolRow("chmod", "chmod 640 $Z/l2/n1/vlan", vlan: "10\n", changes: [.mode("Z/l2/n1/vlan", 0o640)]),
            ToolRow(
                "chown", "chown 65534:65534 $Z/l2/n1/vlan && stat -c %u:%g $Z/l2/n1/vlan && chown 0:0 $Z/l2/n1/vlan",
                message: "65534:65534"),
            ToolRow(
                "chmod of state", "chmod 600 state/zones/${Z##*/}/uuid", status: .exactly(1),
                message: "Read-only file system"),
        ]
}
