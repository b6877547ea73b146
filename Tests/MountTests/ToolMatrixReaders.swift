extension ToolMatrix {
    /// Programs that only read, or wait.
    static let readers: [ToolRow] =
        [
            ToolRow(
                "find", "find $Z -type f | wc -l; find $Z -type l; find $L -type d -name ranges", message: "4",
                programs: ["find"]),
            ToolRow(
                "find -type l -printf", #"find $Z $L -type l -printf '%p %l\n'"#, message: "../../../clusters/c1",
                before: "ln -s ../../../clusters/c1 $Z/l2/n1/clusters/c1", programs: ["find"]),
            ToolRow(
                "find -newer",
                #"""
                touch -d '1 hour ago' $T/ref; touch -d '2 hours ago' $Z/l2/n1/mtu; \#
                find $Z/l2/n1 -type f -newer $T/ref | sort | xargs -n 1 basename | tr '\n' ' '
                """#,
                message: "description physical-interface vlan", programs: ["find"]),
            ToolRow(
                "find -delete", "find $Z/l2/n1 -type f -name mtu -delete",
                changes: [.absent("Z/l2/n1/mtu"), .file("state/Z/l2/n1/mtu", "1500\n")], settles: true,
                before: "echo 9000 > $Z/l2/n1/mtu", programs: ["find"]),
            ToolRow(
                "find -delete of what is needed",
                """
                find $Z/l2/n1 -type f -name physical-interface -delete; sleep 2.5; \
                test ! -e $Z/l2/n1/physical-interface
                """,
                status: .exactly(1), settles: true, before: "ln -s ../../../clusters/c1 $Z/l2/n1/clusters/c1",
                programs: ["find"]),
            ToolRow("grep -r", "grep -rn eth0 $Z", message: "l2/n1/physical-interface:1:eth0", programs: ["grep"]),
            ToolRow(
                "grep -l over intent and state", "grep -l '^10$' {$Z,state/zones/${Z##*/}}/l2/n1/vlan | wc -l",
                message: "2", programs: ["grep"]),
            ToolRow(
                "diff -r of two objects", "cp -a $Z/l2/n1/. $Z/l2/n2/; diff -r $Z/l2/n1 $Z/l2/n2 && echo same",
                message: "same", changes: [.directory("Z/l2/n2")], before: "mkdir $Z/l2/n2", programs: ["diff"]),
            ToolRow(
                "diff -r of different trees", "cp -a $Z $T/z; echo 20 > $T/z/l2/n1/vlan; diff -r $T/z $Z",
                status: .exactly(1), message: "> 10", programs: ["diff"]),
            ToolRow("cmp", "cp $Z/l2/n1/vlan $T/; cmp $T/vlan $Z/l2/n1/vlan", programs: ["cmp"]),
            ToolRow("du", "du -s $Z && du -ab $Z/l2/n1/vlan", message: "3\t", programs: ["du"]),
            ToolRow("stat", "stat -c '%F %s %a' $Z/l2/n1/vlan $Z $L/l2", message: "regular file 3 644"),
            ToolRow("ls -lR", "ls -lR $Z $L | grep -c ':$'", message: "13"),
            ToolRow("ls -la", "ls -la $L", message: "l2 -> ../../zones/$N/l2/n1"),
            ToolRow(
                "tail -f of events",
                #"""
                (sleep 0.7; echo 20 > $Z/l2/n1/vlan) & timeout 15 tail -n 0 -s 0.1 -f events | grep -m 1 "set \#
                zones/${Z##*/}/l2/n1/vlan"
                """#,
                message: "/l2/n1/vlan", vlan: "20\n", programs: ["tail", "timeout"]),
            ToolRow(
                "watch -g",
                """
                (sleep 0.7; echo 20 > $Z/l2/n1/vlan) & TERM=xterm timeout 15 watch -g -n 0.2 cat $Z/l2/n1/vlan \
                > $T/screen; s=$?; wait; exit $s
                """,
                vlan: "20\n", programs: ["watch", "timeout"]),
            ToolRow(
                "head, tail", "head -n 1 $L/dns; tail -n 1 $L/dns; head -c 3 $L/ranges/office",
                message: "8.8.8.8\n8.8.4.4\n192"),
            ToolRow("wc", "wc -lc $L/dns", message: "2 16"),
            ToolRow("md5sum", "md5sum $Z/l2/n1/vlan > $T/sums && md5sum -c $T/sums", message: "vlan: OK"),
            ToolRow(
                "md5sum of what is written",
                "test $(md5sum < $Z/l2/n1/vlan | cut -c 1-32) = $(echo 10 | md5sum | cut -c 1-32)"),
            ToolRow(
                "cat, tac, nl, od, cut, paste",
                "cat $L/dns | cmp - $L/dns && tac $L/dns && nl $L/dns && od -c $L/dns && paste -s -d, $L/dns",
                message: "8.8.8.8,8.8.4.4"),
            ToolRow(
                "readers of the whole state",
                """
                cat state/zones/${Z##*/}/l2/n1/* > $T/all 2> $T/directories; grep -c . $T/all > $T/count; \
                cat state/zones/${Z##*/}/l2/n1/name
                """,
                message: "n1"),
            ToolRow(
                "cat of what is not set", "cat $Z/l2/n1/type", status: .exactly(1),
                message: "No such file or directory"),
            ToolRow(
                "a write to state", "echo 20 > state/zones/${Z##*/}/l2/n1/vlan", status: .exactly(1),
                message: "Read-only file system"),
            ToolRow(
                "rm in state", "rm -f state/zones/${Z##*/}/l2/n1/vlan", status: .exactly(1),
                message: "Read-only file system"),
            ToolRow(
                "python, walk",
                #"""
                python3 -c "
                import os
                print(sum(len(f) for _, _, f in os.walk('$Z')), sorted(os.listdir('$Z')))"
                """#,
                message: "4 ['clusters', 'l2', 'vms']", programs: ["python3"]),
        ]
}
