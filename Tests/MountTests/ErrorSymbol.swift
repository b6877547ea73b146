import Foundation

/// The error numbers that the mount answers, by their names.
enum ErrorSymbol: String {
    case EPERM, ENOENT, EIO, EBUSY, EEXIST, ENOTDIR, EISDIR, EINVAL, EFBIG, ENOSPC, EROFS, ERANGE, ENAMETOOLONG, ENOTEMPTY
    case ENOTUNIQ, EPROTONOSUPPORT, EOPNOTSUPP, EAFNOSUPPORT, EADDRINUSE, EADDRNOTAVAIL, EHOSTUNREACH

    var number: Int32 {
        switch self {
        case .EPERM: Foundation.EPERM
        case .ENOENT: Foundation.ENOENT
        case .EIO: Foundation.EIO
        case .EBUSY: Foundation.EBUSY
        case .EEXIST: Foundation.EEXIST
        case .ENOTDIR: Foundation.ENOTDIR
        case .EISDIR: Foundation.EISDIR
        case .EINVAL: Foundation.EINVAL
        case .EFBIG: Foundation.EFBIG
        case .ENOSPC: Foundation.ENOSPC
        case .EROFS: Foundation.EROFS
        case .ERANGE: Foundation.ERANGE
        case .ENAMETOOLONG: Foundation.ENAMETOOLONG
        case .ENOTEMPTY: Foundation.ENOTEMPTY
        case .ENOTUNIQ: Foundation.ENOTUNIQ
        case .EPROTONOSUPPORT: Foundation.EPROTONOSUPPORT
        case .EOPNOTSUPP: Foundation.EOPNOTSUPP
        case .EAFNOSUPPORT: Foundation.EAFNOSUPPORT
        case .EADDRINUSE: Foundation.EADDRINUSE
        case .EADDRNOTAVAIL: Foundation.EADDRNOTAVAIL
        case .EHOSTUNREACH: Foundation.EHOSTUNREACH
        }
    }

    /// As shells print it.
    var message: String { String(cString: strerror(number)) }
}
