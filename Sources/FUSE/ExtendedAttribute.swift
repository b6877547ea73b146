import CFUSE
import Glibc

/// Extended attributes of files, for clients of a mount; Glibc's module has no such calls.
public enum ExtendedAttribute {
    /// setxattr(2). Answers the error number, 0 for success.
    public static func set(_ name: String, of path: String, to value: [UInt8]) -> Int32 {
        setxattr(path, name, value, value.count, 0) == 0 ? 0 : errno
    }

    /// The error number of a call.
    public struct Failure: Error {
        public let code: Int32
    }

    /// getxattr(2).
    public static func get(_ name: String, of path: String) -> Result<[UInt8], Failure> {
        // The most that Linux has (xattr(7)).
        var value = [UInt8](repeating: 0, count: 65_536)
        let count = getxattr(path, name, &value, value.count)
        return count < 0 ? .failure(Failure(code: errno)) : .success(Array(value[..<count]))
    }
}
