import TestKit
import Testing

/// Where the machine's kernel has no 802.1Q, the tests that need it run in User-mode Linux, and their results come here.
@Suite("In the lab", .serialized, .enabled(if: Lab.isNeeded))
struct LabTests {
    /// Suites that need VLANs, or that show how modules are loaded (taps), and how many tests at least must have passed
    /// there: a filter that matches nothing must not look like success.
    @Test(arguments: [
        ("HostAgentTests.(VlanTests|TapTests)", 10), ("MountTests.*VLAN", 8), ("MountTests.*GRETests", 2),
        ("HostAgentTests.GREPortTests", 3),
    ])
    func suite(_ filter: String, _ atLeast: Int) {
        let report = Lab.runTests(filter, timeout: 240)
        for issue in report.issues { Issue.record("in the lab: \(issue)") }
        #expect(report.hasPassed, "\(report.result)")
        #expect(report.passed.count >= atLeast, "passed: \(report.passed), skipped: \(report.skipped)")
        #expect(report.skipped.isEmpty)
    }

    @Test("The tour of the README with its VLAN, as a person sees it")
    func tour() {
        let script = """
            set -e
            PATH=\(Programs.directory):\(Programs.repository)/mount-helper:$PATH
            example-hosts up
            mkdir -p /net /run/store
            netmodelfs mount /run/store/example.db /net -o allow_other
            vlan-tour /net
            netmodelfs umount /net
            """
        let result = Lab.run(["bash", "-c", script], timeout: 180)
        #expect(result.status == 0, "\(result)")
        #expect(result.output.contains("range.overlap: 192.168.0.40-192.168.0.70 overlaps 192.168.0.10-192.168.0.50"))
        #expect(result.output.contains("All was as expected."))
    }
}
