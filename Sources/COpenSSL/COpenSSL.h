#ifndef COPENSSL_H
#define COPENSSL_H

#include <stdint.h>
#include <string.h>
#include <sys/time.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
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

/* The beginning of the key block of an association that is up: client key, server key, client IV, server IV
 * (RFC 5246 section 6.3). Returns 1 when all is there. */
static inline int copenssl_key_block(SSL *ssl, uint8_t *block, size_t length) {
    enum { label_length = 13 };
    uint8_t master[SSL_MAX_MASTER_KEY_LENGTH];
    uint8_t seed[label_length + 2 * SSL3_RANDOM_SIZE] = "key expansion";
    const SSL_CIPHER *cipher = SSL_get_current_cipher(ssl);
    const EVP_MD *digest = cipher ? SSL_CIPHER_get_handshake_digest(cipher) : NULL;
    const SSL_SESSION *session = SSL_get_session(ssl);
    if (!digest || !session) return 0;
    (void)SSL_get_server_random(ssl, seed + label_length, SSL3_RANDOM_SIZE);
    (void)SSL_get_client_random(ssl, seed + label_length + SSL3_RANDOM_SIZE, SSL3_RANDOM_SIZE);
    size_t master_length = SSL_SESSION_get_master_key(session, master, sizeof master);
    EVP_KDF *function = EVP_KDF_fetch(NULL, "TLS1-PRF", NULL);
    EVP_KDF_CTX *context = function ? EVP_KDF_CTX_new(function) : NULL;
    EVP_KDF_free(function);
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)EVP_MD_get0_name(digest), 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, master, master_length),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, seed, sizeof seed),
        OSSL_PARAM_construct_end(),
    };
    int done = context && master_length > 0 && EVP_KDF_derive(context, block, length, parameters) == 1;
    EVP_KDF_CTX_free(context);
    OPENSSL_cleanse(master, sizeof master);
    return done;
}

/* The NID of the record cipher of an association that is up, 0 when there is none. */
static inline int copenssl_record_cipher(SSL *ssl) {
    const SSL_CIPHER *cipher = SSL_get_current_cipher(ssl);
    return cipher ? SSL_CIPHER_get_cipher_nid(cipher) : 0;
}

/* HMAC-SHA1 (RFC 2104) with the key hashed already: the states after the inner and the outer block.
 *
 * OpenSSL 3.0's own HMAC copies digest contexts for each message, and every copy allocates. The functions on
 * plain SHA_CTX are marked as old in 3.0; they are the ones that leave memory alone. */

typedef struct {
    SHA_CTX inner;
    SHA_CTX outer;
} copenssl_hmac_sha1;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

static inline void copenssl_hmac_sha1_init(copenssl_hmac_sha1 *hmac, const uint8_t *key, size_t length) {
    uint8_t block[64];
    /* No SRTP authentication key is longer than a block. */
    if (length > sizeof block) length = sizeof block;
    memset(block, 0x36, sizeof block);
    for (size_t i = 0; i < length; i++) block[i] ^= key[i];
    SHA1_Init(&hmac->inner);
    SHA1_Update(&hmac->inner, block, sizeof block);
    for (size_t i = 0; i < sizeof block; i++) block[i] ^= 0x36 ^ 0x5c;
    SHA1_Init(&hmac->outer);
    SHA1_Update(&hmac->outer, block, sizeof block);
    OPENSSL_cleanse(block, sizeof block);
}

/* The tag of 20 bytes for `message` followed by `suffix`. */
static inline void copenssl_hmac_sha1_tag(const copenssl_hmac_sha1 *hmac, const uint8_t *message, size_t length,
                                          const uint8_t *suffix, size_t suffix_length, uint8_t *tag) {
    SHA_CTX state = hmac->inner;
    SHA1_Update(&state, message, length);
    SHA1_Update(&state, suffix, suffix_length);
    SHA1_Final(tag, &state);
    state = hmac->outer;
    SHA1_Update(&state, tag, SHA_DIGEST_LENGTH);
    SHA1_Final(tag, &state);
}

#pragma GCC diagnostic pop

#endif
