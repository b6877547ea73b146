extension ToolMatrix {
    /// rsync, tar, cpio and git.
    static let archivers: [ToolRow] =
        [
            ToolRow(
                "rsync -a",
                "mkdir $T/n1; cp $T/20 $T/n1/vlan; touch -d 2020-01-01 $T/n1/vlan; rsync -a $T/n1/ $Z/l2/n1/",
                vlan: "20\n", programs: ["rsync"]),
            ToolRow(
                "rsync -a --inplace",
                """
                mkdir $T/n1; cp $T/20 $T/n1/vlan; touch -d 2020-01-01 $T/n1/vlan; \
                rsync -a --inplace $T/n1/ $Z/l2/n1/
                """,
                vlan: "20\n", programs: ["rsync"]),
            ToolRow(
                "rsync -a --delay-updates",
                """
                mkdir $T/n1; cp $T/20 $T/n1/vlan; touch -d 2020-01-01 $T/n1/vlan; \
                rsync -a --delay-updates $T/n1/ $Z/l2/n1/
                """,
                vlan: "20\n", programs: ["rsync"]),
            ToolRow(
                "rsync -ac",
                "mkdir $T/n1; cp $T/20 $T/n1/vlan; touch -d 2020-01-01 $T/n1/vlan; rsync -ac $T/n1/ $Z/l2/n1/",
                vlan: "20\n", programs: ["rsync"]),
            ToolRow(
                "rsync -a, out of range",
                "mkdir $T/n1; cp $T/5000 $T/n1/vlan; touch -d 2020-01-01 $T/n1/vlan; rsync -a $T/n1/ $Z/l2/n1/",
                status: .exactly(23), message: "Numerical result out of range", programs: ["rsync"]),
            ToolRow(
                "rsync -a --inplace, out of range",
                """
                mkdir $T/n1; cp $T/5000 $T/n1/vlan; touch -d 2020-01-01 $T/n1/vlan; \
                rsync -a --inplace $T/n1/ $Z/l2/n1/
                """,
                status: .exactly(11), message: "Numerical result out of range", programs: ["rsync"]),
            ToolRow(
                "rsync -a --delay-updates, out of range",
                """
                mkdir $T/n1; cp $T/5000 $T/n1/vlan; touch -d 2020-01-01 $T/n1/vlan; \
                rsync -a --delay-updates $T/n1/ $Z/l2/n1/
                """,
                status: .exactly(23), message: "Numerical result out of range", leftovers: [".~tmp~"],
                programs: ["rsync"]),
            ToolRow(
                "rsync -n",
                "mkdir $T/n1; cp $T/20 $T/n1/vlan; touch -d 2020-01-01 $T/n1/vlan; rsync -ain $T/n1/ $Z/l2/n1/",
                message: "vlan", programs: ["rsync"]),
            ToolRow(
                "rsync -a twice",
                #"""
                mkdir $T/n1; cp $T/20 $T/n1/vlan; touch -d 2020-01-01 $T/n1/vlan; rsync -ai $T/n1/ $Z/l2/n1/; \#
                test -z "$(rsync -ai $T/n1/ $Z/l2/n1/)"
                """#,
                message: "vlan", vlan: "20\n", programs: ["rsync"]),
            ToolRow(
                "rsync -ac without a change", #"rsync -a $Z/ $T/out/; test -z "$(rsync -aci --delete $T/out/ $Z/)""#,
                programs: ["rsync"]),
            ToolRow(
                "rsync --inplace twice",
                #"""
                mkdir $T/n1; cp $T/20 $T/n1/vlan; touch -d 2020-01-01 $T/n1/vlan; \#
                rsync -a --inplace $T/n1/ $Z/l2/n1/; test -z "$(rsync -ai --inplace $T/n1/ $Z/l2/n1/)"
                """#,
                vlan: "20\n", programs: ["rsync"]),
            ToolRow(
                "rsync -b",
                "mkdir $T/n1; cp $T/20 $T/n1/vlan; touch -d 2020-01-01 $T/n1/vlan; rsync -ab $T/n1/ $Z/l2/n1/",
                vlan: "20\n", changes: [.file("Z/l2/n1/vlan~", "10\n")], programs: ["rsync"]),
            ToolRow(
                "rsync -a --delete", "rsync -a $Z/ $T/out/; rm $T/out/l2/n1/mtu; rsync -a --delete $T/out/ $Z/",
                changes: [.absent("Z/l2/n1/mtu"), .file("state/Z/l2/n1/mtu", "1500\n")], settles: true,
                before: "echo 9000 > $Z/l2/n1/mtu", programs: ["rsync"]),
            ToolRow(
                "rsync -a --delete of an object",
                "rsync -a $Z/ $T/out/; rm -r $T/out/clusters/c2; rsync -a --delete $T/out/ $Z/",
                changes: [.absent("Z/clusters/c2"), .absent("state/Z/clusters/c2")], settles: true,
                programs: ["rsync"]),
            ToolRow(
                "rsync -a of links", "rsync -a $Z/ $T/out/; rm $Z/l2/n1/clusters/c1; rsync -a $T/out/ $Z/",
                changes: [.file("state/Z/l2/n1/vlan", "10\n")], settles: true,
                before: "ln -s ../../../clusters/c1 $Z/l2/n1/clusters/c1", programs: ["rsync"]),
            ToolRow(
                "rsync -a of a changed link",
                "rsync -a $L/ $T/out/; ln -sfn ../../zones/${Z##*/}/l2/n2 $T/out/l2; rsync -a $T/out/ $L/",
                changes: [.link("L/l2", "../../zones/$N/l2/n2"), .file("state/L/l2", "zones/$N/l2/n2\n")],
                before: "mkdir $Z/l2/n2", programs: ["rsync"]),
            ToolRow(
                "rsync -a of a new object, in two passes",
                """
                rsync -a $Z/l2/n1/ $T/n2/; cp $T/20 $T/n2/vlan; ln -s ../../../clusters/c1 $T/n2/clusters/c1; \
                rsync -a $T/n2 $Z/l2/ 2> $T/first; rsync -a $T/n2 $Z/l2/
                """,
                changes: [
                    .directory("Z/l2/n2"),
                    .file("Z/l2/n2/vlan", "20\n"),
                    .file("Z/l2/n2/physical-interface", "eth0\n"),
                    .file("Z/l2/n2/mtu", "1500\n"),
                    .file("state/Z/l2/n2/vlan", "20\n"),
                    .file("Z/l2/n2/description", "office\n"),
                    .link("Z/l2/n2/clusters/c1", "../../../clusters/c1"),
                ],
                programs: ["rsync"]),
            ToolRow(
                "rsync -a to a staged directory",
                """
                rsync -a $Z/l2/n1/ $T/n2/; cp $T/20 $T/n2/vlan; ln -s ../../../clusters/c1 $T/n2/clusters/c1; \
                rsync -a $T/n2/ $Z/l2/.n2/ && mv $Z/l2/.n2 $Z/l2/n2
                """,
                changes: [
                    .directory("Z/l2/n2"),
                    .file("Z/l2/n2/vlan", "20\n"),
                    .file("Z/l2/n2/physical-interface", "eth0\n"),
                    .file("Z/l2/n2/mtu", "1500\n"),
                    .file("state/Z/l2/n2/vlan", "20\n"),
                    .file("Z/l2/n2/description", "office\n"),
                    .link("Z/l2/n2/clusters/c1", "../../../clusters/c1"),
                ],
                programs: ["rsync"]),
            ToolRow(
                "tar out", "mkdir $T/out; tar c -C $Z . | tar x -C $T/out && diff -r --no-dereference $Z $T/out",
                before: "ln -s ../../../clusters/c1 $Z/l2/n1/clusters/c1", programs: ["tar"]),
            ToolRow(
                "tar in",
                """
                mkdir $T/n1; cp $T/20 $T/n1/vlan; touch -d 2020-01-01 $T/n1/vlan; \
                tar c -C $T/n1 vlan | tar x -C $Z/l2/n1
                """,
                vlan: "20\n", programs: ["tar"]),
            ToolRow(
                "tar in, a directory",
                """
                mkdir $T/n1; cp $T/20 $T/n1/vlan; touch -d 2020-01-01 $T/n1/vlan; \
                tar c -C $T/n1 . | tar x -C $Z/l2/n1
                """,
                vlan: "20\n", programs: ["tar"]),
            ToolRow(
                "tar in, out of range",
                """
                mkdir $T/n1; cp $T/5000 $T/n1/vlan; touch -d 2020-01-01 $T/n1/vlan; \
                tar c -C $T/n1 vlan | tar x -C $Z/l2/n1
                """,
                status: .exactly(2), message: "vlan: Cannot write: Numerical", programs: ["tar"]),
            ToolRow(
                "tar in, --overwrite",
                """
                mkdir $T/n1; cp $T/20 $T/n1/vlan; touch -d 2020-01-01 $T/n1/vlan; \
                tar c -C $T/n1 vlan | tar x --overwrite -C $Z/l2/n1
                """,
                vlan: "20\n", programs: ["tar"]),
            ToolRow(
                "tar in, --overwrite, out of range",
                """
                mkdir $T/n1; cp $T/5000 $T/n1/vlan; touch -d 2020-01-01 $T/n1/vlan; \
                tar c -C $T/n1 vlan | tar x --overwrite -C $Z/l2/n1
                """,
                status: .exactly(2), message: "vlan: Cannot write: Numerical", programs: ["tar"]),
            ToolRow(
                "tar in over what is there", "tar cf $T/a -C $Z . && tar xf $T/a -C $Z",
                changes: [.file("state/Z/l2/n1/vlan", "10\n")], settles: true,
                before: "ln -s ../../../clusters/c1 $Z/l2/n1/clusters/c1", programs: ["tar"]),
            ToolRow(
                "tar in, a link through a placeholder",
                "tar cf $T/a -C $Z/l2 n1 && rm $Z/l2/n1/clusters/c1 && tar xf $T/a -C $Z/l2",
                changes: [.file("state/Z/l2/n1/vlan", "10\n")], settles: true,
                before: "ln -s ../../../clusters/c1 $Z/l2/n1/clusters/c1", programs: ["tar"]),
            ToolRow(
                "tar in, the link l2", "tar cf $T/a -C $L . && rm $L/l2 && tar xf $T/a -C $L", settles: true,
                programs: ["tar"]),
            ToolRow(
                "tar in, links with -P",
                "tar cf $T/a -C $Z/l2 n1 && rm $Z/l2/n1/clusters/c1 && tar xPf $T/a -C $Z/l2",
                changes: [.file("state/Z/l2/n1/vlan", "10\n")], settles: true,
                before: "ln -s ../../../clusters/c1 $Z/l2/n1/clusters/c1", programs: ["tar"]),
            ToolRow(
                "tar in of all that was removed",
                "tar cf $T/a zones/${Z##*/} l3/${L##*/} && rm -rf $Z $L && tar xf $T/a",
                changes: [.file("state/Z/l2/n1/vlan", "10\n")], settles: true,
                before: "ln -s ../../../clusters/c1 $Z/l2/n1/clusters/c1", programs: ["tar"]),
            ToolRow(
                "tar in to a staged directory",
                """
                tar cf $T/a -C $Z/l2/n1 . && mkdir $Z/l2/.n2 && tar xf $T/a -C $Z/l2/.n2 && echo 20 > \
                $Z/l2/.n2/vlan && mv $Z/l2/.n2 $Z/l2/n2
                """,
                changes: [
                    .directory("Z/l2/n2"),
                    .file("Z/l2/n2/vlan", "20\n"),
                    .file("Z/l2/n2/physical-interface", "eth0\n"),
                    .file("Z/l2/n2/mtu", "1500\n"),
                    .file("state/Z/l2/n2/vlan", "20\n"),
                    .file("Z/l2/n2/description", "office\n"),
                ],
                programs: ["tar"]),
            ToolRow(
                "cpio out",
                """
                mkdir $T/out; cd $Z && find . | cpio -o --quiet > $T/a && cd $T/out && cpio -i --quiet -dm < \
                $T/a && diff -r $Z $T/out
                """,
                programs: ["cpio"]),
            ToolRow(
                "cpio in",
                """
                mkdir $T/n1; cp $T/20 $T/n1/vlan; touch -d 2020-01-01 $T/n1/vlan; cd $T/n1; \
                echo vlan | cpio -o --quiet > $T/a; cd $Z/l2/n1; cpio -iu --quiet < $T/a
                """,
                vlan: "20\n", programs: ["cpio"]),
            ToolRow(
                "cpio in over what is there",
                "cd $Z && find . | cpio -o --quiet > $T/a && cpio -iu --quiet -dm < $T/a",
                changes: [.file("state/Z/l2/n1/vlan", "10\n")], settles: true,
                before: "ln -s ../../../clusters/c1 $Z/l2/n1/clusters/c1", programs: ["cpio"]),
            ToolRow(
                "cpio -p",
                """
                mkdir $T/n1; cp $T/20 $T/n1/vlan; touch -d 2020-01-01 $T/n1/vlan; cd $T/n1; \
                echo vlan | cpio -pu --quiet $Z/l2/n1
                """,
                vlan: "20\n", programs: ["cpio"]),
            ToolRow(
                "cpio in, out of range",
                """
                mkdir $T/n1; cp $T/5000 $T/n1/vlan; touch -d 2020-01-01 $T/n1/vlan; cd $T/n1; \
                echo vlan | cpio -o --quiet > $T/a; cd $Z/l2/n1; cpio -iu --quiet < $T/a
                """,
                status: .exactly(2), message: "Numerical result out of range", programs: ["cpio"]),
            ToolRow(
                "git add, commit, status",
                #"""
                export GIT_DIR=$T/git GIT_WORK_TREE=$Z/l2/n1 GIT_CONFIG_GLOBAL=/dev/null; git init -q; \#
                git config user.name t; git config user.email t@example.org; cd $Z/l2/n1; \#
                git add -A && git commit -qm 1 && git status --porcelain && test -z "$(git status --porcelain)"
                """#,
                programs: ["git"]),
            ToolRow(
                "git checkout of a file",
                #"""
                export GIT_DIR=$T/git GIT_WORK_TREE=$Z/l2/n1 GIT_CONFIG_GLOBAL=/dev/null; git init -q; \#
                git config user.name t; git config user.email t@example.org; cd $Z/l2/n1; git add -A; \#
                git commit -qm 1; echo 20 > vlan; git status --porcelain; \#
                git checkout -q vlan && test -z "$(git status --porcelain)"
                """#,
                message: " M vlan", programs: ["git"]),
            ToolRow(
                "git checkout of a branch",
                #"""
                export GIT_DIR=$T/git GIT_WORK_TREE=$Z/l2/n1 GIT_CONFIG_GLOBAL=/dev/null; git init -q; \#
                git config user.name t; git config user.email t@example.org; cd $Z/l2/n1; git add -A; \#
                git commit -qm 1; git checkout -qb b; echo 20 > vlan; ln -s ../../../clusters/c1 clusters/c1; \#
                git add -A; git commit -qm 2; git checkout -q - && cat vlan && git checkout -q b && test -z \#
                "$(git status --porcelain)"
                """#,
                message: "10", vlan: "20\n", changes: [.link("Z/l2/n1/clusters/c1", "../../../clusters/c1")],
                settles: true, programs: ["git"]),
            ToolRow(
                "git stash",
                """
                export GIT_DIR=$T/git GIT_WORK_TREE=$Z/l2/n1 GIT_CONFIG_GLOBAL=/dev/null; git init -q; \
                git config user.name t; git config user.email t@example.org; cd $Z/l2/n1; git add -A; \
                git commit -qm 1; echo 20 > vlan; git stash -q && cat vlan && git stash pop -q
                """,
                message: "10", vlan: "20\n", settles: true, programs: ["git"]),
            ToolRow(
                "git apply",
                #"""
                export GIT_DIR=$T/git GIT_WORK_TREE=$Z/l2/n1 GIT_CONFIG_GLOBAL=/dev/null; git init -q; \#
                git config user.name t; git config user.email t@example.org; cd $Z/l2/n1; git add -A; \#
                git commit -qm 1; env printf -- '--- a/vlan\n+++ b/vlan\n@@ -1 +1 @@\n-10\n+20\n' | git apply
                """#,
                vlan: "20\n", settles: true, programs: ["git"]),
            ToolRow(
                "git checkout, out of range",
                """
                mkdir $T/n1; cp $T/5000 $T/n1/vlan; touch -d 2020-01-01 $T/n1/vlan; \
                export GIT_DIR=$T/git GIT_WORK_TREE=$Z/l2/n1 GIT_CONFIG_GLOBAL=/dev/null; git init -q; \
                git config user.name t; git config user.email t@example.org; cd $Z/l2/n1; \
                git --work-tree=$T/n1 add vlan; git checkout -f -- vlan
                """,
                status: .failure, message: "unable to write file", settles: true, programs: ["git"]),
        ]
}
