import ArgumentParser

/// What scripts can tell from how the program ended; said to people in one place, the help of `tidegatectl`.
enum ExitStatus: Int32 {
    /// Done, or shown.
    case done = 0
    /// The server refused, knows no such id, or something on this machine is not as it must be.
    case refused = 1
    /// Nobody answers, or not as a Tidegate server does.
    case unreachable = 2
    /// `doctor`: nothing is bad, but something deserves a look.
    case warned = 3
    /// The command line cannot be understood (`EX_USAGE` of sysexits.h).
    case misused = 64

    static let discussion = """
        Exit status: 0 done, 1 the server refused, knows no such id, or something here is not as it must be, 2 the \
        server cannot be reached, 3 'doctor' has warnings only, 64 the command line is wrong. What fails is one \
        sentence on standard error.
        """
}
