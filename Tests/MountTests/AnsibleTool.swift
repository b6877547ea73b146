import TestKit

/// Ansible on this machine: `network.yml`, and `network-absent.yml` to remove it.
struct AnsibleTool: ConfigurationTool {
    private let directory: ToolDirectory
    private let configuration: String

    init(_ mount: MountedModel) throws {
        directory = try ToolDirectory(mount)
        // Whatever the machine has configured.
        configuration = try directory.file("ansible.cfg", "[defaults]\n")
    }

    static let isInstalled = Shell.has("ansible-playbook")

    func apply(vlan: Int, isDryRun: Bool) -> ToolRun {
        play("network.yml", isDryRun ? "-C -D -e vlan=\(vlan)" : "-e vlan=\(vlan)")
    }

    func remove() -> ToolRun { play("network-absent.yml", "") }

    func write(_ text: String, to path: String) -> ToolRun {
        run("ansible localhost -m ansible.builtin.copy -a 'dest=\(directory.mount.root)/\(path) content=\(text)'")
    }

    private func play(_ name: String, _ options: String) -> ToolRun {
        run("ansible-playbook -e net=\(directory.mount.root) \(options) '\(ToolDirectory.source)/\(name)'")
    }

    private func run(_ command: String) -> ToolRun {
        let result = directory.run(
            command,
            environment: [
                "ANSIBLE_HOME": directory.path + "/ansible", "ANSIBLE_REMOTE_TEMP": directory.path + "/ansible/remote",
                "ANSIBLE_CONFIG": configuration, "ANSIBLE_NOCOLOR": "1",
                "ANSIBLE_LOCALHOST_WARNING": "False", "ANSIBLE_INVENTORY_UNPARSED_WARNING": "False",
                "ANSIBLE_PIPELINING": "True",
            ])
        // One line for each item of a loop; the recap counts tasks: "localhost : ok=6 changed=1 …".
        return ToolRun(
            result: result, hasFailed: result.status != 0,
            changes: result.lines.filter { $0.hasPrefix("changed: [localhost]") })
    }
}
