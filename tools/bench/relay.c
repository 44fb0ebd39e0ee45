// The floor: the least that a relay of this shape can cost. recvmmsg, copy (or decrypt and encrypt), sendmmsg.
//
// It has no gates, no splices, no replay windows, no ICE. A flow is known by its source address, the base address plus
// its number; its packets go to the flow with the other last bit, at the port that the generator uses.
//
// With --make it writes the packets that it will understand, for the player.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <openssl/evp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

enum { BATCH = 64, SLOT = 2048, RUN_SLOT = 65536, HEADER = 24, TAG = 16, IN = 0, OUT = 1 };

static uint32_t base_address;
static int flow_count;
static bool gcm;
static EVP_CIPHER_CTX **contexts;  // two for each flow: what comes from it, what goes to it
static unsigned long long refused;

static void die(const char *what) { perror(what); exit(1); }

static const char *value(int argc, char **argv, const char *name, const char *otherwise) {
    for (int i = 1; i + 1 < argc; i++) if (!strcmp(argv[i], name)) return argv[i + 1];
    return otherwise;
}

static bool flag(int argc, char **argv, const char *name) {
    for (int i = 1; i < argc; i++) if (!strcmp(argv[i], name)) return true;
    return false;
}

// Keys that the maker and the relay agree on without a word; only their cost matters here.
static EVP_CIPHER_CTX *context(int flow, int direction, bool encrypts) {
    uint8_t key[16] = {0};
    key[0] = (uint8_t)flow;
    key[1] = (uint8_t)(flow >> 8);
    key[2] = (uint8_t)direction;
    EVP_CIPHER_CTX *made = EVP_CIPHER_CTX_new();
    if (!made || EVP_CipherInit_ex(made, EVP_aes_128_gcm(), NULL, key, NULL, encrypts) != 1) die("EVP");
    return made;
}

// The nonce (RFC 7714 section 8.1): SSRC, rollover counter and sequence number, mixed with the salt.
static void nonce(const uint8_t *packet, uint32_t rollover, const uint8_t *salt, uint8_t iv[12]) {
    memset(iv, 0, 12);
    memcpy(iv + 2, packet + 8, 4);
    for (int i = 0; i < 4; i++) iv[6 + i] = (uint8_t)(rollover >> (24 - 8 * i));
    memcpy(iv + 10, packet + 2, 2);
    for (int i = 0; salt && i < 12; i++) iv[i] ^= salt[i];
}

static bool transform(
    EVP_CIPHER_CTX *with, uint8_t *packet, size_t plain, bool encrypts, uint32_t rollover, const uint8_t *salt) {
    uint8_t iv[12];
    int n;
    nonce(packet, rollover, salt, iv);
    if (EVP_CipherInit_ex(with, NULL, NULL, NULL, iv, encrypts) != 1) return false;
    if (!encrypts && EVP_CIPHER_CTX_ctrl(with, EVP_CTRL_AEAD_SET_TAG, TAG, packet + plain) != 1) return false;
    if (EVP_CipherUpdate(with, NULL, &n, packet, HEADER) != 1) return false;
    if (EVP_CipherUpdate(with, packet + HEADER, &n, packet + HEADER, (int)plain - HEADER) != 1) return false;
    if (EVP_CipherFinal_ex(with, packet + plain, &n) != 1) return false;
    return !encrypts || EVP_CIPHER_CTX_ctrl(with, EVP_CTRL_AEAD_GET_TAG, TAG, packet + plain) == 1;
}

// Returns whether the packet may go on.
static bool transcode(int from, int to, uint8_t *packet, size_t size) {
    if (size < HEADER + TAG || !transform(contexts[2 * from + IN], packet, size - TAG, false, 0, NULL)
        || !transform(contexts[2 * to + OUT], packet, size - TAG, true, 0, NULL)) {
        refused++;
        return false;
    }
    return true;
}

// Session key and salt from a master key and salt in hexadecimal (RFC 3711 section 4.3, RFC 7714 section 11).
static EVP_CIPHER_CTX *derived(const char *text, uint8_t salt[12]) {
    uint8_t master[44], session[32], block[16], zeros[32] = {0};
    size_t size = strlen(text) / 2, key = size - 12;
    int n;
    for (size_t i = 0; i < size && i < sizeof master; i++) sscanf(text + 2 * i, "%2hhx", &master[i]);
    for (int label = 0; label <= 2; label += 2) {
        memset(block, 0, sizeof block);
        memcpy(block, master + key, 12);
        block[7] ^= (uint8_t)label;
        EVP_CIPHER_CTX *counter = EVP_CIPHER_CTX_new();
        if (!counter || EVP_EncryptInit_ex(counter, key == 32 ? EVP_aes_256_ctr() : EVP_aes_128_ctr(), NULL, master, block) != 1
            || EVP_EncryptUpdate(counter, label ? salt : session, &n, zeros, label ? 12 : (int)key) != 1) die("EVP");
        EVP_CIPHER_CTX_free(counter);
    }
    EVP_CIPHER_CTX *made = EVP_CIPHER_CTX_new();
    if (!made || EVP_CipherInit_ex(made, key == 32 ? EVP_aes_256_gcm() : EVP_aes_128_gcm(), NULL, session, NULL, 1) != 1)
        die("EVP");
    return made;
}

static int make(int argc, char **argv) {
    size_t length = (size_t)atol(value(argc, argv, "--length", "0")), count = (size_t)atol(value(argc, argv, "--count", "0"));
    size_t burst = (size_t)atol(value(argc, argv, "--burst", "1")), first = (size_t)atol(value(argc, argv, "--first", "0"));
    int prefix = atoi(value(argc, argv, "--channel-data", "0"));  // 4: with a ChannelData header (RFC 8656 §12.4)
    int file = open(value(argc, argv, "--make", ""), O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (file < 0 || ftruncate(file, (off_t)(length * count))) die("make");
    uint8_t *bytes = mmap(NULL, length * count, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (bytes == MAP_FAILED) die("mmap");
    EVP_CIPHER_CTX **keys = calloc((size_t)flow_count, sizeof *keys);
    uint8_t (*salts)[12] = calloc((size_t)flow_count, sizeof *salts);
    const char *masters = value(argc, argv, "--srtp-keys", NULL);
    FILE *list = masters ? fopen(masters, "r") : NULL;
    if (!keys || !salts || (masters && !list)) die("keys");
    for (int i = 0; i < flow_count; i++) {
        char text[128];
        if (list && fscanf(list, "%127s", text) != 1) die(masters);
        keys[i] = list ? derived(text, salts[i]) : context(i, IN, true);
    }
    for (size_t i = 0; i < count; i++) {
        size_t group = i / burst, flow = group % (size_t)flow_count;
        size_t number = first + group / (size_t)flow_count * burst + i % burst;
        uint8_t *packet = bytes + i * length;
        if (prefix) {
            size_t inner = length - 4;
            uint16_t channel = (uint16_t)(0x4000 + flow % 0x3000);
            packet[0] = (uint8_t)(channel >> 8);
            packet[1] = (uint8_t)channel;
            packet[2] = (uint8_t)(inner >> 8);
            packet[3] = (uint8_t)inner;
            packet += 4;
        }
        size_t size = length - (prefix ? 4 : 0);
        packet[0] = 0x90;
        packet[1] = 96;
        packet[2] = (uint8_t)(number >> 8);
        packet[3] = (uint8_t)number;
        packet[8] = (uint8_t)(flow >> 8);
        packet[9] = (uint8_t)flow;
        packet[12] = 0xbe;
        packet[13] = 0xde;
        packet[15] = 2;
        for (size_t k = HEADER; k < size - TAG; k++) packet[k] = (uint8_t)(k * 31);
        if (gcm && !transform(keys[flow], packet, size - TAG, true, list ? (uint32_t)(number >> 16) : 0, salts[flow]))
            die("encrypt");
    }
    munmap(bytes, length * count);
    return 0;
}

int main(int argc, char **argv) {
    struct in_addr parsed;
    inet_pton(AF_INET, value(argc, argv, "--base", "127.10.0.0"), &parsed);
    base_address = ntohl(parsed.s_addr);
    flow_count = atoi(value(argc, argv, "--flows", "500"));
    gcm = !strcmp(value(argc, argv, "--cipher", "none"), "gcm");
    if (value(argc, argv, "--make", NULL)) return make(argc, argv);

    bool runs = flag(argc, argv, "--gso");
    size_t slot = runs ? RUN_SLOT : SLOT;
    int descriptor = socket(AF_INET, SOCK_DGRAM, 0), on = 1, room = 4 << 20;
    struct sockaddr_in local = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof local;
    if (descriptor < 0 || bind(descriptor, (struct sockaddr *)&local, sizeof local)) die("bind");
    getsockname(descriptor, (struct sockaddr *)&local, &size);
    if (setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room))
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    if (setsockopt(descriptor, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    if (runs && setsockopt(descriptor, IPPROTO_UDP, UDP_GRO, &on, sizeof on)) die("UDP_GRO");

    if (gcm) {
        contexts = calloc(2 * (size_t)flow_count, sizeof *contexts);
        for (int i = 0; contexts && i < flow_count; i++) {
            contexts[2 * i + IN] = context(i, IN, false);
            contexts[2 * i + OUT] = context(i, OUT, true);
        }
    }
    uint8_t *in = calloc(BATCH, slot), *out = calloc(BATCH, slot);
    if (!in || !out) die("calloc");
    static struct mmsghdr received[BATCH], sending[BATCH];
    static struct iovec in_vectors[BATCH], out_vectors[BATCH];
    static struct sockaddr_in from[BATCH], to[BATCH];
    static uint8_t in_controls[BATCH][64], out_controls[BATCH][CMSG_SPACE(sizeof(uint16_t))];
    printf("ready %d\n", ntohs(local.sin_port));
    fflush(stdout);

    for (;;) {
        struct pollfd polled = {descriptor, POLLIN, 0};
        poll(&polled, 1, -1);
        for (int i = 0; i < BATCH; i++) {
            in_vectors[i] = (struct iovec){in + (size_t)i * slot, slot};
            received[i].msg_hdr = (struct msghdr){
                .msg_name = &from[i], .msg_namelen = sizeof from[i], .msg_iov = &in_vectors[i], .msg_iovlen = 1,
                .msg_control = runs ? in_controls[i] : NULL, .msg_controllen = runs ? sizeof in_controls[i] : 0};
        }
        int got = recvmmsg(descriptor, received, BATCH, MSG_DONTWAIT, NULL), ready = 0;
        for (int i = 0; i < got; i++) {
            uint32_t flow = ntohl(from[i].sin_addr.s_addr) - base_address;
            if (flow >= (uint32_t)flow_count) continue;
            uint32_t partner = flow ^ 1;
            size_t bytes = received[i].msg_len, segment = bytes, kept = 0;
            if (runs)
                for (struct cmsghdr *c = CMSG_FIRSTHDR(&received[i].msg_hdr); c; c = CMSG_NXTHDR(&received[i].msg_hdr, c))
                    if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO) {
                        int run;
                        memcpy(&run, CMSG_DATA(c), sizeof run);
                        if (run > 0) segment = (size_t)run;
                    }
            uint8_t *source = in_vectors[i].iov_base, *target = out + (size_t)ready * slot;
            for (size_t offset = 0; offset < bytes; offset += segment) {
                size_t one = bytes - offset < segment ? bytes - offset : segment;
                if (gcm) {
                    if (!transcode((int)flow, (int)partner, source + offset, one)) continue;
                } else {
                    memcpy(target + kept, source + offset, one);
                }
                kept += one;
            }
            if (!kept) continue;
            to[ready] = from[i];
            to[ready].sin_addr.s_addr = htonl(base_address + partner);
            out_vectors[ready] = (struct iovec){gcm ? source : target, kept};
            struct msghdr *header = &sending[ready].msg_hdr;
            *header = (struct msghdr){
                .msg_name = &to[ready], .msg_namelen = sizeof to[ready], .msg_iov = &out_vectors[ready], .msg_iovlen = 1};
            if (kept > segment) {
                header->msg_control = out_controls[ready];
                header->msg_controllen = sizeof out_controls[ready];
                struct cmsghdr *c = CMSG_FIRSTHDR(header);
                uint16_t run = (uint16_t)segment;
                c->cmsg_level = IPPROTO_UDP;
                c->cmsg_type = UDP_SEGMENT;
                c->cmsg_len = CMSG_LEN(sizeof run);
                memcpy(CMSG_DATA(c), &run, sizeof run);
            }
            ready++;
        }
        for (int done = 0; done < ready;) {
            int went = sendmmsg(descriptor, sending + done, (unsigned)(ready - done), 0);
            done += went > 0 ? went : 1;
        }
    }
}
