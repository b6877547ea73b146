/// Shell scripts that pass for agents, good and bad ones.
enum FakeAgent {
    static let hello =
        #"echo '{"hello":{"agentVersion":"9","capabilities":["bridge"],"kernelRelease":"6.1","protocolVersion":1}}'"#

    /// Says hello, then runs the script.
    static func greeting(_ script: String) -> [String] {
        ["/bin/sh", "-c", "\(hello); \(script)"]
    }

    static func script(_ script: String) -> [String] {
        ["/bin/sh", "-c", script]
    }
}
