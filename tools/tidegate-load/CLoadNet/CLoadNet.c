#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif

#include "CLoadNet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

struct cloadnet_batch {
    _Alignas(16) uint8_t bytes[CLOADNET_BATCH][CLOADNET_SLOT];
    struct mmsghdr headers[CLOADNET_BATCH];
    struct iovec vectors[CLOADNET_BATCH];
    _Alignas(16) uint8_t control[CLOADNET_BATCH][64];
    uint64_t stamps[CLOADNET_BATCH];
};

static uint64_t load64(const uint8_t *bytes) {
    uint64_t value = 0;
    for (int index = 0; index < 8; index++) value = value << 8 | bytes[index];
    return value;
}

static void store64(uint8_t *bytes, uint64_t value) {
    for (int index = 7; index >= 0; index--) {
        bytes[index] = (uint8_t)value;
        value >>= 8;
    }
}

int cloadnet_open(const cloadnet_address *server) {
    struct sockaddr_in6 name;
    socklen_t length;
    memset(&name, 0, sizeof name);
    if (server->is_ipv6) {
        name.sin6_family = AF_INET6;
        name.sin6_port = htons(server->port);
        store64(name.sin6_addr.s6_addr, server->high);
        store64(name.sin6_addr.s6_addr + 8, server->low);
        length = sizeof name;
    } else {
        struct sockaddr_in ipv4;
        memset(&ipv4, 0, sizeof ipv4);
        ipv4.sin_family = AF_INET;
        ipv4.sin_port = htons(server->port);
        ipv4.sin_addr.s_addr = htonl((uint32_t)(server->high >> 32));
        memcpy(&name, &ipv4, sizeof ipv4);
        length = sizeof ipv4;
    }
    int descriptor = socket(server->is_ipv6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -errno;
    int on = 1;
    if (setsockopt(descriptor, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) != 0
        || connect(descriptor, (struct sockaddr *)&name, length) != 0) {
        int code = errno;
        close(descriptor);
        return -code;
    }
    return descriptor;
}

cloadnet_address cloadnet_local(int descriptor) {
    cloadnet_address result = {0, 0, 0, false};
    struct sockaddr_in6 name;
    socklen_t length = sizeof name;
    memset(&name, 0, sizeof name);
    if (getsockname(descriptor, (struct sockaddr *)&name, &length) != 0) return result;
    if (name.sin6_family == AF_INET) {
        struct sockaddr_in ipv4;
        memcpy(&ipv4, &name, sizeof ipv4);
        result.high = (uint64_t)ntohl(ipv4.sin_addr.s_addr) << 32;
        result.port = ntohs(ipv4.sin_port);
        return result;
    }
    result.high = load64(name.sin6_addr.s6_addr);
    result.low = load64(name.sin6_addr.s6_addr + 8);
    result.port = ntohs(name.sin6_port);
    result.is_ipv6 = true;
    return result;
}

void cloadnet_close(int descriptor) { close(descriptor); }

cloadnet_batch *cloadnet_batch_new(void) {
    cloadnet_batch *batch = aligned_alloc(64, (sizeof *batch + 63) & ~(size_t)63);
    if (batch == NULL) return NULL;
    memset(batch, 0, sizeof *batch);
    for (int index = 0; index < CLOADNET_BATCH; index++) {
        batch->vectors[index].iov_base = batch->bytes[index];
        batch->headers[index].msg_hdr.msg_iov = &batch->vectors[index];
        batch->headers[index].msg_hdr.msg_iovlen = 1;
    }
    return batch;
}

void cloadnet_batch_free(cloadnet_batch *batch) { free(batch); }

uint8_t *cloadnet_slot(cloadnet_batch *batch, int slot) { return batch->bytes[slot]; }

int cloadnet_length(const cloadnet_batch *batch, int slot) { return (int)batch->headers[slot].msg_len; }

uint64_t cloadnet_stamp(const cloadnet_batch *batch, int slot) { return batch->stamps[slot]; }

int cloadnet_receive(int descriptor, cloadnet_batch *batch) {
    for (int index = 0; index < CLOADNET_BATCH; index++) {
        batch->vectors[index].iov_len = CLOADNET_SLOT;
        batch->headers[index].msg_hdr.msg_control = batch->control[index];
        batch->headers[index].msg_hdr.msg_controllen = sizeof batch->control[index];
    }
    int received;
    do {
        received =
            recvmmsg(descriptor, batch->headers, CLOADNET_BATCH, MSG_DONTWAIT, NULL);
        // ECONNREFUSED tells of something sent earlier; the next read may succeed.
    } while (received < 0 && (errno == EINTR || errno == ECONNREFUSED));
    if (received < 0) return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
    for (int index = 0; index < received; index++) {
        struct msghdr *header = &batch->headers[index].msg_hdr;
        batch->stamps[index] = 0;
        for (struct cmsghdr *item = CMSG_FIRSTHDR(header); item != NULL; item = CMSG_NXTHDR(header, item)) {
            if (item->cmsg_level != SOL_SOCKET || item->cmsg_type != SCM_TIMESTAMPNS) continue;
            struct timespec time;
            memcpy(&time, CMSG_DATA(item), sizeof time);
            batch->stamps[index] = (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
        }
    }
    return received;
}

int cloadnet_send(int descriptor, const uint8_t *bytes, int length) {
    ssize_t sent;
    int attempts = 0;
    do {
        sent = send(descriptor, bytes, (size_t)length, MSG_DONTWAIT);
    } while (sent < 0 && (errno == EINTR || errno == ECONNREFUSED) && ++attempts < 3);
    return sent >= 0 ? 0 : -errno;
}

int cloadnet_send_batch(int descriptor, cloadnet_batch *batch, const int32_t *lengths, int count) {
    for (int index = 0; index < count; index++) {
        batch->vectors[index].iov_len = (size_t)lengths[index];
        batch->headers[index].msg_hdr.msg_control = NULL;
        batch->headers[index].msg_hdr.msg_controllen = 0;
    }
    int sent, attempts = 0;
    do {
        sent = sendmmsg(descriptor, batch->headers, (unsigned)count, MSG_DONTWAIT);
    } while (sent < 0 && (errno == EINTR || errno == ECONNREFUSED) && ++attempts < 3);
    return sent >= 0 ? sent : -errno;
}

int cloadnet_poller(void) {
    int poller = epoll_create1(EPOLL_CLOEXEC);
    return poller >= 0 ? poller : -errno;
}

int cloadnet_watch(int poller, int descriptor, uint32_t token) {
    struct epoll_event event;
    memset(&event, 0, sizeof event);
    event.events = EPOLLIN | EPOLLET;
    event.data.u32 = token;
    return epoll_ctl(poller, EPOLL_CTL_ADD, descriptor, &event) == 0 ? 0 : -errno;
}

int cloadnet_wait(int poller, int64_t nanoseconds, uint32_t *tokens) {
    struct epoll_event events[CLOADNET_EVENTS];
    // Milliseconds, rounded up: nothing that is due waits behind it, because short waits are cloadnet_sleep's.
    int milliseconds = (int)((nanoseconds + 999999) / 1000000);
    int ready = epoll_wait(poller, events, CLOADNET_EVENTS, milliseconds);
    for (int index = 0; index < ready; index++) tokens[index] = events[index].data.u32;
    return ready > 0 ? ready : 0;
}

int cloadnet_event(void) {
    int descriptor = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return descriptor >= 0 ? descriptor : -errno;
}

void cloadnet_signal(int descriptor) {
    uint64_t one = 1;
    (void)!write(descriptor, &one, sizeof one);
}

void cloadnet_clear(int descriptor) {
    uint64_t value;
    (void)!read(descriptor, &value, sizeof value);
}

static uint64_t read_clock(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t cloadnet_monotonic(void) { return read_clock(CLOCK_MONOTONIC); }

uint64_t cloadnet_realtime_offset(void) {
    uint64_t best = UINT64_MAX, offset = 0;
    // A thread may lose its CPU between two reads: the narrowest of a few brackets is the truest.
    for (int attempt = 0; attempt < 3; attempt++) {
        uint64_t before = read_clock(CLOCK_MONOTONIC);
        uint64_t real = read_clock(CLOCK_REALTIME);
        uint64_t after = read_clock(CLOCK_MONOTONIC);
        if (after - before >= best) continue;
        best = after - before;
        offset = real - before - best / 2;
    }
    return offset;
}

uint64_t cloadnet_thread_time(void) { return read_clock(CLOCK_THREAD_CPUTIME_ID); }

void cloadnet_sleep(uint64_t nanoseconds) {
    struct timespec time = {(time_t)(nanoseconds / 1000000000u), (long)(nanoseconds % 1000000000u)};
    (void)clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);
}

void cloadnet_begin_thread(const char *name) {
    (void)pthread_setname_np(pthread_self(), name);
    sigset_t all;
    sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, NULL);
}

uint64_t cloadnet_raise_files(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
    return (uint64_t)limit.rlim_cur;
}

int cloadnet_ephemeral_ports(void) {
    FILE *file = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");
    if (file == NULL) return 0;
    int first = 0, last = 0;
    int read = fscanf(file, "%d %d", &first, &last);
    fclose(file);
    return read == 2 && last >= first ? last - first + 1 : 0;
}
