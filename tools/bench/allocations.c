// Counts what each thread of a program allocates: LD_PRELOAD this, and TIDEGATE_BENCH_ALLOCATIONS names the file.
//
// The file is an array of triples of 64-bit words: a thread's id, its number of allocations so far, and the bytes that it
// has taken and not given back. It is mapped, so that a reader sees it while the program runs. What one thread takes and
// another gives back counts for both, each in its own way.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SLOTS = 4096 };

typedef struct { _Atomic uint64_t thread, count; _Atomic int64_t bytes; } slot_t;

extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

static slot_t *_Atomic slots;
static _Atomic unsigned taken;
static __thread slot_t *mine __attribute__((tls_model("initial-exec")));

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("TIDEGATE_BENCH_ALLOCATIONS");
    if (!path) return;
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (file < 0 || ftruncate(file, SLOTS * sizeof(slot_t))) return;
    void *mapped = mmap(NULL, SLOTS * sizeof(slot_t), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (mapped != MAP_FAILED) atomic_store(&slots, mapped);
}

static inline slot_t *own(void) {
    slot_t *all = atomic_load_explicit(&slots, memory_order_relaxed);
    if (!all || mine) return mine;
    unsigned number = atomic_fetch_add(&taken, 1);
    mine = &all[number < SLOTS ? number : SLOTS - 1];
    atomic_store(&mine->thread, (uint64_t)syscall(SYS_gettid));
    return mine;
}

static inline void *note(void *memory) {
    slot_t *slot = own();
    if (!slot || !memory) return memory;
    atomic_fetch_add_explicit(&slot->count, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&slot->bytes, (int64_t)malloc_usable_size(memory), memory_order_relaxed);
    return memory;
}

static inline void forget(void *memory) {
    slot_t *slot = memory ? own() : NULL;
    if (slot) atomic_fetch_sub_explicit(&slot->bytes, (int64_t)malloc_usable_size(memory), memory_order_relaxed);
}

void *malloc(size_t size) { return note(__libc_malloc(size)); }
void *calloc(size_t number, size_t size) { return note(__libc_calloc(number, size)); }
void *realloc(void *old, size_t size) {
    size_t before = old ? malloc_usable_size(old) : 0;
    void *memory = __libc_realloc(old, size);
    slot_t *slot = memory ? own() : NULL;
    if (slot) atomic_fetch_sub_explicit(&slot->bytes, (int64_t)before, memory_order_relaxed);
    return note(memory);
}
void free(void *memory) {
    forget(memory);
    __libc_free(memory);
}
void *memalign(size_t alignment, size_t size) { return note(__libc_memalign(alignment, size)); }
void *aligned_alloc(size_t alignment, size_t size) { return note(__libc_memalign(alignment, size)); }
int posix_memalign(void **result, size_t alignment, size_t size) {
    *result = note(__libc_memalign(alignment, size));
    return *result ? 0 : ENOMEM;
}
