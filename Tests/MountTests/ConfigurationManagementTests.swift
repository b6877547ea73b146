import Foundation
import TestKit
import Testing

extension RealMounts {
    /// Ansible, Puppet, Salt and CFEngine as clients: each makes a network, finds it made, changes it, is refused and
    /// removes it.
    @Suite("Configuration management") struct ConfigurationManagementTests {
        @Test(.enabled(if: AnsibleTool.isInstalled, "There is no ansible-playbook.")) func ansible() throws {
            let mount = try MountedModel()
            try ConfigurationCase(AnsibleTool(mount), mount).run()
        }

        @Test(.enabled(if: PuppetTool.isInstalled, "There is no puppet.")) func puppet() throws {
            let mount = try MountedModel()
            try ConfigurationCase(PuppetTool(mount), mount).run()
        }

        @Test(.enabled(if: SaltTool.program != nil, "Salt could not be installed.")) func salt() throws {
            let mount = try MountedModel()
            try ConfigurationCase(SaltTool(mount), mount).run()
        }

        @Test(.enabled(if: CFEngineTool.isInstalled, "There is no cf-agent.")) func cfengine() throws {
            let mount = try MountedModel()
            try ConfigurationCase(CFEngineTool(mount), mount).run()
        }

        /// CFEngine does not look at what its write of `content` came to: only the tree can tell.
        @Test(.enabled(if: CFEngineTool.isInstalled, "There is no cf-agent.")) func cfengineInPlace() throws {
            let mount = try MountedModel()
            expectSuccess(mount.run("mkdir zones/z1 zones/z1/l2/n; echo 10 > zones/z1/l2/n/vlan"), "a network")
            let tool = try CFEngineTool(mount)
            let changed = try tool.writeInPlace("20", to: "zones/z1/l2/n/vlan")
            #expect(!changed.hasFailed && changed.changes.count == 1, "\(changed)")
            #expect(mount.text("zones/z1/l2/n/vlan") == "20")
            #expect(try tool.writeInPlace("20", to: "zones/z1/l2/n/vlan").changes == [])
            let refused = try tool.writeInPlace("5000", to: "zones/z1/l2/n/vlan")
            #expect(!refused.hasFailed, "a newer CFEngine looks: say so in the README: \(refused)")
            // A file that was only truncated looks empty for a moment.
            #expect(eventually(within: 2) { mount.text("zones/z1/l2/n/vlan") == "20" })
            #expect(mount.refusals.last?.rule == "l2.vlan.out-of-range")
        }

        /// What the README shows is what runs here.
        @Test(arguments: ["network.yml", "network.pp"]) func shownInREADME(_ name: String) throws {
            let readme = try String(contentsOfFile: Programs.repository + "/README.md", encoding: .utf8)
            let text = try String(contentsOfFile: ToolDirectory.source + "/" + name, encoding: .utf8)
            let indented = text.split(separator: "\n", omittingEmptySubsequences: false)
                .map { $0.isEmpty ? "" : "    " + $0 }.joined(separator: "\n")
            #expect(readme.contains(text) || readme.contains(indented), "\(name)")
        }
    }
}

/// What every tool must bring about, in this order.
private struct ConfigurationCase<Tool: ConfigurationTool> {
    private let tool: Tool
    private let mount: MountedModel
    private let vlan = "zones/z1/l2/vlan10/vlan"

    init(_ tool: Tool, _ mount: MountedModel) {
        self.tool = tool
        self.mount = mount
    }

    func run() throws {
        let made = try tool.apply(vlan: 10, isDryRun: false)
        // Without it nothing that follows says anything.
        try #require(!made.hasFailed && made.changes.count == 12, "\(made)")
        expectNetwork(vlan: 10)
        let kept = TreeSnapshot(mount.root, times: true)

        for isDryRun in [false, true] {
            let again = try tool.apply(vlan: 10, isDryRun: isDryRun)
            #expect(!again.hasFailed && again.changes == [], "dry run: \(isDryRun): \(again)")
            let now = TreeSnapshot(mount.root, times: true)
            #expect((now == kept) as Bool, "dry run: \(isDryRun): \(now.differences(from: kept))")
        }

        let changed = try tool.apply(vlan: 20, isDryRun: false)
        #expect(!changed.hasFailed && changed.changes.count == 1, "\(changed)")
        #expect(changed.changes.first?.contains("vlan") == true, "\(changed)")
        expectNetwork(vlan: 20)

        expectRefused(try tool.apply(vlan: 5000, isDryRun: false), Tool.explanation)
        expectRefused(try tool.write("5000", to: vlan), Tool.refusal)
        #expect(mount.refusals.last?.rule == "l2.vlan.out-of-range")
        try expectRemoval()
    }

    private func expectNetwork(vlan id: Int, sourceLocation: SourceLocation = #_sourceLocation) {
        let l2 = "zones/z1/l2/vlan10"
        // A newline at the end is the tool's choice.
        for (file, value) in [
            ("zones/z1/clusters/c1/hypervisor", "Simulator"), ("\(l2)/vlan", "\(id)"), ("\(l2)/mtu", "1600"),
            ("\(l2)/physical-interface", "eth0"), ("\(l2)/description", "VLAN of the office"),
            ("l3/net1/ranges/office", "192.168.0.10-192.168.0.50/24 gateway=192.168.0.1"),
        ] {
            let text = mount.text(file)?.trimmingCharacters(in: .newlines)
            #expect(text == value, "\(file)", sourceLocation: sourceLocation)
        }
        #expect(mount.text("state/\(l2)/vlan") == "\(id)\n", sourceLocation: sourceLocation)
        #expect(mount.text("state/\(l2)/type") == "L2VlanNetwork\n", sourceLocation: sourceLocation)
        #expect(
            Calls.linkText("\(mount.root)/\(l2)/clusters/c1") == "../../../clusters/c1", sourceLocation: sourceLocation)
        #expect(
            Calls.linkText("\(mount.root)/l3/net1/l2") == "../../zones/z1/l2/vlan10", sourceLocation: sourceLocation)
        #expect(
            mount.text("state/\(l2)/attached-cluster-uuids") == mount.text("state/zones/z1/clusters/c1/uuid"),
            sourceLocation: sourceLocation)
        // Nothing of the tool's own is left.
        #expect(
            Calls.names("\(mount.root)/\(l2)")?.sorted()
                == ["clusters", "description", "mtu", "physical-interface", "vlan"], sourceLocation: sourceLocation)
        #expect(Calls.names("\(mount.root)/l3/net1/ranges") == ["office"], sourceLocation: sourceLocation)
        #expect(Calls.names("\(mount.root)/l3/net1")?.contains("l2") == true, sourceLocation: sourceLocation)
    }

    private func expectRefused(
        _ run: ToolRun, _ words: String, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(run.hasFailed && run.changes == [], "\(run)", sourceLocation: sourceLocation)
        #expect(
            run.result.output.contains(words) || run.result.errors.contains(words), "\(run)",
            sourceLocation: sourceLocation)
        let text = mount.text(vlan)?.trimmingCharacters(in: .newlines)
        #expect(text == "20", "the old value stays", sourceLocation: sourceLocation)
        #expect(mount.text("state/\(vlan)") == "20\n", sourceLocation: sourceLocation)
    }

    /// A removed attribute stays in force for two seconds, but its name is gone at once: the second run has nothing
    /// to do.
    private func expectRemoval() throws {
        let gone = [
            "l3/net1/ranges/office", "l3/net1/l2", "zones/z1/l2/vlan10", "zones/z1/clusters/c1/hypervisor",
        ]
        let removed = try tool.remove()
        #expect(!removed.hasFailed && removed.changes.count >= 6, "\(removed)")
        for path in gone { #expect(!Calls.exists("\(mount.root)/\(path)"), "\(path)") }
        let again = try tool.remove()
        #expect(!again.hasFailed && again.changes == [], "\(again)")

        #expect(eventually(within: 6) { mount.text("state/zones/z1/clusters/c1/hypervisor") == "KVM\n" })
        #expect(eventually(within: 6) { !Calls.exists("\(mount.root)/state/l3/net1/ranges/office") })
        #expect(!Calls.exists("\(mount.root)/state/zones/z1/l2/vlan10"))
        for path in gone { #expect(!Calls.exists("\(mount.root)/\(path)"), "\(path) stays away") }
    }
}
