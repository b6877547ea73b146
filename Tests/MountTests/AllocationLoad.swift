import Foundation
import TestKit

/// Processes that give NICs addresses and take them away, and go on whenever the daemon was killed and is there again. Each
/// notes what it was answered.
final class AllocationLoad {
    private let processes: [ChildProcess]
    private let directory: String

    /// Arguments: the mount, the process's number, its notes, and a file whose presence ends it.
    ///
    /// Notes: `+ VM ADDRESS` a link was answered, and the address that the NIC was told; `- VM` the removal of the link was
    /// answered; `! WORDS` something that must not be.
    private static let program = #"""
        import errno, os, sys, time
        root, number, notes, stop = sys.argv[1:5]
        notes = open(notes, "a", buffering=1)
        vms = root + "/zones/z/vms/"
        held = []

        # A call until it is answered. ENOENT: what it needs is there, so nothing is mounted at the moment.
        def answered(call, *arguments):
            end = time.monotonic() + 120
            while True:
                try:
                    return call(*arguments)
                except OSError as error:
                    if error.errno == errno.EEXIST: return None # the call before was not answered, and is done
                    away = error.errno in (errno.ENOTCONN, errno.ECONNABORTED, errno.ENOENT)
                    if not away or time.monotonic() > end: raise
                    time.sleep(0.005)

        def read(path):
            with open(path) as file: return file.read().strip()

        def address(vm): return answered(read, root + "/state/zones/z/vms/" + vm + "/nics/n/ip")

        def unlink(vm):
            nic = vms + vm + "/nics/n"
            def call():
                try: os.unlink(nic + "/l3")
                except FileNotFoundError:
                    # Only the listing of the NIC's directory tells whether it is there without its link.
                    if "l3" in os.listdir(nic): raise
            answered(call)

        try:
            count = 0
            while not os.path.exists(stop):
                if len(held) == 12:
                    vm, told = held.pop(count * 5 % 12)
                    now = address(vm)
                    if now != told: print(f"! {vm} was told {told} and has {now}", file=notes)
                    unlink(vm)
                    print("-", vm, file=notes)
                count += 1
                vm = f"p{number}-{count}"
                answered(os.mkdir, vms + vm)
                answered(os.mkdir, vms + vm + "/nics/n")
                answered(os.symlink, "../../../../../../l3/net", vms + vm + "/nics/n/l3")
                held.append((vm, address(vm)))
                print("+", *held[-1], file=notes)
        except Exception as error:
            print("!", repr(error), file=notes)
        """#

    init(_ mount: MountedModel, processes count: Int) throws {
        let directory = mount.directory
        self.directory = directory
        try AllocationLoad.program.write(toFile: directory + "/load.py", atomically: true, encoding: .utf8)
        processes = try (0..<count).map { number in
            try ChildProcess(
                [
                    "python3", directory + "/load.py", mount.root, "\(number)", "\(directory)/notes-\(number)",
                    directory + "/stop",
                ], output: directory + "/load.log", errors: directory + "/load.log")
        }
    }

    deinit {
        for process in processes where process.isRunning { process.killGroup() }
    }

    /// The notes of each process, as far as they are whole lines.
    private var notes: [[[String]]] {
        processes.indices.map { number in
            let text = Calls.text("\(directory)/notes-\(number)") ?? ""
            return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map {
                $0.split(separator: " ").map(String.init)
            }
        }
    }

    /// How many links were answered, by the process that has fewest.
    var leastAnswered: Int { notes.map { lines in lines.count { $0.first == "+" } }.min() ?? 0 }

    /// What must not be.
    var complaints: [String] {
        notes.flatMap { lines in lines.filter { $0.first == "!" }.map { $0.joined(separator: " ") } }
            + (Calls.text(directory + "/load.log") ?? "").split(separator: "\n").map(String.init)
    }

    /// Lets each finish what it does. False if one hangs.
    func stop() -> Bool {
        _ = Calls.write(directory + "/stop", "")
        return processes.allSatisfy { $0.wait(150) == 0 }
    }

    /// The addresses that VMs were told and still have, after `stop`.
    var told: [String: String] {
        var told: [String: String] = [:]
        for line in notes.joined() {
            if line[0] == "+" { told[line[1]] = line.count > 2 ? line[2] : "none" }
            if line[0] == "-" { told[line[1]] = nil }
        }
        return told
    }
}
