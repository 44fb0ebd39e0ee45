// The few Linux calls that Swift's Glibc overlay cannot express: batches of datagrams, eventfd, ppoll, and socket
// addresses as plain numbers. What is done for each packet is static inline; what is a system call is a function.
//
// _GNU_SOURCE is defined in CLinuxNet.c only: here it would change the system's types under Swift's own import of them.
#ifndef CLINUXNET_H
#define CLINUXNET_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

/// An address as RelayTypes.Endpoint keeps it: IPv4 fills the upper half of `high`.
typedef struct clinuxnet_address {
    uint64_t high;
    uint64_t low;
    uint16_t port;
    bool is_ipv6;
} clinuxnet_address;

/// `struct mmsghdr` of recvmmsg(2): a header, and how many bytes went through it.
typedef struct clinuxnet_header {
    struct msghdr msg_hdr;
    unsigned int msg_len;
} clinuxnet_header;

/// Room for one control message that holds a segment size.
#define CLINUXNET_CONTROL 32

/// One message of a receive batch: where it is, where it comes from, and what the kernel says about it.
typedef struct clinuxnet_message {
    struct iovec vector;
    struct sockaddr_in6 name;
    _Alignas(8) uint8_t control[CLINUXNET_CONTROL];
} clinuxnet_message;

/// Where one message of a send batch goes, and the size of its segments.
typedef struct clinuxnet_target {
    struct sockaddr_in6 name;
    _Alignas(8) uint8_t control[CLINUXNET_CONTROL];
} clinuxnet_target;

static inline uint64_t clinuxnet_load64(const uint8_t *bytes) {
    uint64_t value = 0;
    for (int index = 0; index < 8; index++) value = value << 8 | bytes[index];
    return value;
}

static inline void clinuxnet_store64(uint8_t *bytes, uint64_t value) {
    for (int index = 7; index >= 0; index--) {
        bytes[index] = (uint8_t)value;
        value >>= 8;
    }
}

static inline clinuxnet_address clinuxnet_read_address(const struct sockaddr_in6 *name) {
    clinuxnet_address result = {0, 0, 0, false};
    if (name->sin6_family == AF_INET) {
        struct sockaddr_in ipv4;
        memcpy(&ipv4, name, sizeof ipv4);
        result.high = (uint64_t)ntohl(ipv4.sin_addr.s_addr) << 32;
        result.port = ntohs(ipv4.sin_port);
    } else {
        result.high = clinuxnet_load64(name->sin6_addr.s6_addr);
        result.low = clinuxnet_load64(name->sin6_addr.s6_addr + 8);
        result.port = ntohs(name->sin6_port);
        result.is_ipv6 = true;
    }
    return result;
}

static inline socklen_t clinuxnet_write_address(
    struct sockaddr_in6 *name, uint64_t high, uint64_t low, uint16_t port, bool is_ipv6) {
    memset(name, 0, sizeof *name);
    if (!is_ipv6) {
        struct sockaddr_in ipv4;
        memset(&ipv4, 0, sizeof ipv4);
        ipv4.sin_family = AF_INET;
        ipv4.sin_addr.s_addr = htonl((uint32_t)(high >> 32));
        ipv4.sin_port = htons(port);
        memcpy(name, &ipv4, sizeof ipv4);
        return sizeof ipv4;
    }
    name->sin6_family = AF_INET6;
    clinuxnet_store64(name->sin6_addr.s6_addr, high);
    clinuxnet_store64(name->sin6_addr.s6_addr + 8, low);
    name->sin6_port = htons(port);
    return sizeof *name;
}

/// Reads a numeric address. Returns false for anything else, names included.
bool clinuxnet_parse(const char *text, clinuxnet_address *result);

/// Opens a UDP socket bound to one address. Returns the descriptor, or -errno. `bound` gets what it is bound to.
int clinuxnet_open(const clinuxnet_address *address, int buffer_size, clinuxnet_address *bound);

/// Asks the kernel to hand over runs of datagrams in one piece (UDP_GRO). Returns whether it will.
bool clinuxnet_coalesce_received(int descriptor);

/// Whether the kernel knows how to cut a message into datagrams (UDP_SEGMENT).
bool clinuxnet_can_segment(int descriptor);

/// Points the headers of a batch at its messages. They must not move afterwards.
void clinuxnet_prepare(clinuxnet_message *messages, clinuxnet_header *headers, int count);

/// Bytes in each datagram of a received message but the last, which may be shorter; 0 for a message of one datagram.
int clinuxnet_segment_size(clinuxnet_header *header);

/// Makes a header of the `count` datagrams at `vectors`; `segment` is the size of all but the last, 0 for one alone.
void clinuxnet_address_message(
    clinuxnet_header *header, clinuxnet_target *target, struct iovec *vectors, int count, uint16_t segment);

/// Takes what the socket has, without waiting. Returns how many, 0 for none, or -errno.
int clinuxnet_receive(int descriptor, clinuxnet_message *messages, clinuxnet_header *headers, int count);

/// Hands a batch to the kernel. Returns how many it took, or -errno about the first.
int clinuxnet_send(int descriptor, clinuxnet_header *headers, int count);

/// Waits until a descriptor is readable. `nanoseconds` below 0 means for ever. Returns poll's result, or -errno.
int clinuxnet_wait(struct pollfd *descriptors, int count, int64_t nanoseconds);

/// CLOCK_MONOTONIC in nanoseconds.
uint64_t clinuxnet_monotonic(void);

/// Makes an eventfd, or returns -errno.
int clinuxnet_event(void);
/// Makes an eventfd readable.
void clinuxnet_signal(int descriptor);
/// Makes it unreadable again.
void clinuxnet_clear(int descriptor);

/// Names the calling thread, at most 15 bytes, blocks every signal in it, makes its timers exact to 1 us, and puts it
/// before the others where it may.
void clinuxnet_begin_thread(const char *name);

/// Waits for a thread's end, so many seconds at most. 0: it has ended; else errno, and it may still run.
int clinuxnet_join(unsigned long thread, int64_t seconds);

/// Whether the kernel's wall clock is kept in step (adjtimex(2)): 1 or 0; negative: an errno.
int clinuxnet_clock(int64_t *maximum_error);

/// Bytes of datagrams that a socket's receive buffer was granted; negative: an errno.
int clinuxnet_receive_buffer(int descriptor);

#endif
