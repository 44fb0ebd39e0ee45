// Counts what one thread allocates, so that a test can say: nothing.
//
// The test executable's own malloc stands in front of the C library's, for every library that it loads.
#ifndef CALLOCATIONCOUNT_H
#define CALLOCATIONCOUNT_H

#include <stdbool.h>
#include <stdint.h>

/// Whether allocations are counted at all; not under a sanitizer, which has a malloc of its own.
bool callocationcount_works(void);

/// Names the calling thread; at most 15 threads may ever be counted in a process.
///
/// Returns what callocationcount_of takes, or -1.
int callocationcount_begin(void);

/// Allocations of a thread since it began.
uint64_t callocationcount_of(int thread);

#endif
