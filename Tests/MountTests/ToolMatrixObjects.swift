extension ToolMatrix {
    /// Directories: objects, collections, staged ones.
    static let objects: [ToolRow] =
        [
            ToolRow("mkdir", "mkdir $Z/l2/n2", changes: [.directory("Z/l2/n2"), .directory("state/Z/l2/n2")]),
            ToolRow("mkdir of what is there", "mkdir $Z/l2/n1", status: .exactly(1), message: "File exists"),
            ToolRow(
                "mkdir of an unknown name", "mkdir $Z/foo", status: .exactly(1), message: "Operation not permitted",
                rules: ["attribute.unknown"]),
            ToolRow(
                "mkdir -p", "mkdir -p $Z/l2/n2/clusters $Z/l2/n1",
                changes: [.directory("Z/l2/n2"), .directory("Z/l2/n2/clusters")]),
            ToolRow(
                "mkdir -p of an unknown name", "mkdir -p $Z/l2/n1/foo/bar", status: .exactly(1),
                message: "Operation not permitted"),
            ToolRow("mkdir -m", "mkdir -m 750 $Z/l2/n2", changes: [.directory("Z/l2/n2"), .mode("Z/l2/n2", 0o750)]),
            ToolRow(
                "install -d", "install -d $Z/clusters/c3/hosts/h1", changes: [.directory("Z/clusters/c3/hosts/h1")]),
            ToolRow("install -d -m", "install -d -m 750 $Z/clusters/c3", changes: [.mode("Z/clusters/c3", 0o750)]),
            ToolRow(
                "rmdir", "rmdir $Z/clusters/c2", changes: [.absent("Z/clusters/c2"), .absent("state/Z/clusters/c2")]),
            ToolRow(
                "rmdir of an object with objects", "rmdir $Z", status: .exactly(1), message: "Directory not empty"),
            ToolRow(
                "rmdir of an object in use", "rmdir $Z/clusters/c1", status: .exactly(1),
                message: "Device or resource busy", before: "ln -s ../../../clusters/c1 $Z/l2/n1/clusters/c1"),
            ToolRow(
                "rmdir -p", "cd $Z; mkdir l2/n2; rmdir -p l2/n2/clusters", status: .exactly(1),
                message: "Directory not empty"),
            ToolRow(
                "rm -rf of an object", "rm -rf $Z/l2/n1", changes: [.absent("Z/l2/n1"), .absent("state/Z/l2/n1")],
                settles: true, before: "rm $L/l2"),
            ToolRow(
                "rm -rf of an L3 network", "rm -rf $L", changes: [.absent("L"), .absent("state/L")], settles: true),
            ToolRow(
                "rm -rf of a zone", "rm -rf $Z $L",
                changes: [.absent("Z"), .absent("L"), .absent("state/Z"), .absent("state/L")], settles: true,
                before: "ln -s ../../../clusters/c1 $Z/l2/n1/clusters/c1"),
            ToolRow(
                "find -delete of a zone", "find $L $Z -delete",
                changes: [.absent("Z"), .absent("L"), .absent("state/Z"), .absent("state/L")], settles: true,
                before: "ln -s ../../../clusters/c1 $Z/l2/n1/clusters/c1", programs: ["find"]),
            ToolRow(
                "mv of an object", "mv $Z/clusters/c2 $Z/clusters/c9",
                changes: [
                    .absent("Z/clusters/c2"),
                    .directory("Z/clusters/c9"),
                    .absent("state/Z/clusters/c2"),
                    .directory("state/Z/clusters/c9"),
                ]),
            ToolRow("mv of an object over another", "mv -T $Z/clusters/c2 $Z/clusters/c1", status: .exactly(1)),
            ToolRow(
                "a staged directory",
                """
                mkdir $Z/l2/.new $Z/l2/.new/clusters; cd $Z/l2/.new; echo 20 > vlan; \
                echo eth0 > physical-interface; echo 1500 > mtu; ln -s ../../../clusters/c1 clusters/c1; cd ..; \
                mv .new n2
                """,
                changes: [
                    .directory("Z/l2/n2"),
                    .file("Z/l2/n2/vlan", "20\n"),
                    .file("Z/l2/n2/physical-interface", "eth0\n"),
                    .file("Z/l2/n2/mtu", "1500\n"),
                    .file("state/Z/l2/n2/vlan", "20\n"),
                    .link("Z/l2/n2/clusters/c1", "../../../clusters/c1"),
                ]),
            ToolRow(
                "a staged directory, several problems",
                "mkdir $Z/l2/.new; cd $Z/l2/.new; echo 5000 > vlan; echo 5 > mtu; echo 1 > vlann; cd ..; mv .new n2",
                status: .exactly(1), message: "cannot move", leftovers: [".new"],
                rules: ["l2.vlan.out-of-range", "l2.mtu.out-of-range", "attribute.unknown", "staged.refused"]),
            ToolRow(
                "a staged directory, a VLAN that is taken", "cp -a $Z/l2/n1 $Z/l2/.new; mv $Z/l2/.new $Z/l2/n2",
                status: .exactly(1), message: "cannot move", leftovers: [".new"],
                rules: ["l2.attach.vlan-conflict", "staged.refused"],
                before: "ln -s ../../../clusters/c1 $Z/l2/n1/clusters/c1"),
            ToolRow(
                "a staged directory, mended",
                """
                mkdir $Z/l2/.new $Z/l2/.new/clusters; cd $Z/l2/.new; echo 20 > vlan; \
                echo eth0 > physical-interface; echo 1500 > mtu; ln -s ../../../clusters/c1 clusters/c1; cd ..; \
                echo 5000 > .new/vlan; mv .new n2 2> $T/first; echo 20 > .new/vlan; mv .new n2
                """,
                changes: [
                    .directory("Z/l2/n2"),
                    .file("Z/l2/n2/vlan", "20\n"),
                    .file("Z/l2/n2/physical-interface", "eth0\n"),
                    .file("Z/l2/n2/mtu", "1500\n"),
                    .file("state/Z/l2/n2/vlan", "20\n"),
                    .link("Z/l2/n2/clusters/c1", "../../../clusters/c1"),
                ]),
            ToolRow(
                "a staged directory given up",
                """
                mkdir $Z/l2/.new $Z/l2/.new/clusters; cd $Z/l2/.new; echo 20 > vlan; \
                echo eth0 > physical-interface; echo 1500 > mtu; ln -s ../../../clusters/c1 clusters/c1; cd ..; \
                rm -r .new
                """),
            ToolRow(
                "a staged L3 network with ranges",
                "cp -a $L $L.new; rm -rf $L; sed -i s/8.8.4.4/1.1.1.1/ $L.new/dns; mv $L.new $L",
                changes: [.file("L/dns", "8.8.8.8\n1.1.1.1\n"), .file("state/L/dns", "8.8.8.8\n1.1.1.1\n")],
                settles: true),
            ToolRow(
                "a staged zone", "cp -a $Z $Z.new; rm -rf $L $Z; mv $Z.new $Z",
                changes: [.absent("L"), .absent("state/L"), .file("state/Z/l2/n1/vlan", "10\n")], settles: true,
                before: "ln -s ../../../clusters/c1 $Z/l2/n1/clusters/c1"),
            ToolRow(
                "a staged directory over an object",
                "cp -a $Z/l2/n1 $Z/l2/.n1; echo 20 > $Z/l2/.n1/vlan; mv -T $Z/l2/.n1 $Z/l2/n1", vlan: "20\n"),
            ToolRow(
                "a staged directory over an object, out of range",
                "cp -a $Z/l2/n1 $Z/l2/.n1; echo 5000 > $Z/l2/.n1/vlan; mv -T $Z/l2/.n1 $Z/l2/n1", status: .exactly(1),
                message: "cannot move", leftovers: [".n1"], rules: ["l2.vlan.out-of-range"]),
            ToolRow(
                "a staged directory over a collection",
                "cp -a $Z/l2 $Z/.l2; echo 20 > $Z/.l2/n1/vlan; mkdir $Z/.l2/n3; mv -T $Z/.l2 $Z/l2", vlan: "20\n",
                changes: [.directory("Z/l2/n3"), .directory("state/Z/l2/n3")]),
        ]
}
