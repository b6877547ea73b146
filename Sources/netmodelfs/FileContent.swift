import Glibc

/// What a file holds, whole.
enum FileContent {
    static func text(of path: String) throws -> String { String(decoding: try bytes(of: path), as: UTF8.self) }

    /// - Parameter path: nil for standard input.
    /// - Throws: ``Failure`` where it cannot be read.
    static func bytes(of path: String?) throws -> [UInt8] {
        guard let path else { return try bytes(STDIN_FILENO, "standard input") }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure("\(path) cannot be read: \(errorText(errno)).") }
        defer { close(descriptor) }
        return try bytes(descriptor, path)
    }

    private static func bytes(_ descriptor: Int32, _ name: String) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw Failure("\(name) cannot be read: \(errorText(errno)).") }
            guard count > 0 else { return bytes }
            bytes += buffer[..<count]
        }
    }
}
