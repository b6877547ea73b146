import ArgumentParser
import Glibc

/// Ends a command with a sentence on standard error and status 1.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// Writes a line to standard error.
func complain(_ message: String) {
    write(STDERR_FILENO, message: "netmodelfs: \(message)\n")
}

/// Writes all of a message to a descriptor, as far as it takes it.
func write(_ descriptor: Int32, message: String) {
    var bytes = Array(message.utf8)[...]
    while !bytes.isEmpty {
        let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { return }
        bytes = bytes.dropFirst(count)
    }
}

/// The text of an error number.
func errorText(_ code: Int32) -> String {
    String(cString: strerror(code))
}
