import Glibc

/// The text for an error number, such as "Permission denied".
func errorText(_ code: Int32) -> String {
    // The C library's texts are constants, and the one for an unknown number belongs to the thread.
    strerror(code).map { String(cString: $0) } ?? "error \(code)"
}
