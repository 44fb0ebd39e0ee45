/// Why the database did not do what it was asked.
///
/// The machine's fault: a sentence for the operator.
package enum StorageError: Error, Sendable, Equatable {
    /// The folder or the file cannot be made, opened or written.
    case unreadable(path: String, why: String)
    /// Another program holds a lock on the file.
    case locked(path: String)
    /// The file is not a database, or is damaged.
    case corrupt(path: String)
    /// A later version of Tidegate has written the file.
    case newerSchema(path: String)
    /// The disk is full.
    case full(path: String)
    /// Anything else, in SQLite's words.
    case failed(path: String, why: String)
    /// There is a record of this name already.
    case duplicate(String)
    /// There is no record of this name, and one is needed.
    case unknown(String)
}

extension StorageError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unreadable(let path, let why):
            "the database \(path) cannot be opened or written: \(why); check the folder, its owner and its disk"
        case .locked(let path):
            "the database \(path) is locked by another program; stop it, or give each server a file of its own"
        case .corrupt(let path):
            "the database \(path) is damaged or not a database; move it away and restore a copy"
        case .newerSchema(let path):
            "the database \(path) was written by a later version of Tidegate; use that version, or another file"
        case .full(let path):
            "the disk of the database \(path) is full; make room, and writing goes on by itself"
        case .failed(let path, let why): "the database \(path) failed: \(why)"
        case .duplicate(let name): "there is a record '\(name)' already"
        case .unknown(let name): "there is no record '\(name)'"
        }
    }
}
