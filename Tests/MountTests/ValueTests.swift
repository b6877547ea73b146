import Foundation
import TestKit
import Testing

extension RealMounts {
    @Suite("Values, byte for byte") struct ValueTests {
        /// What is written by a shell is what is read, and its size is exact.
        @Test func whatIsWrittenIsRead() throws {
            let mount = try MountedModel()
            expectSuccess(mount.run("mkdir zones/z zones/z/l2/n l3/a"), "objects")
            let long = String(repeating: "# a comment line that fills room\n", count: 60)
            let rows: [(file: String, text: String)] = [
                ("zones/z/l2/n/vlan", "10"), ("zones/z/l2/n/vlan", "10\n"), ("zones/z/l2/n/vlan", "10\r\n"),
                ("zones/z/l2/n/vlan", "# which one\n\n  10\t\n# end"), ("zones/z/l2/n/vlan", "4094\n"),
                ("zones/z/l2/n/vlan", "7\n"),
                ("zones/z/description", "a\nb\n\n"), ("zones/z/description", ""), ("zones/z/description", "\n"),
                ("zones/z/description", "ünïcödé – 数据中心 🗄\n"), ("zones/z/description", "\u{1}\u{7f}\u{85}"),
                ("l3/a/dns", long + "8.8.8.8\n"), ("l3/a/dns", "8.8.8.8\n"), ("l3/a/dns", "::1\n8.8.4.4"),
                ("l3/a/ranges/r", "# office\n10.0.0.0/24\n  gateway=10.0.0.9\n"), ("l3/a/ranges/r", "10.0.0.0/24"),
                ("l3/a/ranges/six", "# v6\n2001:DB8:0::/64\n  mode=SLAAC\n"),
                ("l3/a/ranges/six", "2001:db8::2-2001:db8::ff/64 gateway=2001:db8::1"),
                ("l3/a/reserved/six", "2001:DB8::0010\n"),
            ]
            for (shell, write) in [
                ("bash", "env printf %s \"$text\""), ("dash", "printf %s \"$text\""),
                ("busybox", "printf %s \"$text\""),
            ] {
                for (file, text) in rows where !text.isEmpty {
                    let words = shell == "busybox" ? ["busybox", "sh", "-c"] : [shell, "-c"]
                    expectSuccess(
                        mount.run("\(write) > \(file)", shell: words, environment: ["text": text]), "\(shell) \(text)")
                    #expect(mount.text(file) == text, "\(shell)")
                    #expect(Calls.status(mount.root + "/" + file)?.st_size == off_t(text.utf8.count))
                    #expect(
                        mount.run("cat \(file) | cksum").output
                            == mount.run("printf %s \"$text\" | cksum", environment: ["text": text]).output)
                }
            }
            #expect(mount.text("state/zones/z/l2/n/vlan") == "7\n", "the canonical form")
            #expect(mount.text("state/l3/a/reserved/six/start-ip") == "2001:db8::10\n", "the canonical form")
            #expect(mount.text("state/l3/a/ip-version") == "46\n")
            expectSuccess(mount.run("echo 2001:db8::/64 mode=SLAAC > l3/a/ranges/six"), "a whole subnet")
            #expect(mount.text("state/l3/a/total-addresses") == "18446744073709551867\n")
            let inventory = mount.text("state/l3/a/ranges/six/inventory.json") ?? ""
            for field in ["\"addressMode\": \"SLAAC\"", "\"totalAddresses\": 18446744073709551614"] {
                #expect(inventory.contains(field), "\(inventory)")
            }
            expectSuccess(mount.run("env printf '# x\\n 12 \\n' > zones/z/l2/n/vlan"), "with a comment")
            #expect(mount.text("state/zones/z/l2/n/vlan") == "12\n")
            let kept = TreeSnapshot(mount.root, times: true)
            try mount.restart()
            let restarted = TreeSnapshot(mount.root, times: true)
            #expect((restarted == kept) as Bool, "\(restarted.differences(from: kept))")
        }

        /// Ways of writing, each from the text "1500\n".
        @Test func waysOfWriting() throws {
            let mount = try MountedModel()
            expectSuccess(mount.run("mkdir zones/z zones/z/l2/n"), "objects")
            let file = "zones/z/l2/n/mtu"
            let rows: [(script: String, succeeds: Bool, text: String)] = [
                ("echo 1600 > f", true, "1600\n"), ("echo 68 > f", true, "68\n"), ("printf 9000 >| f", true, "9000"),
                ("echo '# jumbo' >> f", true, "1500\n# jumbo\n"), ("echo 5 >> f", false, "1500\n"),
                (": > f", true, "1500\n"),
                ("> f", true, "1500\n"), ("true > f; true > f", true, "1500\n"), ("truncate -s 0 f", true, "1500\n"),
                ("truncate -s 5 f", true, "1500\n"), ("truncate -s 4 f", true, "1500"),
                ("truncate -s 3 f", true, "150"),
                ("truncate -s 1 f", false, "1500\n"), ("truncate -s 6 f", false, "1500\n"),
                ("printf 16 | dd of=f conv=notrunc status=none", true, "1600\n"),
                ("printf 6 | dd of=f conv=notrunc bs=1 seek=1 status=none", true, "1600\n"),
                ("printf 0 | dd of=f conv=notrunc bs=1 seek=0 status=none", false, "1500\n"),
                ("printf 99 | dd of=f conv=notrunc,fsync status=none", false, "1500\n"),
                ("printf '1600\\n' | dd of=f conv=fsync status=none", true, "1600\n"),
                ("echo 9217 > f", false, "1500\n"),
                (": > f; echo '# x' >> f", false, "1500\n"),
                (": > f; echo 1600 >> f; echo '# x' >> f", true, "1600\n# x\n"),
                ("echo 70 | tee f > /dev/null", true, "70\n"),
                ("echo '# t' | tee -a f > /dev/null", true, "1500\n# t\n"),
                ("echo 71 > /tmp/$$; cp /tmp/$$ f; s=$?; rm /tmp/$$; exit $s", true, "71\n"),
                ("python3 -c 'f=open(\"f\",\"r+\"); t=f.read(); f.seek(0); f.write(\"80\"); f.truncate()'", true, "80"),
                ("exec 3<>f; read a <&3; exec 3>&-; echo $((a+1)) > f", true, "1501\n"), ("touch f", true, "1500\n"),
                ("{ echo 1600; echo 1700; } > f", false, "1600\n"), ("rm f; echo 1800 > f", true, "1800\n"),
            ]
            for row in rows {
                expectSuccess(mount.run("echo 1500 > \(file)"), "before \(row.script)")
                let result = mount.run("cd zones/z/l2/n; " + row.script.replacingWord("f", "mtu"))
                #expect((result.status == 0) == row.succeeds, "\(row.script): \(result)")
                // A file that was only truncated looks empty for a moment, and then as before.
                _ = eventually(within: 2) { mount.text(file) == row.text }
                #expect(mount.text(file) == row.text, "\(row.script)")
                #expect(Calls.status(mount.root + "/" + file)?.st_size == off_t(row.text.utf8.count), "\(row.script)")
                // Through another process, whose caches are its own.
                #expect(mount.run("cat \(file)").output == row.text, "\(row.script)")
            }
        }

        /// A refused write leaves the old text, its size and its time; and a new file does not come to be.
        @Test func refusedWrites() throws {
            let mount = try MountedModel()
            expectSuccess(mount.run("mkdir zones/z zones/z/l2/n l3/a; echo 10 > zones/z/l2/n/vlan"), "objects")
            let old = TreeSnapshot(mount.root, times: true)
            for shell in ["bash", "dash"] {
                for (script, file) in [
                    ("echo 5000 > zones/z/l2/n/vlan", nil), ("echo x > zones/z/l2/n/mtu", "zones/z/l2/n/mtu"),
                    ("echo 10.0.0.300 > l3/a/ranges/r", "l3/a/ranges/r"),
                    ("echo x > l3/a/reserved/r", "l3/a/reserved/r"),
                ] {
                    let result = mount.run(script, shell: [shell, "-c"])
                    #expect(result.status != 0, "\(shell): \(script)")
                    if let file {
                        #expect(!Calls.exists(mount.root + "/" + file), "\(shell): \(file)")
                        #expect(mount.run("cat \(file)").status != 0)
                    }
                    let new = TreeSnapshot(mount.root, times: true)
                    #expect((new == old) as Bool, "\(shell): \(script): \(new.differences(from: old))")
                }
            }
            // In one process: the descriptor that was refused sees the old text as well, and can go on.
            let path = mount.root + "/zones/z/l2/n/vlan"
            let file = open(path, O_RDWR | O_TRUNC)
            defer { close(file) }
            #expect(write(file, "5000", 4) == -1 && errno == ERANGE)
            var bytes = [UInt8](repeating: 0, count: 10)
            #expect(pread(file, &bytes, 10, 0) == 3 && bytes.prefix(3) == [49, 48, 10])
            #expect(Calls.text(path) == "10\n" && Calls.status(path)?.st_size == 3)
            #expect(ftruncate(file, 0) == 0 && pwrite(file, "11", 2, 0) == 2)
            #expect(Calls.text(path) == "11" && Calls.status(path)?.st_size == 2)
        }

        /// A file that was created and not written yet is empty, in no listing, and gone for good when it is removed.
        @Test func createdAndNeverWritten() throws {
            let mount = try MountedModel()
            expectSuccess(mount.run("mkdir l3/a"), "objects")
            let path = mount.root + "/l3/a/ranges/r"
            let file = open(path, O_RDWR | O_CREAT | O_EXCL, 0o640)
            #expect(file >= 0)
            #expect(Calls.text(path) == "" && Calls.names(mount.root + "/l3/a/ranges") == [])
            #expect(open(path, O_RDWR | O_CREAT | O_EXCL, 0o640) == -1 && errno == EEXIST)
            #expect(write(file, "10.0.0.0/24", 11) == 11)
            close(file)
            #expect(Calls.text(path) == "10.0.0.0/24" && Calls.names(mount.root + "/l3/a/ranges") == ["r"])
            #expect(Calls.status(path)?.st_mode == S_IFREG | 0o640)
            expectSuccess(
                mount.run("touch l3/a/ranges/s; rm l3/a/ranges/s; ! test -e l3/a/ranges/s"), "removed unwritten")
            expectSuccess(
                mount.run("touch l3/a/dns-domain; rm l3/a/dns-domain; ! test -e l3/a/dns-domain"), "an attribute")
        }
    }
}

extension String {
    /// Every `word` that stands alone replaced.
    func replacingWord(_ word: String, _ other: String) -> String {
        replacingOccurrences(of: "\\b\(word)\\b", with: other, options: .regularExpression)
    }
}
