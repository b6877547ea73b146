import Foundation

/// The error numbers that the mount answers, by their names (include/uapi/asm-generic/errno*.h).
enum ErrorSymbol: Int32 {
    case EPERM = 1, ENOENT = 2, EIO = 5, EBUSY = 16, EEXIST = 17, ENOTDIR = 20, EISDIR = 21, EINVAL = 22, EFBIG = 27
    case ENOSPC = 28, EROFS = 30, ERANGE = 34, ENAMETOOLONG = 36, ENOTEMPTY = 39, ENOTUNIQ = 76, EPROTONOSUPPORT = 93
    case EOPNOTSUPP = 95, EAFNOSUPPORT = 97, EADDRINUSE = 98, EADDRNOTAVAIL = 99, EHOSTUNREACH = 113

    var symbol: String { "\(self)" }

    /// As shells print it.
    var message: String { String(cString: strerror(rawValue)) }
}
