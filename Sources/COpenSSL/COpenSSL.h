#ifndef COPENSSL_H
#define COPENSSL_H

#include <stdint.h>
#include <sys/time.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/srtp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

/* What OpenSSL has as macros, which Swift does not import. */

/* DTLS 1.2 and nothing else. */
static inline int copenssl_ctx_dtls12_only(SSL_CTX *ctx) {
    return SSL_CTX_set_min_proto_version(ctx, DTLS1_2_VERSION) == 1
        && SSL_CTX_set_max_proto_version(ctx, DTLS1_2_VERSION) == 1;
}

static inline int copenssl_ctx_set_groups(SSL_CTX *ctx, const char *groups) {
    return SSL_CTX_set1_groups_list(ctx, groups);
}

/* No tickets, no renegotiation, our own MTU, our own order of ciphers. */
static inline void copenssl_ctx_set_options(SSL_CTX *ctx) {
    SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_QUERY_MTU
                                 | SSL_OP_CIPHER_SERVER_PREFERENCE);
}

static inline void copenssl_ctx_no_session_cache(SSL_CTX *ctx) {
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
}

static inline void copenssl_ctx_release_buffers(SSL_CTX *ctx) {
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
}

/* Most bytes of a peer's certificate chain. */
static inline void copenssl_ctx_set_max_certificate_list(SSL_CTX *ctx, long bytes) {
    SSL_CTX_set_max_cert_list(ctx, bytes);
}

/* Largest datagram payload in bytes. */
static inline void copenssl_set_mtu(SSL *ssl, long bytes) {
    SSL_set_mtu(ssl, bytes);
}

/* Microseconds until the retransmission timer fires, 0 when it has; -1 when none runs. */
static inline int64_t copenssl_timeout(SSL *ssl) {
    struct timeval left;
    if (DTLSv1_get_timeout(ssl, &left) != 1) return -1;
    return (int64_t)left.tv_sec * 1000000 + left.tv_usec;
}

/* 1 when a flight was sent again, 0 when the timer has not fired, -1 when it was sent too often. */
static inline int copenssl_handle_timeout(SSL *ssl) {
    return (int)DTLSv1_handle_timeout(ssl);
}

static inline void copenssl_bio_should_read_later(BIO *bio) {
    BIO_set_retry_read(bio);
}

static inline void copenssl_bio_clear_retry(BIO *bio) {
    BIO_clear_retry_flags(bio);
}

static inline EVP_PKEY *copenssl_p256_key(void) {
    return EVP_EC_gen("P-256");
}

/* The id of the negotiated SRTP profile, 0 when there is none. */
static inline unsigned long copenssl_srtp_profile(SSL *ssl) {
    const SRTP_PROTECTION_PROFILE *profile = SSL_get_selected_srtp_profile(ssl);
    return profile ? profile->id : 0;
}

#endif
