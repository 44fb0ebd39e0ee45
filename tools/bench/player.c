// Plays a file of datagrams at a relay and counts what comes back.
//
// One UDP socket serves every flow: a flow is a source address of its own in 127.0.0.0/8 (IP_PKTINFO), so that one
// sendmmsg(2) carries many flows and the generator never is the bottleneck. Each datagram is sent once at most, because
// receivers refuse replays. A packet that comes back is known by the address that it came to and its RTP sequence
// number: the flow file says which number belongs to which packet.
//
// Bursts go out as one send with UDP_SEGMENT, as a frame of several packets arrives from a network card with GRO.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

enum { BATCH = 64, RECEIVE = 65536, MOST_PHASES = 8, BUCKET_MS = 100 };

typedef struct {
    struct sockaddr_in destination;
    struct in_addr source;
    uint16_t first;      // sequence number at the receiver of the first packet of the file
    int32_t sent_by;     // which flow is received at this flow's address, -1 for none
    uint64_t last_arrival;
    uint64_t received;
} flow_t;

typedef struct { double rate, seconds; } phase_t;

typedef struct { uint64_t cpu_ns, user_ticks, system_ticks, wall_ns, received; } reading_t;

static flow_t *flows;
static int flow_count;
static uint32_t base_address;  // of flow 0, host order
static uint8_t *packets;
static size_t length, count;
static int burst = 1, batch = BATCH, window = 0;
static int descriptor = -1, sample_every = 0;
static pid_t watched;
static bool stamps, sleeps;
static FILE *samples;
static uint64_t *sent_at;   // CLOCK_REALTIME, ns, of each packet
static uint32_t *delay;     // ns from sending to arrival, 0: has not arrived
static size_t sent, received, duplicates, strangers, others, misplaced, pending;
static uint64_t send_errors;

static void die(const char *what) { perror(what); exit(1); }

static uint64_t clock_ns(clockid_t clock) {
    struct timespec now;
    if (clock_gettime(clock, &now)) return 0;
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

// CPU of the relay so far: exact nanoseconds of all its threads, and the kernel's split into user and system.
static reading_t reading(void) {
    reading_t r = {.wall_ns = clock_ns(CLOCK_MONOTONIC), .received = received};
    if (!watched) return r;
    clockid_t clock;
    if (!clock_getcpuclockid(watched, &clock)) r.cpu_ns = clock_ns(clock);
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)watched);
    FILE *file = fopen(path, "r");
    if (!file) return r;
    size_t n = fread(text, 1, sizeof text - 1, file);
    text[n] = 0;
    fclose(file);
    char *after = strrchr(text, ')');
    unsigned long user = 0, system = 0;
    if (after) sscanf(after + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
    r.user_ticks = user;
    r.system_ticks = system;
    return r;
}

// "source destination port first sent_by" for each flow, the sources one after another.
static void read_flows(const char *path) {
    FILE *file = fopen(path, "r");
    if (!file) die(path);
    char source[64], destination[64];
    unsigned port, first;
    int sent_by, room = 0;
    while (fscanf(file, "%63s %63s %u %u %d", source, destination, &port, &first, &sent_by) == 5) {
        if (flow_count == room) {
            room = room ? 2 * room : 1024;
            flows = realloc(flows, (size_t)room * sizeof *flows);
            if (!flows) die("realloc");
        }
        flow_t *flow = &flows[flow_count];
        memset(flow, 0, sizeof *flow);
        inet_pton(AF_INET, source, &flow->source);
        flow->destination.sin_family = AF_INET;
        inet_pton(AF_INET, destination, &flow->destination.sin_addr);
        flow->destination.sin_port = htons((uint16_t)port);
        flow->first = (uint16_t)first;
        flow->sent_by = sent_by;
        if (flow_count == 0) base_address = ntohl(flow->source.s_addr);
        if (ntohl(flow->source.s_addr) != base_address + (uint32_t)flow_count) {
            fprintf(stderr, "flow %d: sources must follow one another\n", flow_count);
            exit(1);
        }
        flow_count++;
    }
    fclose(file);
    if (!flow_count) { fprintf(stderr, "%s: no flows\n", path); exit(1); }
}

// MARK: Receiving

static uint8_t *receive_buffers;
static struct mmsghdr receive_headers[BATCH];
static struct iovec receive_vectors[BATCH];
static struct sockaddr_in receive_names[BATCH];
static uint8_t receive_controls[BATCH][256];

static void arrived(const uint8_t *bytes, size_t size, uint32_t local, uint64_t at) {
    if (size < 12 || bytes[0] < 128 || bytes[0] > 191) { others++; return; }
    uint8_t type = bytes[1] & 0x7f;
    if (type >= 64 && type < 96) { others++; return; }  // RTCP (RFC 5761)
    uint32_t place = local - base_address;
    if (place >= (uint32_t)flow_count || flows[place].sent_by < 0) { strangers++; return; }
    flow_t *receiver = &flows[place];
    int sender = receiver->sent_by;
    uint16_t number = (uint16_t)(bytes[2] << 8 | bytes[3]);
    size_t k = (uint16_t)(number - flows[sender].first);
    size_t index = ((k / (size_t)burst) * (size_t)flow_count + (size_t)sender) * (size_t)burst + k % (size_t)burst;
    receiver->received++;
    if (at > receiver->last_arrival) receiver->last_arrival = at;
    if (index >= sent) { misplaced++; return; }
    if (delay[index]) { duplicates++; return; }
    uint64_t took = at > sent_at[index] ? at - sent_at[index] : 1;
    delay[index] = took > UINT32_MAX ? UINT32_MAX : (uint32_t)took;
    received++;
    if (sample_every && received % (size_t)sample_every == 0 && samples) {
        uint32_t head[3] = {place, (uint32_t)k, (uint32_t)size};
        fwrite(head, sizeof head, 1, samples);
        fwrite(bytes, size, 1, samples);
    }
}

// Returns how many messages came.
static int take(bool counts) {
    for (int i = 0; i < BATCH; i++) {
        struct msghdr *header = &receive_headers[i].msg_hdr;
        receive_vectors[i] = (struct iovec){receive_buffers + (size_t)i * RECEIVE, RECEIVE};
        header->msg_name = &receive_names[i];
        header->msg_namelen = sizeof receive_names[i];
        header->msg_iov = &receive_vectors[i];
        header->msg_iovlen = 1;
        header->msg_control = receive_controls[i];
        header->msg_controllen = sizeof receive_controls[i];
    }
    int got = recvmmsg(descriptor, receive_headers, BATCH, MSG_DONTWAIT, NULL);
    if (got <= 0) return 0;
    if (!counts) return got;
    uint64_t now = stamps ? 0 : clock_ns(CLOCK_REALTIME);
    for (int i = 0; i < got; i++) {
        struct msghdr *header = &receive_headers[i].msg_hdr;
        uint32_t local = 0;
        size_t segment = receive_headers[i].msg_len;
        uint64_t at = now;
        for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
            if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
                struct in_pktinfo info;
                memcpy(&info, CMSG_DATA(c), sizeof info);
                local = ntohl(info.ipi_addr.s_addr);
            } else if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO) {
                int size;
                memcpy(&size, CMSG_DATA(c), sizeof size);
                if (size > 0) segment = (size_t)size;
            } else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMPNS) {
                struct timespec stamp;
                memcpy(&stamp, CMSG_DATA(c), sizeof stamp);
                at = (uint64_t)stamp.tv_sec * 1000000000u + (uint64_t)stamp.tv_nsec;
            }
        }
        if (!at) at = clock_ns(CLOCK_REALTIME);
        const uint8_t *bytes = receive_vectors[i].iov_base;
        size_t rest = receive_headers[i].msg_len;
        while (rest > 0) {
            size_t size = rest < segment ? rest : segment;
            arrived(bytes, size, local, at);
            bytes += size;
            rest -= size;
        }
    }
    return got;
}

// MARK: Sending

static struct mmsghdr send_headers[BATCH];
static struct iovec send_vectors[BATCH];
static uint8_t send_controls[BATCH][CMSG_SPACE(sizeof(struct in_pktinfo)) + CMSG_SPACE(sizeof(uint16_t))];

static void prepare_send(void) {
    for (int i = 0; i < BATCH; i++) {
        struct msghdr *header = &send_headers[i].msg_hdr;
        header->msg_iov = &send_vectors[i];
        header->msg_iovlen = 1;
        header->msg_namelen = sizeof(struct sockaddr_in);
        header->msg_control = send_controls[i];
        header->msg_controllen = burst > 1 ? sizeof send_controls[i] : CMSG_SPACE(sizeof(struct in_pktinfo));
        memset(send_controls[i], 0, sizeof send_controls[i]);
        struct cmsghdr *c = CMSG_FIRSTHDR(header);
        c->cmsg_level = IPPROTO_IP;
        c->cmsg_type = IP_PKTINFO;
        c->cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo));
        if (burst > 1) {
            c = CMSG_NXTHDR(header, c);
            c->cmsg_level = IPPROTO_UDP;
            c->cmsg_type = UDP_SEGMENT;
            c->cmsg_len = CMSG_LEN(sizeof(uint16_t));
            uint16_t segment = (uint16_t)length;
            memcpy(CMSG_DATA(c), &segment, sizeof segment);
        }
    }
}

// Sends up to `messages` messages of one burst each; returns how many packets went out.
static size_t emit(size_t messages) {
    if (messages > (size_t)batch) messages = (size_t)batch;
    size_t left = (count - sent) / (size_t)burst;
    if (messages > left) messages = left;
    for (size_t i = 0; i < messages; i++) {
        size_t group = sent / (size_t)burst + i;
        flow_t *flow = &flows[group % (size_t)flow_count];
        send_vectors[i] = (struct iovec){packets + group * (size_t)burst * length, (size_t)burst * length};
        send_headers[i].msg_hdr.msg_name = &flow->destination;
        struct in_pktinfo info = {.ipi_spec_dst = flow->source};
        memcpy(CMSG_DATA(CMSG_FIRSTHDR(&send_headers[i].msg_hdr)), &info, sizeof info);
    }
    if (!messages) return 0;
    uint64_t now = clock_ns(CLOCK_REALTIME);
    for (size_t i = 0; i < messages * (size_t)burst; i++) sent_at[sent + i] = now;
    // What is sent may come back before sendmmsg returns, but is looked at afterwards only.
    int went = sendmmsg(descriptor, send_headers, (unsigned)messages, MSG_DONTWAIT);
    if (went <= 0) { send_errors++; return 0; }
    sent += (size_t)went * (size_t)burst;
    return (size_t)went * (size_t)burst;
}

// MARK: Results

static int by_value(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static void print_delays(void) {
    uint32_t *sorted = malloc((received + 1) * sizeof *sorted);
    size_t n = 0;
    if (!sorted) die("malloc");
    for (size_t i = sent / 10; i < sent; i++) if (delay[i]) sorted[n++] = delay[i];
    qsort(sorted, n, sizeof *sorted, by_value);
#define AT(part) (n ? sorted[(size_t)((double)(n - 1) * (part))] / 1e3 : 0)
    printf(",\"delay_us\":{\"p50\":%.1f,\"p99\":%.1f,\"p999\":%.1f,\"max\":%.1f}", AT(.5), AT(.99), AT(.999), AT(1));
    free(sorted);
}

// How many packets of each tenth of a second were sent, and how many of them never arrived.
static void print_series(void) {
    if (!sent) return;
    uint64_t start = sent_at[0], width = BUCKET_MS * 1000000ull;
    printf(",\"bucket_ms\":%d,\"series\":[", BUCKET_MS);
    size_t i = 0;
    for (uint64_t bucket = 0; i < sent; bucket++) {
        size_t all = 0, lost = 0;
        while (i < sent && sent_at[i] < start + (bucket + 1) * width) {
            all++;
            lost += !delay[i];
            i++;
        }
        printf("%s[%zu,%zu]", bucket ? "," : "", all, lost);
    }
    printf("]");
}

static const char *value(int argc, char **argv, const char *name, const char *otherwise) {
    for (int i = 1; i + 1 < argc; i++) if (!strcmp(argv[i], name)) return argv[i + 1];
    return otherwise;
}

static bool flag(int argc, char **argv, const char *name) {
    for (int i = 1; i < argc; i++) if (!strcmp(argv[i], name)) return true;
    return false;
}

int main(int argc, char **argv) {
    const char *flow_path = value(argc, argv, "--flows", NULL), *packet_path = value(argc, argv, "--packets", NULL);
    const char *plan = value(argc, argv, "--rates", NULL), *sample_path = value(argc, argv, "--samples", NULL);
    descriptor = atoi(value(argc, argv, "--socket", "-1"));
    length = (size_t)atol(value(argc, argv, "--length", "0"));
    burst = atoi(value(argc, argv, "--burst", "1"));
    window = atoi(value(argc, argv, "--window", "0"));
    batch = atoi(value(argc, argv, "--batch", "64"));
    watched = atoi(value(argc, argv, "--watch", "0"));
    sample_every = atoi(value(argc, argv, "--sample-every", "0"));
    stamps = flag(argc, argv, "--stamps");
    sleeps = flag(argc, argv, "--sleep");
    if (!flow_path || !packet_path || descriptor < 0 || !length || burst < 1 || batch < 1 || batch > BATCH
        || (!plan && !window)) {
        fprintf(stderr,
            "player --socket FD --flows FILE --packets FILE --length BYTES [--burst N] [--batch N] [--watch PID]\n"
            "       (--window PACKETS | --rates RATE:SECONDS,...) [--samples FILE --sample-every N] [--stamps]\n"
            "       [--sleep] [--flow-report FILE]\n");
        return 2;
    }
    read_flows(flow_path);
    int file = open(packet_path, O_RDONLY);
    struct stat status;
    if (file < 0 || fstat(file, &status)) die(packet_path);
    count = (size_t)status.st_size / length;
    packets = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED | MAP_POPULATE, file, 0);
    if (packets == MAP_FAILED) die("mmap");
    if (count / (size_t)flow_count > 65536) { fprintf(stderr, "a flow's numbers would wrap\n"); return 1; }
    sent_at = calloc(count + 1, sizeof *sent_at);
    delay = calloc(count + 1, sizeof *delay);
    receive_buffers = malloc((size_t)BATCH * RECEIVE);
    if (!sent_at || !delay || !receive_buffers) die("malloc");
    memset(receive_buffers, 0, (size_t)BATCH * RECEIVE);
    for (size_t i = 0; i < count; i += 512) sent_at[i] = delay[i] = 0;  // Touch the pages now.
    if (sample_path && !(samples = fopen(sample_path, "w"))) die(sample_path);

    int on = 1, off = 0, room = 64 << 20;
    if (setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room))
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    if (setsockopt(descriptor, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    setsockopt(descriptor, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
    setsockopt(descriptor, IPPROTO_UDP, UDP_GRO, &on, sizeof on);
    setsockopt(descriptor, SOL_SOCKET, SO_TIMESTAMPNS, stamps ? &on : &off, sizeof on);
    prepare_send();
    while (take(false) > 0) {}  // What came before is nobody's.

    phase_t phases[MOST_PHASES];
    int phase_count = 0;
    for (const char *p = plan; p && *p && phase_count < MOST_PHASES;) {
        char *end;
        phases[phase_count].rate = strtod(p, &end);
        if (*end != ':') break;
        phases[phase_count].seconds = strtod(end + 1, &end);
        phase_count++;
        p = *end == ',' ? end + 1 : end;
    }

    // The middle of the play is what counts: from a tenth of its packets to nine tenths.
    size_t total = count;
    if (phase_count) {
        double wanted = 0;
        for (int i = 0; i < phase_count; i++) wanted += phases[i].rate * phases[i].seconds;
        if (wanted < (double)total) total = (size_t)wanted;
    }
    total -= total % (size_t)burst;
    reading_t begin = {0}, end = {0};
    bool begun = false, ended = false;
    uint64_t start = clock_ns(CLOCK_MONOTONIC), idle_since = start, limit = start + 120ull * 1000000000u;
    int phase = 0;
    uint64_t phase_start = start;
    double phase_sent = 0;
    while (sent < total) {
        uint64_t now = clock_ns(CLOCK_MONOTONIC);
        if (now > limit) break;
        if (!begun && sent >= total / 10) { begin = reading(); begun = true; }
        if (!ended && sent >= total / 10 * 9) { end = reading(); ended = true; }
        size_t due;
        if (window) {
            // Closed loop: so many packets under way and no more. What is lost is given up after a silence.
            int64_t under_way = (int64_t)sent - (int64_t)received - (int64_t)pending;
            due = under_way < window ? (size_t)(window - under_way) : 0;
            if (due) idle_since = now;
            else if (now - idle_since > 250000000u) { pending = sent - received; idle_since = now; }
        } else {
            double elapsed = (double)(now - phase_start) / 1e9;
            if (elapsed >= phases[phase].seconds) {
                if (++phase >= phase_count) break;
                phase_start = now;
                phase_sent = 0;
                continue;
            }
            double behind = elapsed * phases[phase].rate - phase_sent;
            due = behind > 0 ? (size_t)behind : 0;
        }
        size_t went = due >= (size_t)burst ? emit(due / (size_t)burst) : 0;
        phase_sent += (double)went;
        size_t before = received;
        while (take(true) == BATCH && window) {}
        if (received != before) idle_since = now;
        if (sleeps && !went && !window) {
            double next = (phase_sent + burst) / phases[phase].rate - (double)(clock_ns(CLOCK_MONOTONIC) - phase_start) / 1e9;
            struct timespec pause = {0, next > 0 && next < .01 ? (long)(next * 1e9) : 50000};
            struct pollfd polled = {descriptor, POLLIN, 0};
            ppoll(&polled, 1, &pause, NULL);
        }
    }
    if (!ended) end = reading();
    uint64_t finished = clock_ns(CLOCK_MONOTONIC);
    for (uint64_t last = finished; received < sent && clock_ns(CLOCK_MONOTONIC) - last < 300000000u;)
        if (take(true) > 0) last = clock_ns(CLOCK_MONOTONIC);
    if (samples) fclose(samples);

    double seconds = (double)(end.wall_ns - begin.wall_ns) / 1e9;
    uint64_t middle = end.received - begin.received;
    printf("{\"sent\":%zu,\"received\":%zu,\"lost\":%zu,\"duplicates\":%zu,\"strangers\":%zu,\"misplaced\":%zu,\"others\":%zu",
        sent, received, sent - received, duplicates, strangers, misplaced, others);
    printf(",\"send_errors\":%llu,\"seconds\":%.4f,\"send_rate\":%.0f", (unsigned long long)send_errors,
        (double)(finished - start) / 1e9, (double)sent / ((double)(finished - start) / 1e9));
    printf(",\"middle\":{\"seconds\":%.4f,\"packets\":%llu,\"rate\":%.0f", seconds, (unsigned long long)middle,
        seconds > 0 ? (double)middle / seconds : 0);
    if (watched && middle && seconds > 0) {
        double user = (double)(end.user_ticks - begin.user_ticks), system = (double)(end.system_ticks - begin.system_ticks);
        double cpu = (double)(end.cpu_ns - begin.cpu_ns), share = user + system > 0 ? user / (user + system) : 0;
        printf(",\"cpu_ns\":%.1f,\"user_ns\":%.1f,\"system_ns\":%.1f,\"busy\":%.4f", cpu / (double)middle,
            cpu / (double)middle * share, cpu / (double)middle * (1 - share), cpu / 1e9 / seconds);
    }
    printf("}");
    print_delays();
    if (phase_count > 1) print_series();
    printf("}\n");

    const char *report = value(argc, argv, "--flow-report", NULL);
    if (report) {
        FILE *out = fopen(report, "w");
        if (!out) die(report);
        for (int i = 0; i < flow_count; i++)
            fprintf(out, "%llu %llu\n", (unsigned long long)flows[i].received, (unsigned long long)flows[i].last_arrival);
        fclose(out);
    }
    return 0;
}
