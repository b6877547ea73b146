import CFUSE
import Glibc

/// Extended attributes of files, for clients of a mount; Glibc's module has no such calls.
public enum ExtendedAttribute {
    /// setxattr(2). Answers the error number, 0 for success.
    public static func set(_ name: String, of path: String, to value: [UInt8]) -> Int32 {
        setxattr(path, name, value, value.count, 0) == 0 ? 0 : errno
    }
}
