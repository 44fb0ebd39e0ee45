#ifndef CNICESTUN_H
#define CNICESTUN_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include <stun/debug.h>
#include <stun/stunagent.h>
#include <stun/usages/ice.h>

/*
 * Sets up an agent for ICE: RFC 5389 framing, short-term credentials, FINGERPRINT.
 *
 * libnice keeps the pointer to the list of known attributes, so the list is static. It is shorter than
 * STUN_ALL_KNOWN_ATTRIBUTES, which has TURN's too: a connectivity check that demands those is to be refused
 * with 420 (RFC 8489 section 6.3.1). 0x001C is MESSAGE-INTEGRITY-SHA256, which may accompany MESSAGE-INTEGRITY.
 */
static inline void cnicestun_agent_init(StunAgent *agent) {
    static const uint16_t known[] = {
        STUN_ATTRIBUTE_MAPPED_ADDRESS, STUN_ATTRIBUTE_USERNAME, STUN_ATTRIBUTE_MESSAGE_INTEGRITY,
        STUN_ATTRIBUTE_ERROR_CODE, STUN_ATTRIBUTE_UNKNOWN_ATTRIBUTES, STUN_ATTRIBUTE_REALM,
        STUN_ATTRIBUTE_NONCE, 0x001C, STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS, STUN_ATTRIBUTE_PRIORITY,
        STUN_ATTRIBUTE_USE_CANDIDATE, 0};
    stun_debug_disable();
    memset(agent, 0, sizeof *agent);
    stun_agent_init(agent, known, STUN_COMPATIBILITY_RFC5389,
                    STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS | STUN_AGENT_USAGE_USE_FINGERPRINT);
}

/* Appends XOR-MAPPED-ADDRESS. `address` has 4 or 16 bytes in network order, `port` is in host order. */
static inline bool cnicestun_append_xor_mapped_address(StunMessage *message, const uint8_t *address,
                                                       bool is_ipv6, uint16_t port) {
    struct sockaddr_storage storage;
    memset(&storage, 0, sizeof storage);
    socklen_t length;
    if (is_ipv6) {
        struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&storage;
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        memcpy(&v6->sin6_addr, address, 16);
        length = sizeof *v6;
    } else {
        struct sockaddr_in *v4 = (struct sockaddr_in *)&storage;
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        memcpy(&v4->sin_addr, address, 4);
        length = sizeof *v4;
    }
    return stun_message_append_xor_addr(message, STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS, &storage, length)
        == STUN_MESSAGE_RETURN_SUCCESS;
}

/* Reads what stun_usage_ice_conncheck_process found. `address` has room for 16 bytes. */
static inline StunUsageIceReturn cnicestun_process_response(StunMessage *message, uint8_t *address,
                                                            bool *is_ipv6, uint16_t *port) {
    struct sockaddr_storage storage;
    memset(&storage, 0, sizeof storage);
    socklen_t length = sizeof storage;
    StunUsageIceReturn result = stun_usage_ice_conncheck_process(
        message, &storage, &length, STUN_USAGE_ICE_COMPATIBILITY_RFC5245);
    if (result != STUN_USAGE_ICE_RETURN_SUCCESS) return result;
    memset(address, 0, 16);
    *is_ipv6 = storage.ss_family == AF_INET6;
    if (*is_ipv6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&storage;
        *port = ntohs(v6->sin6_port);
        memcpy(address, &v6->sin6_addr, 16);
    } else {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)&storage;
        *port = ntohs(v4->sin_port);
        memcpy(address, &v4->sin_addr, 4);
    }
    return result;
}

#endif
