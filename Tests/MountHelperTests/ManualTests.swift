import TestKit
import Testing

@Suite("Manual pages")
struct ManualTests {
    static let pages = ["netmodelfs.8", "mount.netmodelfs.8", "netmodelfs.5"]

    @Test("rendered without warnings", .enabled(if: Shell.has("groff") && Shell.has("man")), arguments: pages)
    func rendered(_ page: String) {
        let result = Shell.run(
            "man --warnings -E UTF-8 -l -Tutf8 -Z \(page) >/dev/null", in: Programs.repository + "/mount-helper/man")
        #expect(result.status == 0 && result.errors.isEmpty, "\(result)")
    }

    @Test("mandoc has nothing to say", .enabled(if: Shell.has("mandoc")), arguments: pages)
    func lint(_ page: String) {
        let result = Shell.run("mandoc -Tlint -Wwarning \(page)", in: Programs.repository + "/mount-helper/man")
        #expect(result.status == 0 && result.output.isEmpty, "\(result)")
    }

    /// What --help has, the page has.
    @Test("tell every subcommand and every option of a mount")
    func complete() {
        let text = Shell.run("man -l netmodelfs.8 | col -b", in: Programs.repository + "/mount-helper/man").output
        let help = Shell.run("\(Programs.netmodelfs) --help").output
        let commands = help.components(separatedBy: "SUBCOMMANDS:").last?.split(separator: "\n")
            .filter { $0.hasPrefix("  ") && !$0.hasPrefix("   ") && !$0.contains("See '") }
            .compactMap { $0.split(separator: " ").first }
        #expect(commands?.isEmpty == false)
        for command in commands ?? [] { #expect(text.contains("netmodelfs \(command)"), "\(command)") }
        let options = Shell.run("\(Programs.netmodelfs) mount --help").output.components(separatedBy: "Options (-o)")
            .last?
            .components(separatedBy: "USAGE:").first?.split(separator: "\n").filter { $0.hasPrefix("  ") }
            .compactMap { $0.split(separator: " ").first?.split(separator: "=").first }
        #expect(options?.isEmpty == false)
        for option in options ?? [] { #expect(text.contains(option), "\(option)") }
    }
}
