import Foundation

/// An ESXi host: VMware's own simulator with what it lacks (`Tests/ESXiTests/simulator`), as a process of its own.
/// Ended when it is let go of.
public final class ESXiSimulator {
    public let port: Int
    /// SHA-256 of its certificate, 64 hexadecimal digits.
    public let fingerprint: String
    /// Where its certificate is (PEM), and its credentials directory.
    public let directory: String
    public var authority: String { "127.0.0.1:\(port)" }
    public var certificate: String { directory + "/certificate.pem" }
    public var credentials: String { directory + "/credentials" }
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()

    /// Whether it can be built here.
    public static let isAvailable: Bool =
        Shell.has("go")
        && FileManager.default.fileExists(atPath: "/usr/share/gocode/src/github.com/vmware/govmomi/simulator")

    /// Built once; half a minute on the first run of a machine, then at once.
    private static let program: String? = {
        let cache =
            (ProcessInfo.processInfo.environment["XDG_CACHE_HOME"] ?? "/var/cache") + "/netmodelfs-tests/esxi"
        let result = Shell.run(
            """
            mkdir -p \(cache) && cd '\(Programs.repository)/Tests/ESXiTests/simulator' &&
              GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS= GOCACHE=\(cache)/go \
              flock \(cache)/lock go build -o \(cache)/simulator .
            """, timeout: 400)
        return result.status == 0 ? cache + "/simulator" : nil
    }()

    /// - Parameters:
    ///   - port: Where it listens; any when nil.
    ///   - arguments: `-expired`, `-vcenter`.
    public init(password: String = "geheim", port: Int? = nil, _ arguments: [String] = []) throws {
        guard let program = ESXiSimulator.program else {
            throw MountedModel.NotMounted(description: "the ESXi simulator was not built")
        }
        directory = NSTemporaryDirectory() + "/netmodelfs-esxi-" + UUID().uuidString.prefix(8)
        try FileManager.default.createDirectory(
            atPath: directory + "/credentials", withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments =
            ["-password", password, "-certificate", directory + "/certificate.pem"]
            + (port.map { ["-port", "\($0)"] } ?? []) + arguments
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let words = ESXiSimulator.line(output.fileHandleForReading).split(separator: " ")
        guard words.count == 2, let number = Int(words[0]) else {
            throw MountedModel.NotMounted(description: "the ESXi simulator did not start")
        }
        self.port = number
        fingerprint = String(words[1])
    }

    deinit {
        stop()
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// As if the power went.
    public func stop() {
        guard process.isRunning else { return }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// Writes the credentials file for this host, with mode 0600.
    public func writeCredentials(
        password: String = "geheim", trust: String? = nil, in directory: String? = nil
    ) throws {
        let path = (directory ?? credentials) + "/" + authority
        let text = "user=root\npassword=\(password)\n" + (trust ?? "fingerprint=\(fingerprint)") + "\n"
        _ = FileManager.default.createFile(
            atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
    }

    /// One command of the simulator's (see its `main.go`), and its answer.
    @discardableResult
    public func command(_ text: String) -> String {
        try? input.fileHandleForWriting.write(contentsOf: Data((text + "\n").utf8))
        return ESXiSimulator.line(output.fileHandleForReading)
    }

    /// What the host has.
    public struct Network: Codable, Equatable {
        /// vSwitches with their uplinks.
        public var Switches: [String: [String]]
        public var MTU: [String: Int]
        /// Port groups with their vSwitches.
        public var PortGroups: [String: String]
        public var VLANs: [String: Int]
    }

    public func network() throws -> Network {
        try JSONDecoder().decode(Network.self, from: Data(command("network").utf8))
    }

    /// The port groups that netmodelfs made, with their VLAN ids.
    public func ours() throws -> [String: Int] {
        try network().VLANs.filter { $0.key.contains(".netmodelfs.") }
    }

    private static func line(_ file: FileHandle) -> String {
        var bytes = Data()
        while let byte = try? file.read(upToCount: 1), byte != Data("\n".utf8), !byte.isEmpty { bytes += byte }
        return String(decoding: bytes, as: UTF8.self)
    }
}
