import TestKit
import Testing

extension MountHelper {
    /// What is mounted is mounted for real.
    @Suite("mount(8) as people know it")
    struct HelperTests {
        @Test(arguments: HelperCase.all)
        func behaviour(_ example: HelperCase) throws {
            let result = try Namespace.run(example.script)
            #expect(result.status == example.status, "\(result)")
            let text = "\n" + result.output + result.errors
            for part in example.says { #expect(text.contains(part), "\(part) is missing: \(result)") }
        }

        @Test("shellcheck has nothing to say", .enabled(if: Shell.has("shellcheck")))
        func shellcheck() {
            let result = Shell.run(
                "shellcheck mount.netmodelfs && shellcheck -s bash netmodelfs-why.bash completion/netmodelfs.bash",
                in: Programs.repository + "/mount-helper")
            #expect(result.status == 0, "\(result)")
        }
    }
}
