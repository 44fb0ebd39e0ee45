internal import CLinuxNet

/// What the kernel knows of how well its wall clock is set (adjtimex(2)).
package struct KernelClock: Sendable, Equatable {
    /// Whether something keeps it in step: NTP, PTP or the hypervisor.
    package let isSynchronised: Bool
    /// How far off it may be, in microseconds, as whoever sets it has told.
    package let maximumError: Int64

    package init(isSynchronised: Bool, maximumError: Int64) {
        self.isSynchronised = isSynchronised
        self.maximumError = maximumError
    }

    /// `nil` where the system does not tell, as in some containers.
    package static var now: KernelClock? {
        var maximumError: Int64 = 0
        let state = clinuxnet_clock(&maximumError)
        return state < 0 ? nil : KernelClock(isSynchronised: state == 1, maximumError: maximumError)
    }
}
