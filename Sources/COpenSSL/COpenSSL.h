#ifndef COPENSSL_H
#define COPENSSL_H

#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <sys/time.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/provider.h>
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

/* A provider's own functions of one cipher (provider-cipher(7)).
 *
 * EVP asks the provider for lengths and looks parameters up by name around each of them, which for a packet of 1,200
 * bytes takes a third of the time. Loaded once for a process, for all contexts. */
typedef struct {
    void *provider;
    OSSL_FUNC_cipher_newctx_fn *new_context;
    OSSL_FUNC_cipher_freectx_fn *free_context;
    OSSL_FUNC_cipher_encrypt_init_fn *begin_sealing;
    OSSL_FUNC_cipher_decrypt_init_fn *begin_opening;
    OSSL_FUNC_cipher_update_fn *update;
    OSSL_FUNC_cipher_final_fn *finish;
    OSSL_FUNC_cipher_get_ctx_params_fn *get;
} copenssl_cipher;

/* Whether a list of names, joined with colons, has this one. */
static inline int copenssl_is_named(const char *names, const char *name) {
    size_t length = strlen(name);
    for (; names; names = strchr(names, ':')) {
        if (*names == ':') names++;
        if (!strncasecmp(names, name, length) && (names[length] == 0 || names[length] == ':')) return 1;
    }
    return 0;
}

/* Finds a cipher where EVP would. Returns 1 when all of its functions are there. */
static inline int copenssl_cipher_load(copenssl_cipher *result, const char *name) {
    int may_change = 0;
    memset(result, 0, sizeof *result);
    /* Never freed: it keeps the provider. */
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, NULL);
    const OSSL_PROVIDER *provider = cipher ? EVP_CIPHER_get0_provider(cipher) : NULL;
    if (!provider) return 0;
    const OSSL_ALGORITHM *all = OSSL_PROVIDER_query_operation(provider, OSSL_OP_CIPHER, &may_change);
    for (; all && all->algorithm_names; all++) {
        if (!copenssl_is_named(all->algorithm_names, name)) continue;
        for (const OSSL_DISPATCH *one = all->implementation; one->function_id; one++) {
            switch (one->function_id) {
            case OSSL_FUNC_CIPHER_NEWCTX: result->new_context = OSSL_FUNC_cipher_newctx(one); break;
            case OSSL_FUNC_CIPHER_FREECTX: result->free_context = OSSL_FUNC_cipher_freectx(one); break;
            case OSSL_FUNC_CIPHER_ENCRYPT_INIT: result->begin_sealing = OSSL_FUNC_cipher_encrypt_init(one); break;
            case OSSL_FUNC_CIPHER_DECRYPT_INIT: result->begin_opening = OSSL_FUNC_cipher_decrypt_init(one); break;
            case OSSL_FUNC_CIPHER_UPDATE: result->update = OSSL_FUNC_cipher_update(one); break;
            case OSSL_FUNC_CIPHER_FINAL: result->finish = OSSL_FUNC_cipher_final(one); break;
            case OSSL_FUNC_CIPHER_GET_CTX_PARAMS: result->get = OSSL_FUNC_cipher_get_ctx_params(one); break;
            }
        }
        break;
    }
    result->provider = OSSL_PROVIDER_get0_provider_ctx(provider);
    return result->new_context && result->free_context && result->begin_sealing && result->begin_opening
        && result->update && result->finish && result->get;
}

/* A context with its key scheduled, or NULL. */
static inline void *copenssl_cipher_new(const copenssl_cipher *cipher, const uint8_t *key, size_t length, int seals) {
    void *context = cipher->new_context(cipher->provider);
    if (!context) return NULL;
    if ((seals ? cipher->begin_sealing : cipher->begin_opening)(context, key, length, NULL, 0, NULL) == 1) return context;
    cipher->free_context(context);
    return NULL;
}

/* Wipes the key. */
static inline void copenssl_cipher_free(const copenssl_cipher *cipher, void *context) { cipher->free_context(context); }

/* Bytes of a context that may be worth fetching into the cache: a little less than AES-GCM's in OpenSSL 3.0. */
enum { COPENSSL_CONTEXT_BYTES = 960, COPENSSL_NONCE = 12, COPENSSL_COUNTER = 16, COPENSSL_TAG = 16 };

/* Counter mode: encrypts or decrypts in place. */
static inline int copenssl_cipher_count(
    const copenssl_cipher *cipher, void *context, const uint8_t *counter, uint8_t *text, size_t length) {
    size_t written;
    return cipher->begin_sealing(context, NULL, 0, counter, COPENSSL_COUNTER, NULL) == 1
        && cipher->update(context, text, &written, length, text, length) == 1;
}

static inline int copenssl_cipher_add(
    const copenssl_cipher *cipher, void *context, const uint8_t *bytes, size_t length) {
    size_t written;
    return length == 0 || cipher->update(context, NULL, &written, length, bytes, length) == 1;
}

/* An AEAD: encrypts in place and writes the tag. What is only signed comes in two parts. */
static inline int copenssl_cipher_seal(
    const copenssl_cipher *cipher, void *context, const uint8_t *nonce, const uint8_t *first, size_t first_length,
    const uint8_t *second, size_t second_length, uint8_t *text, size_t length, uint8_t *tag) {
    size_t written;
    OSSL_PARAM wanted[] = {{OSSL_CIPHER_PARAM_AEAD_TAG, OSSL_PARAM_OCTET_STRING, tag, COPENSSL_TAG, 0}, OSSL_PARAM_END};
    return cipher->begin_sealing(context, NULL, 0, nonce, COPENSSL_NONCE, NULL) == 1
        && copenssl_cipher_add(cipher, context, first, first_length)
        && copenssl_cipher_add(cipher, context, second, second_length)
        && (length == 0 || cipher->update(context, text, &written, length, text, length) == 1)
        && cipher->finish(context, tag, &written, COPENSSL_TAG) == 1 && cipher->get(context, wanted) == 1;
}

/* An AEAD: decrypts in place, and compares the tag in constant time. 1: it is right; 0: it is not; -1: a failure. */
static inline int copenssl_cipher_open(
    const copenssl_cipher *cipher, void *context, const uint8_t *nonce, const uint8_t *first, size_t first_length,
    const uint8_t *second, size_t second_length, uint8_t *text, size_t length, uint8_t *tag) {
    size_t written;
    uint8_t nothing[COPENSSL_TAG];
    OSSL_PARAM given[] = {{OSSL_CIPHER_PARAM_AEAD_TAG, OSSL_PARAM_OCTET_STRING, tag, COPENSSL_TAG, 0}, OSSL_PARAM_END};
    if (cipher->begin_opening(context, NULL, 0, nonce, COPENSSL_NONCE, given) != 1
        || !copenssl_cipher_add(cipher, context, first, first_length)
        || !copenssl_cipher_add(cipher, context, second, second_length)
        || (length > 0 && cipher->update(context, text, &written, length, text, length) != 1)) return -1;
    return cipher->finish(context, nothing, &written, sizeof nothing) == 1;
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
