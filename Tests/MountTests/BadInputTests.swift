import Foundation
import TestKit
import Testing

extension RealMounts {
    @Suite("Bad input") struct BadInputTests {
        /// Each row: the answer of the call, the record in `errors`, what `netmodelfs why` says in the same session,
        /// and that nothing has changed. All rows go to one mount, and the tree stays as it was made.
        @Test func everyRefusalExplainsItselfAndChangesNothing() throws {
            let mount = try MountedModel()
            let made = mount.run(BadInput.tree)
            try #require(made.status == 0 && made.errors.isEmpty, "\(made)")
            let whole = TreeSnapshot(mount.root, times: true)
            var before = TreeSnapshot(mount.root, state: false, times: true)
            #expect(before.entries.count > 100)
            for row in BadInput.rows {
                let count = mount.refusalCount
                let result = mount.run(
                    "(\n\(row.script)\n)\nstatus=$?\necho '=== why'\nnetmodelfs why\nexit $status", timeout: 20)
                let title = Comment(rawValue: row.name)
                #expect(result.status != 0 && result.status != 124, title)
                #expect(result.errors.contains(row.error.message), "\(row.name): \(result.errors)")
                if let rule = row.rule {
                    let why = result.output.components(separatedBy: "=== why\n").last ?? ""
                    #expect(why.hasPrefix(rule + ": "), "\(row.name): \(why)")
                    #expect(why.contains(row.sentence) || row.sentence.isEmpty, "\(row.name): \(why)")
                    #expect(why.contains("\nRemedy: ") && !why.contains("@/"), "\(row.name): \(why)")
                    #expect(mount.refusalCount > count, title)
                    let last = try #require(mount.refusals.last, title)
                    #expect(last.rule == rule && last.symbol == row.error.symbol, "\(row.name): \(last)")
                    #expect(last.reason.contains(row.sentence) || row.sentence.isEmpty, "\(row.name): \(last)")
                    #expect(last.fields["uid"] == "0" && last.fields["path"]?.isEmpty == false, "\(row.name): \(last)")
                } else {
                    #expect(
                        mount.refusalCount == count,
                        "\(row.name): the kernel refuses this by itself, \(mount.refusals.last as Any)")
                }
                let after = TreeSnapshot(mount.root, state: false, times: true)
                #expect((after == before) as Bool, "\(row.name) changed \(after.differences(from: before))")
                before = after
            }
            let all = TreeSnapshot(mount.root, times: true)
            #expect((all == whole) as Bool, "some row changed \(all.differences(from: whole))")
            #expect(mount.stop() == 0)
            try mount.start()
            // Hosts connect again in the background.
            _ = eventually { TreeSnapshot(mount.root, times: true) == whole }
            let restarted = TreeSnapshot(mount.root, times: true)
            #expect((restarted == whole) as Bool, "the restart changed \(restarted.differences(from: whole))")
        }

        @Test func theTableIsAsLongAsPromised() {
            #expect(BadInput.rows.count >= 80)
            #expect(Set(BadInput.rows.map(\.name)).count == BadInput.rows.count)
        }

        /// Calls that no shell command makes.
        @Test func calls() throws {
            let mount = try MountedModel()
            try #require(mount.run("mkdir zones/z1 zones/z2 && echo a > zones/z1/description").status == 0)
            let before = TreeSnapshot(mount.root, times: true)
            let file = mount.root + "/zones/z1/description"
            let descriptor = open(file, O_RDWR)
            defer { close(descriptor) }
            func number(_ result: Int) -> Int32 { result < 0 ? errno : 0 }
            #expect(number(pwrite(descriptor, "x", 1, -1)) == EINVAL)
            #expect(number(pwrite(descriptor, "x", 1, Int.max - 5)) == EFBIG)
            #expect(number(pwrite(descriptor, "x", 1, 1 << 40)) == EFBIG)
            #expect(number(Int(ftruncate(descriptor, -1))) == EINVAL)
            #expect(number(Int(ftruncate(descriptor, 1 << 40))) == EFBIG)
            #expect(number(Int(posix_fallocate(descriptor, 0, 100))) == 0, "answers its error itself")
            #expect(number(Int(open(mount.root + "/zones/z1", O_WRONLY))) == EISDIR)
            #expect(number(Int(open(file + "/x", O_RDONLY))) == ENOTDIR)
            #expect(Calls.rename(mount.root + "/zones/z1", mount.root + "/zones/z2", flags: 2) == EINVAL)
            #expect(mount.refusals.last?.rule == "rename.not-here")
            #expect(Calls.rename(mount.root + "/zones/z1", mount.root + "/zones/z2", flags: 1) == EEXIST)
            #expect(mknod(mount.root + "/zones/x", S_IFREG | 0o644, 0) == -1)
            #expect(mount.refusals.last?.rule == "tree.no-plain-files")
            let after = TreeSnapshot(mount.root, times: true)
            #expect((after == before) as Bool, "\(after.differences(from: before))")
        }
    }
}
