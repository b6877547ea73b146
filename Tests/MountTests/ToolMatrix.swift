/// One command line, and what it must come to.
///
/// The line is run in the mount's root with `Z` and `L`, the paths of the row's own zone and L3 network; `N`, the name
/// of both; `T`, a directory outside of the mount, which holds the files `20` and `5000`; and `TYPE`, the program that
/// types.
struct ToolRow: Sendable {
    enum Status: Sendable {
        case exactly(Int32)
        case failure
    }

    /// Paths begin with `Z/` or `L/`, or with `state/Z/` or `state/L/`. `$Z` and `$N` in a text are replaced.
    enum Change: Sendable {
        case file(String, String)
        case link(String, String)
        case directory(String)
        case mode(String, UInt32)
        case absent(String)

        var path: String {
            switch self {
            case .file(let path, _), .link(let path, _), .directory(let path), .mode(let path, _), .absent(let path):
                path
            }
        }
    }

    let name: String
    let line: String
    let status: Status
    /// Part of what it says on either output, in any case of letters: zsh and Emacs begin with a small one.
    let message: String?
    /// All that is different afterwards; everything else must be as before.
    let changes: [Change]
    /// Names of staged files that may stay behind.
    let leftovers: [String]
    /// Rules of which `errors` must have a record.
    let rules: [String]
    /// Whether the settle time must pass before the model is looked at.
    let settles: Bool
    /// Run first, and must succeed.
    let before: String
    let shell: [String]
    /// What must be installed, beside the coreutils.
    let programs: [String]

    /// - Parameter vlan: The text of `Z/l2/n1/vlan` afterwards, where it is another one.
    init(
        _ name: String, _ line: String, status: Status = .exactly(0), message: String? = nil, vlan: String? = nil,
        changes: [Change] = [], leftovers: [String] = [], rules: [String] = [], settles: Bool = false,
        before: String = "", shell: [String] = ["bash", "-c"], programs: [String] = []
    ) {
        self.name = name
        self.line = line
        self.status = status
        self.message = message
        self.leftovers = leftovers
        self.rules = rules
        self.settles = settles
        self.before = before
        self.shell = shell
        self.programs = programs
        var all = changes
        if let vlan {
            let number = vlan.split(separator: "\n").first { !$0.hasPrefix("#") } ?? ""
            all.append(.file("Z/l2/n1/vlan", vlan))
            all.append(.file("state/Z/l2/n1/vlan", String(number) + "\n"))
        }
        self.changes = all
    }

    var isRefusal: Bool {
        switch status {
        case .exactly(let status): status != 0
        case .failure: true
        }
    }
}

/// The tools that people write files with, on the tree. Statuses and messages were measured with these tools on a file
/// system that refuses.
enum ToolMatrix {
    static let rows: [ToolRow] = [shells, copying, editors, archivers, links, objects, readers].flatMap { $0 }

    /// What each row stands on, in names of its own. bash's own printf would write each line by itself.
    static let fixture = """
        set -e
        mkdir "$T" "$Z" "$Z"/clusters/{c1,c2} "$Z/l2/n1" "$L"
        echo 10 > "$Z/l2/n1/vlan"
        echo eth0 > "$Z/l2/n1/physical-interface"
        echo 1500 > "$Z/l2/n1/mtu"
        echo office > "$Z/l2/n1/description"
        env printf '8.8.8.8\\n8.8.4.4\\n' > "$L/dns"
        ln -s "../../zones/$N/l2/n1" "$L/l2"
        echo '192.168.0.10-192.168.0.50/24 gateway=192.168.0.1' > "$L/ranges/office"
        echo 20 > "$T/20"
        echo 5000 > "$T/5000"

        """
}
