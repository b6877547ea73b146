import Foundation
import TestKit
import Testing

extension RealMounts {
    /// Who sees which refusal, and who may do what.
    @Suite("Refusals and permissions of several users") struct ErrorsTests {
        private static let other = "setpriv --reuid=65534 --regid=65534 --clear-groups"
        private static let third = "setpriv --reuid=1234 --regid=1234 --clear-groups"

        @Test func everyUserSeesTheirOwn() throws {
            let mount = try MountedModel()
            expectSuccess(mount.run("mkdir zones/z && chmod 777 zones/z zones/z/l2"), "a zone for all")
            #expect(mount.run("echo bad > zones/z/state").status != 0)
            #expect(mount.run("\(Self.other) mkdir zones/z/l2/$'a\\tb'").errors.contains("Invalid argument"))
            #expect(mount.run("\(Self.third) mkdir zones/z/foo").errors.contains("Operation not permitted"))
            #expect(mount.refusals.map(\.rule) == ["state.unknown", "name.malformed", "attribute.unknown"])
            #expect(mount.refusals.map { $0.fields["uid"] } == ["0", "65534", "1234"])
            #expect(mount.refusals.map { $0.fields["path"] } == ["zones/z/state", "zones/z/l2/a%09b", "zones/z/foo"])
            #expect(mount.refusals.map(\.operation) == ["write", "mkdir", "mkdir"])
            #expect(mount.refusals.map { $0.fields["command"] } == ["bash", "mkdir", "mkdir"])
            for (user, uid, rule) in [
                (Self.other, "65534", "name.malformed"), (Self.third, "1234", "attribute.unknown"),
            ] {
                let own = RefusalRecord.all(in: mount.run("\(user) cat errors").output)
                #expect(own.map(\.rule) == [rule])
                #expect(mount.run("\(user) stat -c '%a %u' errors").output == "400 \(uid)\n")
                // The size is that of the own text, again and again.
                #expect(
                    mount.run("\(user) stat -c %s errors").output == mount.run("\(user) sh -c 'wc -c < errors'").output)
            }
            #expect(mount.run("stat -c '%a %u' errors").output == "400 0\n")
            #expect(mount.run("setpriv --reuid=4321 --regid=4321 --clear-groups cat errors").output == "")
            // At once, through one directory entry: nobody gets the other's text.
            let mixed = Shared(0)
            let ended = Threads.run(3, within: 60) { thread in
                let user = [Self.other, Self.third, ""][thread]
                let count = ["1", "1", "3"][thread]
                let result = mount.run(
                    "for i in {1..40}; do [ $(\(user) grep -c ' session=' errors) = \(count) ] || echo wrong; done")
                if result.output != "" || result.status != 0 { mixed.update { $0 += 1 } }
            }
            #expect(ended && mixed.value == 0)
        }

        @Test func theExtendedAttribute() throws {
            let mount = try MountedModel()
            expectSuccess(mount.run("mkdir zones/z zones/z/l2/n"), "objects")
            let get = "getfattr --only-values -n user.netmodelfs.error zones/z/l2/n"
            #expect(mount.run(get).errors.contains("No such attribute"))
            #expect(mount.run("echo 5000 > zones/z/l2/n/vlan").status != 0)
            let text =
                "l2.vlan.out-of-range: vlan must be from 1 to 4094, not '5000'.\nRemedy: Write a number from 1 to 4094."
            #expect(mount.run(get).output == text)
            #expect(mount.run("\(Self.other) \(get)").errors.contains("No such attribute"), "it is root's refusal")
            #expect(
                mount.run("getfattr -d zones/z/l2/n").output == "", "it is listed nowhere, so that no tool copies it")
            expectSuccess(mount.run("cp -a zones/z/l2/n \(mount.directory)/copy"), "cp -a")
            #expect(mount.run("echo x > zones/z/l2/n/mtu").status != 0)
            #expect(mount.run(get).output.hasPrefix("l2.mtu.not-a-number: "), "the last one")
        }

        @Test func whyKnowsItsSession() throws {
            let mount = try MountedModel()
            expectSuccess(mount.run("mkdir zones/z"), "a zone")
            let nothing = mount.run("netmodelfs why")
            #expect(nothing.status == 1 && nothing.errors.contains("Nothing was refused in this session"), "\(nothing)")
            // Two sessions at once, each with a refusal of its own.
            let texts = Shared(["", ""])
            let ended = Threads.run(2, within: 60) { thread in
                let script = ["mkdir zones/$'a\\tb'", "echo x > zones/z/state"][thread]
                let result = mount.run("\(script); sleep 1; netmodelfs why; cd /; netmodelfs why \(mount.root)/zones")
                texts.update { $0[thread] = result.output }
            }
            #expect(ended)
            let expected = ["name.malformed: 'a?b' cannot", "state.unknown: 'x' is not"]
            for (text, start) in zip(texts.value, expected) {
                #expect(text.components(separatedBy: start).count == 3, "twice, and nothing else: \(text)")
                #expect(text.components(separatedBy: "\n").count { $0.hasPrefix("Remedy: ") } == 2)
            }
            #expect(mount.run("cd /; netmodelfs why /").status == 1)
            #expect(
                mount.run("cd /; netmodelfs why /").errors.contains("Which mount?")
                    || mount.run("cd /; netmodelfs why /").errors.contains("No netmodelfs"))
            // The last hundred are kept.
            #expect(mount.run("for i in {1..150}; do mkdir zones/$i$'\\t'; done").status != 0)
            #expect(mount.refusals.count == 100 && mount.refusals.last?.reason.contains("'150?'") == true)
            #expect(mount.refusalCount == 152)
        }

        @Test func permissions() throws {
            let mount = try MountedModel()
            expectSuccess(mount.run("mkdir zones/z zones/z/l2/n zones/theirs; echo 10 > zones/z/l2/n/vlan"), "objects")
            let before = TreeSnapshot(mount.root, times: true)
            for script in [
                "mkdir zones/y", "mkdir zones/z/l2/m", "rmdir zones/z/l2/n", "echo 11 > zones/z/l2/n/vlan",
                "echo 1500 > zones/z/l2/n/mtu",
                "rm zones/z/l2/n/vlan", "mv zones/z zones/y", "chmod 777 zones/z", "chown 65534 zones/z",
                "touch zones/z",
                "mkdir l3/a", "ln -s ../clusters zones/z/l2/n/clusters/x", "truncate -s 0 zones/z/l2/n/vlan",
                "echo 1 > state/zones/z/name", "mkdir state/x", "rm schema/l2/vlan", "echo 1 > README",
                "echo 1 > events",
            ] {
                let result = mount.run("\(Self.other) sh -c '\(script)'")
                #expect(result.status != 0, "\(script)")
                #expect(
                    ["Permission denied", "Operation not permitted", "cannot create"].contains {
                        result.errors.contains($0)
                    }, "\(script): \(result.errors)")
            }
            let after = TreeSnapshot(mount.root, times: true)
            #expect((after == before) as Bool, "\(after.differences(from: before))")
            for script in [
                "cat zones/z/l2/n/vlan README metrics schema/l2/vlan", "cat state/zones/z/{uuid,inventory.json}",
                "ls -lR state schema zones",
            ] {
                expectSuccess(mount.run("\(Self.other) \(script)"), "all may read: \(script)")
            }
            expectSuccess(mount.run("chown -R 65534:65534 zones/theirs"), "handed over")
            expectSuccess(
                mount.run(
                    "\(Self.other) sh -c 'cd zones/theirs; mkdir l2/n && echo 5 > l2/n/vlan && echo x > description'"
                ),
                "the owner's zone")
            #expect(Calls.status(mount.root + "/zones/theirs/l2/n")?.st_uid == 65534)
            #expect(Calls.status(mount.root + "/zones/theirs/l2/n/vlan")?.st_uid == 65534)
            #expect(mount.run("\(Self.third) sh -c 'echo 6 > zones/theirs/l2/n/vlan'").status != 0)
            expectSuccess(
                mount.run("chmod 660 zones/theirs/l2/n/vlan && chgrp 1234 zones/theirs/l2/n/vlan"), "to a group")
            expectSuccess(mount.run("\(Self.third) sh -c 'echo 6 > zones/theirs/l2/n/vlan'"), "the group may write")
            #expect(
                mount.run("setpriv --reuid=77 --regid=77 --clear-groups cat zones/theirs/l2/n/vlan").errors.contains(
                    "Permission denied"))
            try mount.restart()
            #expect(mount.run("\(Self.third) cat zones/theirs/l2/n/vlan").output == "6\n", "also after a restart")
            #expect(mount.run("\(Self.other) mkdir zones/y").status != 0)
        }

        /// Without `allow_other`, the mount is its user's alone.
        @Test func withoutAllowOther() throws {
            let mount = try MountedModel(options: ["realize=sync"])
            expectSuccess(mount.run("mkdir zones/z"), "its user")
            #expect(Shell.run("\(Self.other) ls \(mount.root)").errors.contains("Permission denied"))
        }
    }
}
