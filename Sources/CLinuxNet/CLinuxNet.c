#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif

#include "CLinuxNet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/udp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

// Since Linux 4.18 and 5.0; older headers do not name them.
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

_Static_assert(CMSG_SPACE(sizeof(int)) <= CLINUXNET_CONTROL, "a control message with an int fits");
_Static_assert(sizeof(clinuxnet_header) == sizeof(struct mmsghdr), "clinuxnet_header is struct mmsghdr");
_Static_assert(
    offsetof(clinuxnet_header, msg_len) == offsetof(struct mmsghdr, msg_len), "clinuxnet_header is struct mmsghdr");

bool clinuxnet_parse(const char *text, clinuxnet_address *result) {
    struct in_addr ipv4;
    struct in6_addr ipv6;
    memset(result, 0, sizeof *result);
    if (inet_pton(AF_INET, text, &ipv4) == 1) {
        result->high = (uint64_t)ntohl(ipv4.s_addr) << 32;
        return true;
    }
    if (inet_pton(AF_INET6, text, &ipv6) == 1) {
        result->high = clinuxnet_load64(ipv6.s6_addr);
        result->low = clinuxnet_load64(ipv6.s6_addr + 8);
        result->is_ipv6 = true;
        return true;
    }
    return false;
}

int clinuxnet_open(
    const clinuxnet_address *address, int buffer_size, clinuxnet_address *bound) {
    int descriptor = socket(
        address->is_ipv6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
    if (descriptor < 0) return -errno;
    int on = 1;
    if (address->is_ipv6
        && setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0) {
        int code = errno;
        close(descriptor);
        return -code;
    }
    // Best effort: the kernel gives at most net.core.rmem_max and wmem_max.
    (void)setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &buffer_size, sizeof buffer_size);
    (void)setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &buffer_size, sizeof buffer_size);
    struct sockaddr_in6 name;
    socklen_t length =
        clinuxnet_write_address(&name, address->high, address->low, address->port, address->is_ipv6);
    if (bind(descriptor, (struct sockaddr *)&name, length) != 0) {
        int code = errno;
        close(descriptor);
        return -code;
    }
    length = sizeof name;
    if (getsockname(descriptor, (struct sockaddr *)&name, &length) != 0) {
        int code = errno;
        close(descriptor);
        return -code;
    }
    *bound = clinuxnet_read_address(&name);
    return descriptor;
}

bool clinuxnet_coalesce_received(int descriptor) {
    int on = 1;
    return setsockopt(descriptor, IPPROTO_UDP, UDP_GRO, &on, sizeof on) == 0;
}

bool clinuxnet_can_segment(int descriptor) {
    int size = 0;
    socklen_t length = sizeof size;
    return getsockopt(descriptor, IPPROTO_UDP, UDP_SEGMENT, &size, &length) == 0;
}

void clinuxnet_prepare(clinuxnet_message *messages, clinuxnet_header *headers, int count) {
    for (int index = 0; index < count; index++) {
        memset(&headers[index], 0, sizeof headers[index]);
        headers[index].msg_hdr.msg_iov = &messages[index].vector;
        headers[index].msg_hdr.msg_iovlen = 1;
        headers[index].msg_hdr.msg_name = &messages[index].name;
        headers[index].msg_hdr.msg_namelen = sizeof messages[index].name;
        headers[index].msg_hdr.msg_control = messages[index].control;
    }
}

int clinuxnet_segment_size(clinuxnet_header *header) {
    struct cmsghdr *message = CMSG_FIRSTHDR(&header->msg_hdr);
    if (!message || message->cmsg_level != IPPROTO_UDP || message->cmsg_type != UDP_GRO) return 0;
    int size;
    memcpy(&size, CMSG_DATA(message), sizeof size);
    return size;
}

void clinuxnet_address_message(
    clinuxnet_header *header, clinuxnet_target *target, struct iovec *vectors, int count, uint16_t segment) {
    header->msg_hdr.msg_name = &target->name;
    header->msg_hdr.msg_iov = vectors;
    header->msg_hdr.msg_iovlen = (size_t)count;
    header->msg_hdr.msg_control = NULL;
    header->msg_hdr.msg_controllen = 0;
    header->msg_hdr.msg_flags = 0;
    if (segment == 0) return;
    header->msg_hdr.msg_control = target->control;
    header->msg_hdr.msg_controllen = CMSG_SPACE(sizeof segment);
    struct cmsghdr *message = CMSG_FIRSTHDR(&header->msg_hdr);
    message->cmsg_level = IPPROTO_UDP;
    message->cmsg_type = UDP_SEGMENT;
    message->cmsg_len = CMSG_LEN(sizeof segment);
    memcpy(CMSG_DATA(message), &segment, sizeof segment);
}

int clinuxnet_receive(
    int descriptor, clinuxnet_message *messages, clinuxnet_header *headers, int count) {
    for (int index = 0; index < count; index++) {
        headers[index].msg_hdr.msg_namelen = sizeof messages[index].name;
        headers[index].msg_hdr.msg_controllen = sizeof messages[index].control;
        headers[index].msg_hdr.msg_flags = 0;
    }
    int received;
    do {
        received = recvmmsg(descriptor, (struct mmsghdr *)headers, (unsigned)count, MSG_DONTWAIT, NULL);
    } while (received < 0 && errno == EINTR);
    if (received >= 0) return received;
    return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
}

int clinuxnet_send(int descriptor, clinuxnet_header *headers, int count) {
    int sent;
    do {
        sent = sendmmsg(descriptor, (struct mmsghdr *)headers, (unsigned)count, MSG_DONTWAIT);
    } while (sent < 0 && errno == EINTR);
    return sent >= 0 ? sent : -errno;
}

int clinuxnet_wait(struct pollfd *descriptors, int count, int64_t nanoseconds) {
    struct timespec timeout;
    timeout.tv_sec = nanoseconds / 1000000000;
    timeout.tv_nsec = nanoseconds % 1000000000;
    int ready = ppoll(descriptors, (nfds_t)count, nanoseconds < 0 ? NULL : &timeout, NULL);
    return ready >= 0 ? ready : -errno;
}

uint64_t clinuxnet_monotonic(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int clinuxnet_event(void) {
    int descriptor = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return descriptor >= 0 ? descriptor : -errno;
}

void clinuxnet_signal(int descriptor) {
    uint64_t one = 1;
    // EAGAIN: it is signalled already, as far as can be counted.
    (void)!write(descriptor, &one, sizeof one);
}

void clinuxnet_clear(int descriptor) {
    uint64_t value;
    (void)!read(descriptor, &value, sizeof value);
}

void clinuxnet_begin_thread(const char *name) {
    (void)pthread_setname_np(pthread_self(), name);
    sigset_t all;
    sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, NULL);
    // Media goes before signalling where both want one core: 100 handshakes a second's worth of JSON and TLS would
    // otherwise stall it for as long as the scheduler is fair. Needs root, CAP_SYS_NICE or LimitNICE; else it stays.
    (void)setpriority(PRIO_PROCESS, 0, -10);
    // A pause of 200 us would otherwise take up to 50 us more.
    (void)prctl(PR_SET_TIMERSLACK, 1000UL, 0UL, 0UL, 0UL);
}

int clinuxnet_join(unsigned long thread, int64_t seconds) {
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until); // The clock that the call wants.
    until.tv_sec += (time_t)seconds;
    return pthread_timedjoin_np((pthread_t)thread, NULL, &until);
}

int clinuxnet_clock(int64_t *maximum_error) {
    struct timex state;
    memset(&state, 0, sizeof state);
    int result = adjtimex(&state);
    if (result < 0) return -errno;
    *maximum_error = state.maxerror;
    return result != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
}

int clinuxnet_receive_buffer(int descriptor) {
    int size = 0;
    socklen_t length = sizeof size;
    return getsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, &length) == 0 ? size / 2 : -errno;
}
