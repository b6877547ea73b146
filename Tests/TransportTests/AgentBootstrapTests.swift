import AgentProtocol
import Foundation
import Glibc
import NetworkModel
import TestKit
import Testing

@testable import Hypervisors

/// The script of ``AgentBootstrap`` in the shells that hosts have, with scripts for agents, and without ssh.
@Suite("The agent is put on a host", .timeLimit(.minutes(2)))
struct AgentBootstrapTests {
    /// A host's file system: a home, and an agent's program to bring.
    final class Host {
        let root = NSTemporaryDirectory() + "/netmodelfs-bootstrap-" + UUID().uuidString.prefix(8)
        var places: [String] { ["\(root)/home/.cache/netmodelfs", "\(root)/var/tmp/netmodelfs"] }
        var installed: String { "\(root)/bin/netmodel-agent" }
        var program: String { "\(root)/brought" }

        init() throws {
            for directory in ["home", "var/tmp", "bin"] {
                try FileManager.default.createDirectory(
                    atPath: "\(root)/\(directory)", withIntermediateDirectories: true)
            }
            try write(program, Host.agent(version: "9"))
        }

        deinit {
            Shell.run("umount \(root)/home/.cache \(root)/var/tmp 2>/dev/null; rm -rf '\(root)'")
        }

        /// A program that passes for an agent; its hello names the file that it runs from.
        static func agent(version: String, protocolVersion: Int = 1, remark: String = "") -> String {
            """
            #!/bin/sh
            # \(remark)
            case $1 in --version) echo \(version); exit 0 ;; esac
            echo '{"hello":{"agentVersion":"\(version)","capabilities":[],"kernelRelease":"'"$0"'","protocolVersion":\(protocolVersion)}}'
            exec cat >/dev/null

            """
        }

        func write(_ path: String, _ text: String) throws {
            try text.write(toFile: path, atomically: false, encoding: .utf8)
            chmod(path, 0o755)
        }

        /// What a login shell does with the command that ssh brings it.
        func connect(
            shell: [String] = ["/bin/sh", "-c"], noise: String = "", timeout: Duration = .seconds(20)
        ) async throws(AgentConnectionError) -> AgentConnection {
            let program = try await AgentProgramFile(path: program).current()
            return try await connect(program, shell: shell, noise: noise, timeout: timeout)
        }

        func connect(
            _ program: AgentProgram, shell: [String] = ["/bin/sh", "-c"], noise: String = "",
            timeout: Duration = .seconds(20)
        ) async throws(AgentConnectionError) -> AgentConnection {
            let command = AgentBootstrap.command(for: program, places: places, installedPaths: [installed])
            return try await AgentConnection.open(
                launch: shell + [noise + command], program: program, timeout: timeout)
        }

        /// The agents in a place.
        func kept(_ place: Int) -> [String] {
            ((try? FileManager.default.contentsOfDirectory(atPath: places[place])) ?? []).sorted()
        }

        func refusal(
            _ program: AgentProgram? = nil, noise: String = "", timeout: Duration = .seconds(20)
        ) async -> Refusal? {
            do throws(AgentConnectionError) {
                let connection =
                    if let program { try await connect(program, noise: noise, timeout: timeout) } else {
                        try await connect(noise: noise, timeout: timeout)
                    }
                await connection.close()
                return nil
            } catch {
                return error.refusal(connecting: .ssh(user: nil, host: "h1", port: nil))
            }
        }
    }

    private static let shells = [["dash", "-c"], ["busybox", "sh", "-c"], ["bash", "-c"]]
        .filter { Shell.has($0[0]) }

    @Test("it is copied once, found the next time, and damaged ones are replaced", arguments: shells)
    func copied(_ shell: [String]) async throws {
        let host = try Host()
        let program = try await AgentProgramFile(path: host.program).current()
        let place = host.places[0] + "/agent-" + program.sha256
        var first = try await host.connect(shell: shell)
        #expect(first.hello.kernelRelease == place)
        await first.close()
        #expect(host.kept(0) == ["agent-" + program.sha256])
        #expect(Shell.run("stat -c %a '\(host.places[0])' '\(place)'").output == "700\n700\n")

        // Found: nothing is sent, so a program without bytes is enough.
        let known = AgentProgram(
            sha256: program.sha256, version: "9", machine: program.machine, contents: AgentProgram.Contents([]))
        first = try await host.connect(known, shell: shell)
        #expect(first.hello.kernelRelease == place)
        await first.close()

        try host.write(place, Host.agent(version: "666"))
        first = try await host.connect(shell: shell)
        #expect(first.hello.agentVersion == "9")
        await first.close()
    }

    @Test("the shell of the login does not matter", arguments: [["csh", "-c"], ["fish", "-c"], ["zsh", "-c"]])
    func otherShells(_ shell: [String]) async throws {
        guard Shell.has(shell[0]) else { return }
        let host = try Host()
        let connection = try await host.connect(shell: shell)
        #expect(connection.hello.agentVersion == "9")
        await connection.close()
    }

    @Test("a large program goes through, and the protocol after it")
    func large() async throws {
        let host = try Host()
        try host.write(
            host.program, Host.agent(version: "9") + String(repeating: "# 0123456789abcdef\n", count: 1_000_000))
        let connection = try await host.connect(shell: ["busybox", "sh", "-c"])
        #expect(connection.hello.agentVersion == "9")
        await connection.close()
        let reason = await connection.closed()
        #expect(reason == "it was closed")
    }

    @Test("an agent of another version beside it stays for its daemon; of many, the two newest are kept")
    func versions() async throws {
        let host = try Host()
        for version in 1...4 {
            try host.write(host.program, Host.agent(version: "\(version)"))
            let connection = try await host.connect()
            #expect(connection.hello.agentVersion == "\(version)")
            await connection.close()
            #expect(host.kept(0).count == min(version, 2))
            usleep(20_000)
        }
    }

    @Test("an installed one is used when it is the very same, and replaced when it is of another version")
    func installed() async throws {
        let host = try Host()
        try host.write(host.installed, Host.agent(version: "9"))
        var connection = try await host.connect()
        #expect(connection.hello.kernelRelease == host.installed)
        await connection.close()
        #expect(host.kept(0) == [])
        for other in [
            Host.agent(version: "8", protocolVersion: 7), Host.agent(version: "9", remark: "built elsewhere"),
        ] {
            try host.write(host.installed, other)
            connection = try await host.connect()
            #expect(connection.hello.kernelRelease != host.installed)
            #expect(connection.hello.agentVersion == "9")
            await connection.close()
        }
    }

    @Test("noise of a login shell is passed over, with and without its last newline", arguments: ["echo", "printf"])
    func noise(_ tool: String) async throws {
        let host = try Host()
        let connection = try await host.connect(noise: "for i in 1 2 3; do \(tool) 'Welcome to h1!'; done; ")
        #expect(connection.hello.agentVersion == "9")
        await connection.close()
    }

    @Test("a login that never comes to the point is told, and does not hang")
    func talk() async throws {
        let host = try Host()
        let endless = await host.refusal(noise: "yes 'Buy now!'; ")
        #expect(endless?.rule == "host.agent.noise")
        #expect(endless?.reason == "What was launched is not netmodel-agent; its first line is: Buy now!")
        let closed = await host.refusal(noise: "echo This account is currently not available.; exit 1; ")
        #expect(closed?.rule == "host.agent.ended")
        #expect(
            closed?.reason == "The agent exited with status 1 before it said hello; "
                + "its last words: This account is currently not available..")
        let silent = await host.refusal(noise: "sleep 600; ", timeout: .seconds(2))
        #expect(silent?.rule == "host.agent.silent")
    }

    @Test("a shell that reads the program away")
    func stolen() async throws {
        let host = try Host()
        let program = try await AgentProgramFile(path: host.program).current()
        let wrong = AgentProgram(
            sha256: String(repeating: "a", count: 64), version: "9", machine: program.machine,
            contents: program.contents)
        let refusal = await host.refusal(wrong)
        #expect(refusal?.rule == "host.agent.damaged")
        #expect(host.kept(0) == [])
    }

    @Test(
        "noexec, read-only and full places are passed over; with none left, each is told", .enabled(if: geteuid() == 0))
    func places() async throws {
        let host = try Host()
        let program = try await AgentProgramFile(path: host.program).current()
        let cases = [
            ("noexec,size=64m", "cannot hold programs (noexec)"), ("ro,size=64m", "Read-only file system"),
            ("size=200k", "has not enough space"),
        ]
        for (options, words) in cases {
            Shell.run(
                "mkdir -p '\(host.root)/home/.cache'; mount -t tmpfs -o \(options) none '\(host.root)/home/.cache'")
            let connection = try await host.connect()
            #expect(connection.hello.kernelRelease == host.places[1] + "/agent-" + program.sha256)
            await connection.close()
            Shell.run("rm -rf '\(host.places[1])'; mount -t tmpfs -o \(options) none '\(host.root)/var/tmp'")
            let refusal = await host.refusal()
            #expect(refusal?.rule == "host.agent.no-place")
            #expect(refusal?.reason.components(separatedBy: words).count == 3, "\(String(describing: refusal))")
            // An installed one of the same version is better than none.
            try host.write(host.installed, Host.agent(version: "9", remark: "built elsewhere"))
            let other = try await host.connect()
            #expect(other.hello.kernelRelease == host.installed)
            await other.close()
            Shell.run("rm '\(host.installed)'; umount '\(host.root)/var/tmp' '\(host.root)/home/.cache'")
        }
    }

    @Test("a directory that others may write, or a link to one, is not trusted")
    func strangers() async throws {
        let host = try Host()
        Shell.run(
            """
            mkdir -p '\(host.root)/home/.cache/netmodelfs' '\(host.root)/elsewhere'
            chmod 770 '\(host.root)/home/.cache/netmodelfs'; chmod 700 '\(host.root)/elsewhere'
            ln -s '\(host.root)/elsewhere' '\(host.places[1])'
            """)
        let refusal = await host.refusal()
        #expect(refusal?.rule == "host.agent.no-place")
        #expect(
            refusal?.reason
                == "The host has no place for the agent: \(host.places[0]) is not a directory of this user alone; "
                + "\(host.places[1]) is not a directory of this user alone.")
    }

    @Test("a host of another machine type: one that was installed there, else a clear refusal")
    func architecture() async throws {
        let host = try Host()
        let program = try await AgentProgramFile(path: host.program).current()
        let foreign = AgentProgram(
            sha256: program.sha256, version: "9", machine: "s390x", contents: program.contents)
        let refusal = await host.refusal(foreign)
        #expect(refusal?.rule == "host.agent.architecture")
        #expect(refusal?.reason == "The agent is not for a host of machine type \(program.machine).")
        try host.write(host.installed, Host.agent(version: "9", remark: "for this machine"))
        let connection = try await host.connect(foreign)
        #expect(connection.hello.kernelRelease == host.installed)
        await connection.close()
    }

    @Test("a program that cannot run there says what is missing")
    func cannotRun() async throws {
        let host = try Host()
        try host.write(
            host.program,
            "#!/bin/sh\ncase $LAB in 1) echo 9; exit 0 ;; esac\n"
                + "echo 'netmodel-agent: error while loading shared libraries: libnl-route-3.so.200: cannot open shared object file: No such file or directory' >&2; exit 127\n"
        )
        setenv("LAB", "1", 1)
        let program = try await AgentProgramFile(path: host.program).current()
        unsetenv("LAB")
        let refusal = await host.refusal(program)
        #expect(refusal?.rule == "host.agent.cannot-run")
        #expect(refusal?.reason.contains("libnl-route-3.so.200: cannot open shared object file") == true)
        #expect(refusal?.remedy == "Install libnl on the host (apt-get install libnl-route-3-200).")
    }

    @Test("a host without the tools says which")
    func tools() async throws {
        let host = try Host()
        let refusal = await host.refusal(noise: "PATH=/nonexistent; ")
        #expect(refusal?.rule == "host.agent.tool-missing")
    }

    @Test("the command is one line that csh and fish read as sh does")
    func quoting() async throws {
        let host = try Host()
        let program = try await AgentProgramFile(path: host.program).current()
        let command = AgentBootstrap.command(for: program)
        #expect(!command.contains("\n") && !command.contains("!") && !command.contains("\\\\"))
        #expect(command.count { $0 == "'" } == 2)
        #expect(command.utf8.count < 16_000)
    }
}
