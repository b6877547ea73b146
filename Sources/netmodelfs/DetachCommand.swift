import ArgumentParser
import FUSE
import Glibc

struct DetachCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "detach",
        abstract: "Detaches an L2 network from a cluster.",
        discussion: """
            Without --force it is what rm does: refused where running VMs of the cluster use the network. With it their NICs \
            on the network are unplugged and removed first, and the VMs run on without them.

            Exit status 0 if it is done, 1 if it was refused, with the reason on standard error.
            """)

    @Argument(help: "The link, such as /net/zones/z1/l2/vlan10/clusters/c1.", completion: .file())
    var path: String

    @Flag(help: "Also where VMs use it: their NICs there go.")
    var force = false

    func run() throws {
        let link = try MountPath.absolute(path)
        guard let slash = link.lastIndex(of: "/") else { throw Failure("\(path) is not the link of an attachment.") }
        let directory = MountPath.canonical(String(link[..<slash]))
        let name = String(link[link.index(after: slash)...])
        let mounts = try MountTable.entries(ofType: "fuse.netmodelfs").map(\.mountPoint)
        guard let mount = mounts.last(where: { directory.hasPrefix($0 + "/") }) else {
            throw Failure("\(path) is not in a mount of netmodelfs.")
        }
        let code: Int32
        if force {
            code = ExtendedAttribute.set("user.netmodelfs.detach", of: directory, to: Array(name.utf8))
        } else {
            code = unlink(directory + "/" + name) == 0 ? 0 : errno
        }
        guard code != 0 else { return }
        let explanation = RefusalText.ofThisThread(in: mount)?.explanation
        write(STDERR_FILENO, message: (explanation ?? "\(path): \(errorText(code))") + "\n")
        throw ExitCode(1)
    }
}
