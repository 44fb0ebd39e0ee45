// What thousands of sockets on one thread need from Linux, as few calls as it takes: connected UDP sockets whose
// datagrams carry the kernel's receive time, epoll, batches, and the limits that a load run meets first.
//
// _GNU_SOURCE is defined in CLoadNet.c only: here it would change the system's types under Swift's own import of them.
#ifndef CLOADNET_H
#define CLOADNET_H

#include <stdbool.h>
#include <stdint.h>

/// Bytes of one slot of a batch.
#define CLOADNET_SLOT 2048
/// Slots of a batch.
#define CLOADNET_BATCH 32
/// Most events of one cloadnet_wait.
#define CLOADNET_EVENTS 512

/// An address as RelayTypes.Endpoint keeps it: IPv4 fills the upper half of `high`.
typedef struct cloadnet_address {
    uint64_t high;
    uint64_t low;
    uint16_t port;
    bool is_ipv6;
} cloadnet_address;

/// Preallocated room for CLOADNET_BATCH datagrams; one thread's.
typedef struct cloadnet_batch cloadnet_batch;

/// Opens a non-blocking UDP socket connected to one address, which stamps what it receives. Returns it, or -errno.
int cloadnet_open(const cloadnet_address *server);
/// The local end of a socket.
cloadnet_address cloadnet_local(int descriptor);
void cloadnet_close(int descriptor);

/// Returns NULL when there is no memory.
cloadnet_batch *cloadnet_batch_new(void);
void cloadnet_batch_free(cloadnet_batch *batch);
/// Where a slot's bytes are; aligned to 16.
uint8_t *cloadnet_slot(cloadnet_batch *batch, int slot);
/// Bytes received into a slot.
int cloadnet_length(const cloadnet_batch *batch, int slot);
/// When the kernel received a slot's datagram, CLOCK_REALTIME in nanoseconds; 0 when it did not tell.
uint64_t cloadnet_stamp(const cloadnet_batch *batch, int slot);
/// Takes what a socket has, without waiting. Returns how many, 0 for none, or -errno.
int cloadnet_receive(int descriptor, cloadnet_batch *batch);
/// Sends one datagram. Returns 0, or -errno.
int cloadnet_send(int descriptor, const uint8_t *bytes, int length);
/// Sends the first `count` slots, each as long as `lengths` says. Returns how many went, or -errno about the first.
int cloadnet_send_batch(int descriptor, cloadnet_batch *batch, const int32_t *lengths, int count);

/// Makes an epoll set, or returns -errno.
int cloadnet_poller(void);
/// Watches a descriptor for input, edge-triggered. Returns 0, or -errno.
int cloadnet_watch(int poller, int descriptor, uint32_t token);
/// Waits at most so long. Fills `tokens` (room for CLOADNET_EVENTS). Returns how many.
int cloadnet_wait(int poller, int64_t nanoseconds, uint32_t *tokens);
/// Makes an eventfd, or returns -errno.
int cloadnet_event(void);
void cloadnet_signal(int descriptor);
void cloadnet_clear(int descriptor);

/// CLOCK_MONOTONIC in nanoseconds.
uint64_t cloadnet_monotonic(void);
/// CLOCK_REALTIME minus CLOCK_MONOTONIC, in nanoseconds, read between two reads of the latter.
uint64_t cloadnet_realtime_offset(void);
/// CPU time of the calling thread, in nanoseconds.
uint64_t cloadnet_thread_time(void);
/// Sleeps; woken by nothing.
void cloadnet_sleep(uint64_t nanoseconds);
/// Names the calling thread, at most 15 bytes, and blocks every signal in it.
void cloadnet_begin_thread(const char *name);

/// Raises the soft limit of open files to the hard one. Returns the limit.
uint64_t cloadnet_raise_files(void);
/// Ports that the kernel picks for sockets nobody has bound; 0 when it does not tell.
int cloadnet_ephemeral_ports(void);

#endif
