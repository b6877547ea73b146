import Testing

/// One thing that people expect of mount(8).
struct HelperCase: Sendable, CustomTestStringConvertible {
    let name: String
    let script: String
    /// Of the script's last command.
    var status: Int32 = 0
    /// What standard output and standard error must have.
    var says: [String] = []

    var testDescription: String { name }
}

extension HelperCase {
    private static let fstab =
        "echo \"$T/s.db $T/net netmodelfs allow_other,_netdev,nofail,x-systemd.automount 0 0\" >fstab\n"

    static let all: [HelperCase] = mounting + options + remounting + afterKill + unmounting

    static let mounting: [HelperCase] = [
        HelperCase(
            name: "mount -t", script: "mount -t netmodelfs s.db net -o allow_other; ls net/zones && line",
            says: ["fuse.netmodelfs", "/s.db rw", "allow_other"]),
        HelperCase(name: "the type of the mount table", script: "mount -t fuse.netmodelfs s.db net && ls net/zones"),
        HelperCase(name: "mount DIR, from fstab", script: fstab + "mount -T fstab net && ls net/zones"),
        HelperCase(
            name: "mount -a twice mounts once",
            script: fstab + "mount -T fstab -a && mount -v -T fstab -a && line | wc -l",
            says: ["already mounted", "\n1\n"]),
        HelperCase(
            name: "mount -a twice, by a symbolic link, with a store that is not there at first",
            script:
                """
                ln -s . link; echo "$T/link/s.db $T/net netmodelfs defaults 0 0" >fstab
                mount -T fstab -a && mount -v -T fstab -a && line | wc -l
                """,
            says: ["already mounted", "\n1\n"]),
        HelperCase(
            name: "mount -a knows what netmodelfs mount has mounted",
            script: fstab + "netmodelfs mount s.db net && mount -v -T fstab -a", says: ["already mounted"]),
        HelperCase(
            name: "the same store again", script: "mount -t netmodelfs s.db net; mount -t netmodelfs s.db net",
            status: 32, says: ["s.db is already mounted at"]),
        HelperCase(
            name: "another store over it",
            script: "mount -t netmodelfs s.db net; mount -t netmodelfs b.db net; s=$?; [ ! -e b.db ] && exit $s",
            status: 32, says: ["Another store,", "unmount it first"]),
        HelperCase(
            name: "the same store elsewhere",
            script: "mkdir b; mount -t netmodelfs s.db net; mount -t netmodelfs s.db b", status: 32,
            says: ["Another process uses the store"]),
        HelperCase(
            name: "no such directory", script: "mount -t netmodelfs s.db none", status: 32,
            says: ["No such file or directory"]),
        HelperCase(
            name: "a store in no directory", script: "mount -t netmodelfs none/s.db net", status: 32,
            says: ["does not exist"]),
        HelperCase(
            name: "a store that is none", script: "head -c 5000 /dev/urandom >s.db; mount -t netmodelfs s.db net",
            status: 32, says: ["is no store of netmodelfs"]),
        HelperCase(
            name: "a comma in the store's path", script: "mount -t netmodelfs a,allow_other.db net", status: 32,
            says: ["comma"]),
        HelperCase(
            name: "blanks in both paths",
            script: "mkdir 'a b'; mount -t netmodelfs 'my store.db' 'a b' && ls 'a b/zones' && umount 'a b'"),
        HelperCase(name: "-f does nothing", script: "mount -f -t netmodelfs s.db net && ! line && [ ! -e s.db ]"),
        HelperCase(
            name: "-f, as mount(8) calls", script: "mount.netmodelfs s.db net -sfnv -o rw && ! line && [ ! -e s.db ]"),
        HelperCase(name: "-v tells", script: "mount -v -t netmodelfs s.db net", says: ["s.db is mounted at"]),
        HelperCase(name: "without words", script: "mount.netmodelfs", status: 1, says: ["Usage:"]),
        HelperCase(name: "with three words", script: "mount.netmodelfs s.db net x", status: 1, says: ["Usage:"]),
        HelperCase(name: "an unknown flag", script: "mount.netmodelfs -q s.db net", status: 1, says: ["Usage:"]),
        HelperCase(
            name: "not as root", script: "setpriv --reuid 65534 --clear-groups mount.netmodelfs s.db net", status: 32,
            says: ["only root"]),
        HelperCase(
            name: "no program",
            script:
                "mount -t tmpfs none /usr/local/sbin; mount -t tmpfs none /usr/local/bin; mount -t netmodelfs s.db net",
            status: 32, says: ["not installed"]),
    ]

    static let options: [HelperCase] = [
        HelperCase(
            name: "an unknown option", script: "mount -t netmodelfs s.db net -o bogus; s=$?; [ ! -e s.db ] && exit $s",
            status: 32, says: ["\"bogus\" is not known"]),
        HelperCase(
            name: "an unknown option with -s", script: "mount -s -t netmodelfs s.db net -o bogus,allow_other && line",
            says: ["allow_other"]),
        HelperCase(
            name: "a bad word", script: "mount -t netmodelfs s.db net -o realize=later", status: 32,
            says: ["realize=sync or realize=async"]),
        HelperCase(
            name: "words of fstab",
            script:
                """
                options=user,noauto,_netdev,nofail,defaults,nodev,nosuid,noexec,relatime,x-systemd.requires=a.service
                mount -t netmodelfs s.db net -o $options,comment=x && line
                """,
            says: ["nosuid,nodev,noexec,relatime"]),
        HelperCase(
            name: "all options of the manual page",
            script:
                """
                options=realize=async,detach=keep,bridge-iptables=off,agent=/bin/true,fsname=x,noatime
                mount -t netmodelfs s.db net -o $options && line
                """,
            says: [" x rw"]),
        HelperCase(
            name: "ro", script: "mount -t netmodelfs s.db net -o ro; ls net/zones && mkdir net/zones/a", status: 1,
            says: ["Read-only file system"]),
        HelperCase(
            name: "allow_other lets others in",
            script:
                "chmod 755 .; mount -t netmodelfs s.db net -o allow_other; setpriv --reuid 65534 --clear-groups ls net",
            says: ["zones"]),
        HelperCase(
            name: "without allow_other",
            script: "chmod 755 .; mount -t netmodelfs s.db net; setpriv --reuid 65534 --clear-groups ls net", status: 2,
            says: ["Permission denied"]),
    ]

    static let remounting: [HelperCase] = [
        HelperCase(
            name: "remount,ro",
            script: fstab + "mount -T fstab net; mount -T fstab -o remount,ro net && mkdir net/zones/a", status: 1,
            says: ["Read-only file system"]),
        HelperCase(
            name: "remount,rw",
            script: fstab
                + "mount -T fstab -o ro net; mount -T fstab -o remount,rw net && mkdir net/zones/a && line | wc -l",
            says: ["1"]),
        HelperCase(
            name: "without fstab",
            script:
                """
                mount -t netmodelfs s.db net; mount -o remount,ro net && ! mkdir net/zones/a || exit 90
                mount -o remount,rw net && mkdir net/zones/a
                """
        ),
        HelperCase(
            name: "nosuid and nodev stay",
            script: fstab + "mount -T fstab net; mount -T fstab -o remount,noexec net; line",
            says: ["nosuid,nodev,noexec"]),
        HelperCase(
            name: "nothing to remount", script: "mount.netmodelfs s.db net -o remount,ro", status: 32,
            says: ["no netmodelfs is mounted"]),
        HelperCase(
            name: "remount of something else",
            script: "mount -t tmpfs none net; mount.netmodelfs s.db net -o remount,ro; s=$?; touch net/a && exit $s",
            status: 32, says: ["no netmodelfs is mounted"]),
    ]

    private static let kill =
        """
        mount -t netmodelfs s.db net; mkdir net/zones/a
        kill -KILL $(daemon); while ls net >/dev/null 2>&1; do sleep 0.1; done

        """

    static let afterKill: [HelperCase] = [
        HelperCase(
            name: "a dead mount is replaced",
            script: kill + "mount -t netmodelfs s.db net && ls net/zones && line | wc -l", says: ["a\n1\n"]),
        HelperCase(
            name: "a dead mount is replaced by another store", script: kill + "mount -t netmodelfs b.db net && line",
            says: ["/b.db rw"]),
        HelperCase(name: "a dead mount is unmounted", script: kill + "umount net && ! line"),
        HelperCase(name: "umount --dead takes a dead mount", script: kill + "netmodelfs umount --dead net && ! line"),
        HelperCase(
            name: "umount --dead leaves one that lives",
            script: "mount -t netmodelfs s.db net; netmodelfs umount --dead net && ls net/zones"),
        HelperCase(
            name: "umount --dead leaves what is not ours",
            script: "mount -t tmpfs none net; netmodelfs umount --dead net && line", says: ["tmpfs"]),
        HelperCase(name: "umount --dead with nothing there", script: "netmodelfs umount --dead net"),
    ]

    static let unmounting: [HelperCase] = [
        HelperCase(
            name: "umount, and mount at once, ten times",
            script: "set -e; for i in 1 2 3 4 5 6 7 8 9 10; do mount -t netmodelfs s.db net; umount net; done"),
        HelperCase(
            name: "umount -l while an attach waits for a host, and mount at once",
            script: """
                mount -t netmodelfs s.db net; cd net; mkdir zones/z zones/z/clusters/c zones/z/l2/n
                echo Simulator >zones/z/clusters/c/hypervisor; echo eth0 >zones/z/l2/n/physical-interface
                mkdir zones/z/clusters/c/hosts/h
                timeout 20 bash -c 'echo simulator:latency=2000 >zones/z/clusters/c/hosts/h/connection' || exit 95
                ln -s ../../../clusters/c zones/z/l2/n/clusters/c & cd ..; sleep 1
                umount -l net; mount -t netmodelfs s.db net && ls net/zones
                """, says: ["z\n"]),
        HelperCase(
            name: "umount while busy", script: "mount -t netmodelfs s.db net; cd net; umount \"$T/net\"", status: 32,
            says: ["busy"]),
        HelperCase(
            name: "umount -t of the mount table's type",
            script: "mount -t netmodelfs s.db net; umount -a -t fuse.netmodelfs; ! line"),
        HelperCase(
            name: "umount by fstab's source", script: "mount -t netmodelfs s.db net; umount \"$T/s.db\" && ! line"),
        HelperCase(name: "umount -l", script: "mount -t netmodelfs s.db net; umount -l net && ! line"),
        HelperCase(
            name: "findmnt",
            script:
                """
                mount -t netmodelfs s.db net
                findmnt -n -o SOURCE,FSTYPE -t fuse.netmodelfs && findmnt -n -S "$T/s.db"
                """,
            says: ["/s.db fuse.netmodelfs"]),
        HelperCase(
            name: "df", script: "mount -t netmodelfs s.db net; df net && df -i net && df -T net",
            says: ["/s.db", "fuse.netmodelfs", "%"]),
    ]
}
