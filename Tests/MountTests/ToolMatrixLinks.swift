extension ToolMatrix {
    /// Links, and removing.
    static let links: [ToolRow] =
        [
            ToolRow(
                "ln -s", "ln -s ../../../clusters/c1 $Z/l2/n1/clusters/c1",
                changes: [.link("Z/l2/n1/clusters/c1", "../../../clusters/c1")]),
            ToolRow(
                "ln -s into the directory", "cd $Z/l2/n1/clusters && ln -s ../../../clusters/c1 .",
                changes: [.link("Z/l2/n1/clusters/c1", "../../../clusters/c1")]),
            ToolRow(
                "ln -s with a path from the top", "ln -s $Z/clusters/c1 $Z/l2/n1/clusters/c1",
                changes: [.link("Z/l2/n1/clusters/c1", "$Z/clusters/c1")]),
            ToolRow(
                "ln -s to nothing", "ln -s ../../../clusters/c9 $Z/l2/n1/clusters/c9", status: .exactly(1),
                message: "No such file or directory"),
            ToolRow(
                "ln -s to a file", "ln -s ../vlan $Z/l2/n1/clusters/vlan", status: .exactly(1),
                message: "No such file or directory"),
            ToolRow(
                "ln -s of a link that is there", "ln -sT ../../../clusters/c1 $Z/l2/n1/clusters/c1",
                status: .exactly(1), message: "File exists", before: "ln -s ../../../clusters/c1 $Z/l2/n1/clusters/c1"),
            ToolRow(
                "ln -s without an interface", "ln -s ../../../clusters/c1 $Z/l2/n2/clusters/c1", status: .exactly(1),
                message: "Invalid argument", rules: ["l2.attach.incomplete"], before: "mkdir $Z/l2/n2"),
            ToolRow(
                "ln -s of a VLAN that is taken", "ln -s ../../../clusters/c1 $Z/l2/n2/clusters/c1",
                status: .exactly(1), message: "Name not unique on network", rules: ["l2.attach.vlan-conflict"],
                before: """
                    ln -s ../../../clusters/c1 $Z/l2/n1/clusters/c1; mkdir $Z/l2/n2; \
                    cp $Z/l2/n1/{vlan,physical-interface} $Z/l2/n2/
                    """),
            ToolRow(
                "ln -sf of the same", "ln -sfT ../../../clusters/c1 $Z/l2/n1/clusters/c1",
                before: "ln -s ../../../clusters/c1 $Z/l2/n1/clusters/c1"),
            ToolRow(
                "ln -sfn", "ln -sfn ../../zones/${Z##*/}/l2/n2 $L/l2",
                changes: [.link("L/l2", "../../zones/$N/l2/n2"), .file("state/L/l2", "zones/$N/l2/n2\n")],
                before: "mkdir $Z/l2/n2"),
            ToolRow(
                "ln -sfn to a cluster", "ln -sfn ../../zones/${Z##*/}/clusters/c1 $L/l2", status: .exactly(1),
                message: "Invalid argument"),
            ToolRow(
                "ln -sfn to nothing", "ln -sfn ../../zones/${Z##*/}/l2/n9 $L/l2", status: .exactly(1),
                message: "No such file or directory"),
            ToolRow(
                "ln -sr", "ln -sr $Z/clusters/c1 $Z/l2/n1/clusters/c1",
                changes: [.link("Z/l2/n1/clusters/c1", "../../../clusters/c1")]),
            ToolRow(
                "ln -sfnr", "ln -sfnr $Z/l2/n2 $L/l2",
                changes: [.link("L/l2", "../../zones/$N/l2/n2"), .file("state/L/l2", "zones/$N/l2/n2\n")],
                before: "mkdir $Z/l2/n2"),
            ToolRow(
                "cp -a of a link", "ln -s ../../../clusters/c1 $T/c1; cp -a $T/c1 $Z/l2/n1/clusters/",
                changes: [.link("Z/l2/n1/clusters/c1", "../../../clusters/c1")]),
            ToolRow(
                "cp -a over a link",
                "ln -s ../../zones/${Z##*/}/l2/n2 $T/l2; cp -aT --remove-destination $T/l2 $L/l2",
                changes: [.link("L/l2", "../../zones/$N/l2/n2"), .file("state/L/l2", "zones/$N/l2/n2\n")],
                settles: true, before: "mkdir $Z/l2/n2"),
            ToolRow(
                "mv of a staged link", "cd $Z/l2/n1/clusters; ln -s ../../../clusters/c1 .c1; mv -T .c1 c1",
                changes: [.link("Z/l2/n1/clusters/c1", "../../../clusters/c1")]),
            ToolRow(
                "mv of a staged link over a link", "ln -s ../../zones/${Z##*/}/l2/n2 $L/.l2; mv -T $L/.l2 $L/l2",
                changes: [.link("L/l2", "../../zones/$N/l2/n2"), .file("state/L/l2", "zones/$N/l2/n2\n")],
                before: "mkdir $Z/l2/n2"),
            ToolRow(
                "mv of a staged link to nothing",
                "cd $Z/l2/n1/clusters; ln -s ../../../clusters/c9 .c9; mv -T .c9 c9", status: .exactly(1),
                message: "No such file or directory", leftovers: [".c9"]),
            ToolRow(
                "mv of a link to another name", "cd $Z/l2/n1/clusters; mv -T c1 one",
                changes: [.absent("Z/l2/n1/clusters/c1"), .link("Z/l2/n1/clusters/one", "../../../clusters/c1")],
                before: "ln -s ../../../clusters/c1 $Z/l2/n1/clusters/c1"),
            ToolRow(
                "mv of a link across file systems", "ln -s ../../../clusters/c1 $T/c1; mv $T/c1 $Z/l2/n1/clusters/",
                changes: [.link("Z/l2/n1/clusters/c1", "../../../clusters/c1")]),
            ToolRow(
                "rm of a link", "rm $Z/l2/n1/clusters/c1",
                changes: [.absent("Z/l2/n1/clusters/c1"), .file("state/Z/l2/n1/attached-cluster-uuids", "")],
                settles: true, before: "ln -s ../../../clusters/c1 $Z/l2/n1/clusters/c1"),
            ToolRow("unlink of a link", "unlink $L/l2", changes: [.absent("L/l2")], settles: true),
            ToolRow(
                "rm of an attribute", "rm $Z/l2/n1/mtu && test ! -e $Z/l2/n1/mtu",
                changes: [.absent("Z/l2/n1/mtu"), .file("state/Z/l2/n1/mtu", "1500\n")], settles: true,
                before: "echo 9000 > $Z/l2/n1/mtu"),
            ToolRow(
                "rm of a range", "rm $L/ranges/office && ls $L/ranges",
                changes: [.absent("L/ranges/office"), .absent("state/L/ranges/office")], settles: true),
            ToolRow(
                "rm of an attribute that is needed", "rm $Z/l2/n1/physical-interface", status: .exactly(1),
                message: "Device or resource busy", before: "ln -s ../../../clusters/c1 $Z/l2/n1/clusters/c1"),
            ToolRow(
                "rm -f of an attribute that is needed", "rm -f $Z/l2/n1/physical-interface", status: .exactly(1),
                message: "Device or resource busy", before: "ln -s ../../../clusters/c1 $Z/l2/n1/clusters/c1"),
            ToolRow(
                "unlink of an attribute that is needed", "unlink $Z/l2/n1/physical-interface", status: .exactly(1),
                message: "Device or resource busy", before: "ln -s ../../../clusters/c1 $Z/l2/n1/clusters/c1"),
            ToolRow(
                "another tool removes what is needed",
                #"python3 -c "import os; os.unlink('$Z/l2/n1/physical-interface')""#, settles: true,
                before: "ln -s ../../../clusters/c1 $Z/l2/n1/clusters/c1", programs: ["python3"]),
            ToolRow(
                "readlink, realpath", "readlink $L/l2 && realpath --relative-to=. $L/l2", message: "zones/$N/l2/n1"),
        ]
}
