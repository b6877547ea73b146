/// Why a store could not do what it was asked to, in words for people.
public struct StoreFailure: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Kind: String, Hashable, Sendable {
        /// No room on the disk, or a quota is used up.
        case full
        /// The file or its directory may not be written.
        case readOnly
        /// The file cannot be reached, or the disk failed.
        case inputOutput
        /// What is stored has no meaning.
        case corrupt
        /// What is stored is not what the changes were planned against.
        case conflict
        /// Another process has the store.
        case locked
        /// Written by a newer version of this program.
        case newerSchema
        /// A file of another kind.
        case notAStore
    }

    public let kind: Kind
    /// The store's file.
    public let path: String
    /// A full sentence.
    public let reason: String
    /// What to do about it: a full sentence.
    public let remedy: String

    public init(_ kind: Kind, path: String, reason: String, remedy: String) {
        self.kind = kind
        self.path = path
        self.reason = reason
        self.remedy = remedy
    }

    public var description: String { reason + " " + remedy }
}
