extension ToolMatrix {
    /// Shells, and what is built into them.
    static let shells: [ToolRow] =
        [
            ToolRow("bash echo", "echo 20 > $Z/l2/n1/vlan", vlan: "20\n"),
            ToolRow(
                "bash echo, out of range", "echo 5000 > $Z/l2/n1/vlan", status: .exactly(1),
                message: "Numerical result out of range", rules: ["l2.vlan.out-of-range"]),
            ToolRow(
                "bash echo, no number", "echo x > $Z/l2/n1/vlan", status: .exactly(1), message: "Invalid argument",
                rules: ["l2.vlan.not-a-number"]),
            ToolRow("dash echo", "echo 20 > $Z/l2/n1/vlan", vlan: "20\n", shell: ["dash", "-c"], programs: ["dash"]),
            ToolRow(
                "dash echo, out of range", "echo 5000 > $Z/l2/n1/vlan", status: .exactly(1), message: "I/O error",
                shell: ["dash", "-c"], programs: ["dash"]),
            ToolRow("zsh echo", "echo 20 > $Z/l2/n1/vlan", vlan: "20\n", shell: ["zsh", "-fc"], programs: ["zsh"]),
            ToolRow(
                "zsh echo, out of range", "echo 5000 > $Z/l2/n1/vlan", status: .exactly(1),
                message: "Numerical result out of range", shell: ["zsh", "-fc"], programs: ["zsh"]),
            ToolRow(
                "busybox echo", "echo 20 > $Z/l2/n1/vlan", vlan: "20\n", shell: ["busybox", "sh", "-c"],
                programs: ["busybox"]),
            ToolRow(
                "busybox echo, out of range", "echo 5000 > $Z/l2/n1/vlan", status: .exactly(1),
                message: "Numerical result out of range", shell: ["busybox", "sh", "-c"], programs: ["busybox"]),
            ToolRow(
                "the applet echo of busybox", "busybox echo 20 > $Z/l2/n1/vlan", vlan: "20\n", programs: ["busybox"]),
            ToolRow(
                "the applet echo of busybox, out of range", "busybox echo 5000 > $Z/l2/n1/vlan", status: .exactly(1),
                message: "Numerical result out of range", programs: ["busybox"]),
            ToolRow("append a comment", "echo '# office' >> $Z/l2/n1/vlan", vlan: "10\n# office\n"),
            ToolRow(
                "append a second value", "echo 5 >> $Z/l2/n1/vlan", status: .exactly(1), message: "Invalid argument"),
            ToolRow(
                "dash appends a comment", "echo '# office' >> $Z/l2/n1/vlan", vlan: "10\n# office\n",
                shell: ["dash", "-c"], programs: ["dash"]),
            ToolRow("printf without newline", "printf 20 > $Z/l2/n1/vlan", vlan: "20"),
            ToolRow(
                "printf, out of range", "printf 5000 > $Z/l2/n1/vlan", status: .exactly(1),
                message: "Numerical result out of range"),
            ToolRow(
                "env printf of two lines", #"env printf '1.1.1.1\n9.9.9.9\n' > $L/dns"#,
                changes: [.file("L/dns", "1.1.1.1\n9.9.9.9\n"), .file("state/L/dns", "1.1.1.1\n9.9.9.9\n")]),
            ToolRow(
                "env printf, a bad second line", #"env printf '1.1.1.1\nx\n' > $L/dns"#, status: .exactly(1),
                message: "Invalid argument"),
            ToolRow(
                "here-document",
                """
                cat > $Z/l2/n1/vlan <<END
                20
                END
                """,
                vlan: "20\n"),
            ToolRow("only truncated", ": > $Z/l2/n1/vlan; true > $Z/l2/n1/vlan", settles: true),
            ToolRow("noclobber overruled", "set -C; echo 20 >| $Z/l2/n1/vlan", vlan: "20\n"),
            ToolRow(
                "noclobber", "set -C; echo 20 > $Z/l2/n1/vlan", status: .exactly(1),
                message: "cannot overwrite existing file"),
            ToolRow(
                "open for both, read, write",
                "exec 3<> $Z/l2/n1/vlan; read old <&3; exec 3>&-; echo $((old + 10)) > $Z/l2/n1/vlan", vlan: "20\n"),
            ToolRow(
                "a typo", "echo 5 > $Z/l2/n1/vlann", status: .exactly(1), message: "Operation not permitted",
                rules: ["attribute.unknown"]),
            ToolRow(
                "a typo in dash", "echo 5 > $Z/l2/n1/vlann", status: .exactly(2), message: "vlann",
                shell: ["dash", "-c"], programs: ["dash"]),
            ToolRow(
                "a typo beside a staged name", "echo 5 > $Z/l2/n1/vlan-", status: .exactly(1),
                message: "Operation not permitted", rules: ["attribute.unknown"]),
            ToolRow("a staged file", "echo 5 > $Z/l2/n1/.note; cat $Z/l2/n1/.note; rm $Z/l2/n1/.note", message: "5"),
            ToolRow(
                "a new attribute", "echo Public > $L/category",
                changes: [.file("L/category", "Public\n"), .file("state/L/category", "Public\n")]),
            ToolRow(
                "a new range", "echo '192.168.0.60-192.168.0.70/24 gateway=192.168.0.1' > $L/ranges/new",
                changes: [
                    .file("L/ranges/new", "192.168.0.60-192.168.0.70/24 gateway=192.168.0.1\n"),
                    .file("state/L/total-addresses", "52\n"),
                ]),
            ToolRow(
                "a range that overlaps", "echo '192.168.0.40-192.168.0.70/24 gateway=192.168.0.1' > $L/ranges/new",
                status: .exactly(1), message: "Address already in use", rules: ["range.overlap"]),
            ToolRow(
                "a range that is none", "echo x > $L/ranges/new", status: .exactly(1), message: "Invalid argument"),
            ToolRow("tee", "echo 20 | tee $Z/l2/n1/vlan", message: "20", vlan: "20\n"),
            ToolRow(
                "tee, out of range", "echo 5000 | tee $Z/l2/n1/vlan", status: .exactly(1),
                message: "Numerical result out of range"),
            ToolRow("tee -a", "echo '# office' | tee -a $Z/l2/n1/vlan", vlan: "10\n# office\n"),
            ToolRow(
                "tee -a, a second value", "echo 5 | tee -a $Z/l2/n1/vlan", status: .exactly(1),
                message: "Invalid argument"),
            ToolRow("flock", "flock $Z/l2/n1/vlan -c 'echo 20 > $Z/l2/n1/vlan'", vlan: "20\n", programs: ["flock"]),
            ToolRow(
                "flock of a directory", "flock $Z -c 'echo 20 > $Z/l2/n1/vlan'", vlan: "20\n", programs: ["flock"]),
            ToolRow(
                "flock -n of what is locked",
                #"flock $Z/l2/n1/vlan -c 'flock -n $Z/l2/n1/vlan -c "echo 20 > $Z/l2/n1/vlan"'"#, status: .exactly(1),
                programs: ["flock"]),
        ]
}
