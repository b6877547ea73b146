extension ToolMatrix {
    /// Editors, for scripts and for people.
    static let editors: [ToolRow] =
        [
            ToolRow("sed -i", "sed -i s/10/20/ $Z/l2/n1/vlan", vlan: "20\n"),
            ToolRow(
                "sed -i, out of range", "sed -i s/10/5000/ $Z/l2/n1/vlan", status: .exactly(4),
                message: "Numerical result out of range"),
            ToolRow(
                "sed -i.bak", "sed -i.bak s/10/20/ $Z/l2/n1/vlan", vlan: "20\n",
                changes: [.file("Z/l2/n1/vlan.bak", "10\n")]),
            ToolRow(
                "sed -i.bak, out of range", "sed -i.bak s/10/5000/ $Z/l2/n1/vlan", status: .exactly(4),
                message: "Numerical result out of range", leftovers: ["vlan.bak"], settles: true),
            ToolRow(
                "sed -i of several files", "sed -i 's/^10$/20/; s/^1500$/9000/' $Z/l2/n1/{vlan,mtu}", vlan: "20\n",
                changes: [.file("Z/l2/n1/mtu", "9000\n"), .file("state/Z/l2/n1/mtu", "9000\n")]),
            ToolRow(
                "sed -i of a range", "sed -i s/0.50/0.60/ $L/ranges/office",
                changes: [
                    .file("L/ranges/office", "192.168.0.10-192.168.0.60/24 gateway=192.168.0.1\n"),
                    .file("state/L/total-addresses", "51\n"),
                ]),
            ToolRow(
                "sed -i of a range, wrong gateway", "sed -i s/gateway=192.168.0.1/gateway=10.0.0.1/ $L/ranges/office",
                status: .exactly(4), message: "Cannot assign requested address"),
            ToolRow("busybox sed -i", "busybox sed -i s/10/20/ $Z/l2/n1/vlan", vlan: "20\n", programs: ["busybox"]),
            ToolRow(
                "busybox sed -i, out of range", "busybox sed -i s/10/5000/ $Z/l2/n1/vlan", status: .exactly(1),
                message: "Numerical result out of range", programs: ["busybox"]),
            ToolRow("perl -pi", "perl -pi -e s/10/20/ $Z/l2/n1/vlan", vlan: "20\n", programs: ["perl"]),
            ToolRow(
                "perl -pi, out of range", "perl -pi -e s/10/5000/ $Z/l2/n1/vlan", status: .exactly(34),
                message: "Numerical result out of range", programs: ["perl"]),
            ToolRow(
                "perl -pi.bak", "perl -pi.bak -e s/10/20/ $Z/l2/n1/vlan", vlan: "20\n",
                changes: [.file("Z/l2/n1/vlan.bak", "10\n")], programs: ["perl"]),
            ToolRow(
                "patch",
                #"env printf -- '--- vlan\n+++ vlan\n@@ -1 +1 @@\n-10\n+%s\n' 20 | patch -s -d $Z/l2/n1 -p0"#,
                vlan: "20\n", programs: ["patch"]),
            ToolRow(
                "patch -b",
                #"env printf -- '--- vlan\n+++ vlan\n@@ -1 +1 @@\n-10\n+%s\n' 20 | patch -s -d $Z/l2/n1 -p0 -b"#,
                vlan: "20\n", changes: [.file("Z/l2/n1/vlan.orig", "10\n")], programs: ["patch"]),
            ToolRow(
                "patch, out of range",
                #"env printf -- '--- vlan\n+++ vlan\n@@ -1 +1 @@\n-10\n+%s\n' 5000 | patch -s -d $Z/l2/n1 -p0"#,
                status: .exactly(2), message: "Numerical result out of range", programs: ["patch"]),
            ToolRow(
                "patch that does not fit",
                #"env printf -- '--- vlan\n+++ vlan\n@@ -1 +1 @@\n-11\n+20\n' | patch -d $Z/l2/n1 -p0"#,
                status: .exactly(1), message: "FAILED", leftovers: ["vlan.rej", "vlan.orig"], programs: ["patch"]),
            ToolRow(
                "awk and mv", "cd $Z/l2/n1; awk '{ print $1 * 2 }' vlan > vlan.tmp && mv vlan.tmp vlan", vlan: "20\n",
                programs: ["awk"]),
            ToolRow(
                "awk and mv, out of range", "cd $Z/l2/n1; awk '{ print 5000 }' vlan > vlan.tmp && mv vlan.tmp vlan",
                status: .exactly(1), message: "Numerical result out of range", leftovers: ["vlan.tmp"],
                programs: ["awk"]),
            ToolRow("ed", #"env printf '1s/10/20/\nw\nq\n' | ed -s $Z/l2/n1/vlan"#, vlan: "20\n", programs: ["ed"]),
            ToolRow(
                "ed, out of range", #"env printf '1s/10/5000/\nw\nQ\n' | ed -s $Z/l2/n1/vlan"#, status: .failure,
                programs: ["ed"]),
            ToolRow(
                "vim", "vim -es -i NONE -u DEFAULTS --cmd 'set backupskip=' -c 's/10/20/' -c wq $Z/l2/n1/vlan",
                vlan: "20\n", programs: ["vim"]),
            ToolRow(
                "vim, out of range",
                "vim -es -i NONE -u DEFAULTS --cmd 'set backupskip=' -c 's/10/5000/' -c wq $Z/l2/n1/vlan",
                status: .exactly(1), settles: true, programs: ["vim"]),
            ToolRow(
                "vim with backup",
                """
                vim -es -i NONE -u DEFAULTS --cmd 'set backupskip=' -c 'set backup backupdir=.' -c 's/10/20/' \
                -c wq $Z/l2/n1/vlan
                """,
                vlan: "20\n", changes: [.file("Z/l2/n1/vlan~", "10\n")], programs: ["vim"]),
            ToolRow(
                "vim with backupcopy=yes",
                """
                vim -es -i NONE -u DEFAULTS --cmd 'set backupskip=' -c 'set backupcopy=yes' -c 's/10/20/' -c wq \
                $Z/l2/n1/vlan
                """,
                vlan: "20\n", programs: ["vim"]),
            ToolRow(
                "vim with a swap file",
                """
                cd $Z/l2/n1; vim -es -i NONE -u DEFAULTS --cmd 'set backupskip=' -c 'set swapfile directory=.' \
                -c 's/10/20/' -c preserve -c 'silent !ls -A $Z/l2/n1 >&2' -c wq vlan
                """,
                message: ".vlan.swp", vlan: "20\n", programs: ["vim"]),
            ToolRow(
                "vim in a terminal",
                #"""
                cd $Z/l2/n1; python3 $TYPE 'vim -i NONE -u DEFAULTS --cmd "set backupskip= directory=." vlan' \#
                All ':s/10/20/\r:x\r'
                """#,
                vlan: "20\n", programs: ["vim", "python3"]),
            ToolRow(
                "vim in a terminal, out of range",
                #"""
                cd $Z/l2/n1; python3 $TYPE 'vim -i NONE -u DEFAULTS --cmd "set backupskip= directory=." vlan' \#
                All ':s/10/5000/\r:w\r' 'E514|E667' '\r:q!\r'; exit 1
                """#,
                status: .exactly(1), settles: true, programs: ["vim", "python3"]),
            ToolRow(
                "nano",
                #"cd $Z/l2/n1; python3 $TYPE 'nano -I vlan' 'GNU nano' '\x0b20\x0f' 'File Name' '\r' Wrote '\x18'"#,
                vlan: "20\n", programs: ["nano", "python3"]),
            ToolRow(
                "nano -B",
                #"cd $Z/l2/n1; python3 $TYPE 'nano -I -B vlan' 'GNU nano' '\x0b20\x0f' 'File Name' '\r' Wrote '\x18'"#,
                vlan: "20\n", changes: [.file("Z/l2/n1/vlan~", "10\n")], programs: ["nano", "python3"]),
            ToolRow(
                "nano with a lock file",
                #"cd $Z/l2/n1; python3 $TYPE 'nano -I -G vlan' 'GNU nano' '\x0b20\x0f' 'File Name' '\r' Wrote '\x18'"#,
                vlan: "20\n", programs: ["nano", "python3"]),
            ToolRow(
                "nano, out of range",
                #"""
                cd $Z/l2/n1; python3 $TYPE 'nano -I vlan' 'GNU nano' '\x0b5000\x0f' 'File Name' '\r' 'Error \#
                writing' '\x18' 'Save mod' n
                """#,
                message: "Numerical result out of range", settles: true, programs: ["nano", "python3"]),
            ToolRow(
                "emacs",
                #"""
                cd $Z/l2/n1; emacs -Q --batch --eval '(progn (find-file "vlan") (delete-char 2) (insert "20") \#
                (save-buffer))'
                """#,
                vlan: "20\n", programs: ["emacs"]),
            ToolRow(
                "emacs with a backup",
                #"""
                cd $Z/l2/n1; emacs -Q --batch --eval '(progn (setq make-backup-files t backup-enable-predicate \#
                (quote identity)) (find-file "vlan") (delete-char 2) (insert "20") (save-buffer))'
                """#,
                vlan: "20\n", changes: [.file("Z/l2/n1/vlan~", "10\n")], programs: ["emacs"]),
            ToolRow(
                "emacs, out of range",
                #"""
                cd $Z/l2/n1; emacs -Q --batch --eval '(progn (setq make-backup-files t backup-enable-predicate \#
                (quote identity)) (find-file "vlan") (delete-char 2) (insert "5000") (save-buffer))'
                """#,
                status: .exactly(255), leftovers: ["vlan~", ".#vlan"], settles: true, programs: ["emacs"]),
            ToolRow(
                "python, w", #"python3 -c "open('$Z/l2/n1/vlan', 'w').write('20\n')""#, vlan: "20\n",
                programs: ["python3"]),
            ToolRow(
                "python, with", #"python3 -c "with open('$Z/l2/n1/vlan', 'w') as f: f.write('5000')""#,
                status: .exactly(1), message: "Numerical result out of range", programs: ["python3"]),
            // Nobody closes the file: Python exits 0 whatever a file system says.
            ToolRow(
                "python that does not close", #"python3 -c "open('$Z/l2/n1/vlan', 'w').write('5000')""#,
                settles: true, programs: ["python3"]),
            ToolRow(
                "python, r+",
                #"""
                python3 -c "
                with open('$Z/l2/n1/vlan', 'r+') as f:
                    f.read(); f.seek(0); f.write('20'); f.truncate()"
                """#,
                vlan: "20", programs: ["python3"]),
            ToolRow(
                "python, mkstemp and replace",
                #"""
                python3 -c "
                import os, tempfile
                d, p = tempfile.mkstemp(dir='$Z/l2/n1', prefix='.vlan')
                os.write(d, b'20\n'); os.fsync(d); os.fchmod(d, 0o644); os.replace(p, '$Z/l2/n1/vlan')"
                """#,
                vlan: "20\n", programs: ["python3"]),
            ToolRow(
                "python, mkstemp and replace, out of range",
                #"""
                python3 -c "
                import os, tempfile
                d, p = tempfile.mkstemp(dir='$Z/l2/n1', prefix='.vlan')
                os.write(d, b'5000\n'); os.fsync(d); os.fchmod(d, 0o644); \#
                os.replace(p, '$Z/l2/n1/vlan')" || { rm $Z/l2/n1/.vlan*; exit 1; }
                """#,
                status: .exactly(1), message: "Numerical result out of range", programs: ["python3"]),
        ]
}
