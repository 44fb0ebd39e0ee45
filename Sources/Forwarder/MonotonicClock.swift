internal import CLinuxNet
package import RelayTypes

/// `CLOCK_MONOTONIC`: never set, never goes back.
package enum MonotonicClock {
    package static var now: MonotonicInstant {
        MonotonicInstant(nanoseconds: clinuxnet_monotonic())
    }
}
