import Foundation
import TestKit
import Testing

extension RealMounts {
    /// The tree as text that other tools keep: archives and git.
    @Suite("Backup and restore") struct BackupTests {
        private func rich() throws -> MountedModel {
            let mount = try MountedModel()
            expectSuccess(mount.run(BackupModel.script), "the model")
            return mount
        }

        /// With nothing but `tar x`, which makes links at the end and files in the order of the archive.
        @Test func tarIntoAnEmptyMount() throws {
            let (old, new) = (try rich(), try MountedModel())
            expectSuccess(Shell.run("tar c -C '\(old.root)' zones l3 | tar x -C '\(new.root)'"), "tar")
            #expect(BackupModel.differences(new, old) == [])
            #expect(StateChecker(new.root).problems == [] && new.refusals.isEmpty)
            try new.restart()
            #expect(BackupModel.differences(new, old) == [], "after a restart")
        }

        @Test func tarThroughAStagedDirectory() throws {
            let (old, new) = (try rich(), try MountedModel())
            expectSuccess(
                Shell.run(
                    """
                    set -e -o pipefail; mkdir '\(new.root)/.import'
                    tar c -C '\(old.root)' zones l3 | tar x -C '\(new.root)/.import'
                    mv '\(new.root)/.import' '\(new.root)/tree'
                    """), "tar and mv")
            #expect(BackupModel.differences(new, old) == [])
            #expect(!Calls.exists(new.root + "/.import") && !Calls.exists(new.root + "/tree"))
            #expect(StateChecker(new.root).problems == [] && new.refusals.isEmpty)
            try new.restart()
            #expect(BackupModel.differences(new, old) == [], "after a restart")
            // Over another model.
            let third = try MountedModel()
            expectSuccess(
                third.run(
                    """
                    set -e; mkdir zones/{z1,z9} zones/z1/l2/{v10,gone} zones/z1/clusters/c1 l3/{office,gone}
                    echo 99 > zones/z1/l2/v10/vlan
                    echo 192.168.0.1-192.168.0.99/24 gateway=192.168.0.200 > l3/office/ranges/low
                    echo 999 > zones/z1/l2/gone/mtu
                    ln -s ../../zones/z1/l2/gone l3/office/l2
                    { cat l3/office/l2/* l3/*/ranges/* zones/*/l2/*/vlan; ls -lR .; } > /dev/null 2>&1 || :
                    """), "another model")
            expectSuccess(
                third.run("set -e; mkdir .import; tar c -C '\(old.root)' zones l3 | tar x -C .import; mv .import tree"),
                "over it")
            #expect(BackupModel.differences(third, old) == [])
        }

        /// All is as it was when the settle time is over. tar removes each link and makes it anew, also with
        /// `--overwrite`: so attachments are new ones.
        @Test(arguments: ["--overwrite", ""]) func tarOntoItself(_ option: String) throws {
            let mount = try rich()
            let before = TreeSnapshot(mount.root, state: false, times: true)
            let states = BackupModel.states(mount)
            expectSuccess(
                mount.run("tar cf '\(mount.directory)/a.tar' zones l3 && tar xf '\(mount.directory)/a.tar' \(option)"),
                "tar")
            // What tar removes to write it anew is in force for the settle time.
            usleep(2_500_000)
            let after = TreeSnapshot(mount.root, state: false, times: true)
            #expect((after == before) as Bool, "\(after.differences(from: before))")
            let differences = BackupModel.stateDifferences(mount, states)
            #expect(differences == [] && mount.refusals.isEmpty)
        }

        /// Modes, owners and times are part of what a directory says, also where the texts are the same.
        @Test func metadataOfWhatStays() throws {
            let mount = try rich()
            let files = [
                "zones/z1", "zones/z1/description", "zones/z1/clusters", "zones/z1/l2/v20/vlan", "l3/office/ranges/low",
                "l3/office/reserved/test", "l3/office/dns", "l3/second/ranges/all",
            ]
            let links = ["zones/z1/l2/flat/clusters/c1", "l3/public/l2"]
            expectSuccess(
                mount.run(
                    """
                    set -e; mkdir .import; cp -a zones l3 .import/; cd .import
                    chmod 751 \(files.joined(separator: " ")); chown 21:22 \(files.joined(separator: " "))
                    chown -h 21:22 \(links.joined(separator: " "))
                    touch -h -d '2011-12-13 14:15:16 UTC' \((files + links).joined(separator: " "))
                    cd ..; mv .import tree
                    """), "mv")
            for path in files + links {
                let status = Calls.status(mount.root + "/" + path)
                if files.contains(path) { #expect(status.map { $0.st_mode & 0o7777 } == 0o751, "\(path)") }
                #expect(status?.st_uid == 21 && status?.st_gid == 22, "\(path)")
                if path != "zones/z1/clusters" { #expect(status?.st_mtim.tv_sec == 1_323_785_716, "\(path)") }
            }
            #expect(mount.text("events")?.contains("released") == false, "nothing was done on hosts")
        }
    }
}
