/* The one thing that Swift has no word for: asking for memory to be in the cache when it is used.
 *
 * A hint and nothing else: it reads nothing, changes nothing, and may be given any address. */
#ifndef CPREFETCH_H
#define CPREFETCH_H

#include <stdint.h>

/* Asks for every cache line of `bytes` bytes from `start` on. */
static inline void cprefetch(const void *start, long bytes) {
    const char *end = (const char *)start + bytes;
    const char *line = (const char *)((uintptr_t)start & ~(uintptr_t)63);
    for (; line < end; line += 64) __builtin_prefetch(line);
}

#endif
