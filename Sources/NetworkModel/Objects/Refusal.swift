/// A refused operation, as a value: which rule, which objects, what to do about it (design: "refusals that explain themselves").
public struct Refusal: Error, Hashable, Sendable {
    /// Stable id of the rule, such as `l2.attach.vlan-conflict`. Scripts may rely on it.
    public let rule: String
    public let error: ErrorNumber
    /// A full sentence for people. `@/` in it stands for the mount point.
    public let reason: String
    /// The objects that stand in the way, as paths below the mount point, without a leading slash.
    public let objects: [String]
    /// What to do about it. `@/` in it stands for the mount point.
    public let remedy: String
    /// What is wrong in a directory that was renamed into place, all at once; empty for anything else.
    public let problems: [Problem]

    /// One thing that is wrong in a directory, and where: a path below that directory, empty for itself.
    public struct Problem: Hashable, Sendable {
        public let path: String
        public let refusal: Refusal

        public init(path: String, refusal: Refusal) {
            self.path = path
            self.refusal = refusal
        }
    }

    public init(
        _ rule: String, _ error: ErrorNumber, _ reason: String, objects: [String] = [], remedy: String,
        problems: [Problem] = []
    ) {
        self.rule = rule
        self.error = error
        self.reason = reason
        self.objects = objects
        self.remedy = remedy
        self.problems = problems
    }
}

/// The Linux error numbers that refusals use (include/uapi/asm-generic/errno*.h). The core has its own list since it
/// imports no platform module.
public struct ErrorNumber: RawRepresentable, Hashable, Sendable {
    public let rawValue: Int32

    public init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    private init(_ rawValue: Int32) {
        self.rawValue = rawValue
    }

    public static let notPermitted = ErrorNumber(1)
    public static let notFound = ErrorNumber(2)
    public static let interrupted = ErrorNumber(4)
    public static let inputOutput = ErrorNumber(5)
    public static let again = ErrorNumber(11)
    public static let access = ErrorNumber(13)
    public static let busy = ErrorNumber(16)
    public static let exists = ErrorNumber(17)
    public static let noDevice = ErrorNumber(19)
    public static let notDirectory = ErrorNumber(20)
    public static let isDirectory = ErrorNumber(21)
    public static let invalid = ErrorNumber(22)
    public static let tooBig = ErrorNumber(27)
    public static let noSpace = ErrorNumber(28)
    public static let readOnly = ErrorNumber(30)
    public static let range = ErrorNumber(34)
    public static let nameTooLong = ErrorNumber(36)
    public static let notEmpty = ErrorNumber(39)
    public static let noData = ErrorNumber(61)
    public static let notUnique = ErrorNumber(76)
    public static let protocolNotSupported = ErrorNumber(93)
    public static let notSupported = ErrorNumber(95)
    public static let familyNotSupported = ErrorNumber(97)
    public static let addressInUse = ErrorNumber(98)
    public static let addressNotAvailable = ErrorNumber(99)
    public static let hostUnreachable = ErrorNumber(113)
    public static let quota = ErrorNumber(122)

    /// The symbol, such as `EINVAL`; `E<number>` for one that is not in the list.
    public var symbol: String {
        ErrorNumber.symbols[rawValue] ?? "E\(rawValue)"
    }

    private static let symbols: [Int32: String] = [
        1: "EPERM", 2: "ENOENT", 4: "EINTR", 5: "EIO", 11: "EAGAIN", 13: "EACCES", 16: "EBUSY", 17: "EEXIST",
        19: "ENODEV",
        20: "ENOTDIR",
        21: "EISDIR", 22: "EINVAL", 27: "EFBIG", 28: "ENOSPC", 30: "EROFS", 34: "ERANGE", 36: "ENAMETOOLONG",
        39: "ENOTEMPTY", 61: "ENODATA", 76: "ENOTUNIQ", 93: "EPROTONOSUPPORT", 95: "EOPNOTSUPP", 97: "EAFNOSUPPORT",
        98: "EADDRINUSE", 99: "EADDRNOTAVAIL", 113: "EHOSTUNREACH", 122: "EDQUOT",
    ]
}
