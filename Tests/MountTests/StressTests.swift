import Foundation
import TestKit
import Testing

extension RealMounts {
    /// stress-ng's file-system stressors in staged directories, as root and as nobody: `Tests/stress`, which has the table
    /// of those that run and of those that are left out, each with its reason.
    @Suite("Stressors", .enabled(if: Shell.has("stress-ng"))) struct StressTests {
        /// Each for a second; none fails, and the daemon keeps neither memory nor descriptors.
        @Test func stressors() {
            let result = Shell.run(
                "'\(Programs.repository)/Tests/stress' 1", environment: ["NETMODELFS_BIN": Programs.directory],
                timeout: 600)
            print(result.output)
            #expect(result.status == 0, "\(result)")
        }

        /// The script tells a stressor that fails from one that passes: hard links are refused.
        @Test func failuresAreFound() {
            let result = Shell.run(
                """
                sed 's/^access$/link/' '\(Programs.repository)/Tests/stress' | NETMODELFS_STRESS_ONLY=link bash -s 1
                """, environment: ["NETMODELFS_BIN": Programs.directory], timeout: 120)
            #expect(result.status == 1 && result.output.contains("FAILED: link"), "\(result)")
        }
    }
}
