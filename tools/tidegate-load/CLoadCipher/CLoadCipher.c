#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif

#include "CLoadCipher.h"

#include <dlfcn.h>
#include <openssl/evp.h>
#include <srtp2/cipher.h>
#include <srtp2/crypto_types.h>
#include <srtp2/srtp.h>
#include <stdlib.h>
#include <string.h>

enum { key_length = SRTP_AES_128_KEY_LEN, iv_length = 12 };

/// One key. libsrtp2 has a cipher for each SSRC and direction.
typedef struct {
    EVP_CIPHER_CTX *context;
    int tag_length;
} gcm_state;

static const srtp_cipher_type_t gcm_type;

static srtp_err_status_t gcm_alloc(srtp_cipher_pointer_t *result, int length, int tag_length) {
    if (length != SRTP_AES_GCM_128_KEY_LEN_WSALT) return srtp_err_status_bad_param;
    if (tag_length != 8 && tag_length != 16) return srtp_err_status_bad_param;
    srtp_cipher_t *cipher = calloc(1, sizeof *cipher);
    gcm_state *state = calloc(1, sizeof *state);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    if (cipher == NULL || state == NULL || context == NULL) {
        free(cipher);
        free(state);
        EVP_CIPHER_CTX_free(context);
        return srtp_err_status_alloc_fail;
    }
    state->context = context;
    state->tag_length = tag_length;
    cipher->type = &gcm_type;
    cipher->state = state;
    cipher->key_len = length;
    cipher->algorithm = SRTP_AES_GCM_128;
    *result = cipher;
    return srtp_err_status_ok;
}

static srtp_err_status_t gcm_dealloc(srtp_cipher_pointer_t cipher) {
    gcm_state *state = cipher->state;
    EVP_CIPHER_CTX_free(state->context);
    free(state);
    free(cipher);
    return srtp_err_status_ok;
}

static srtp_err_status_t gcm_init(void *opaque, const uint8_t *key) {
    gcm_state *state = opaque;
    return EVP_CipherInit_ex(state->context, EVP_aes_128_gcm(), NULL, key, NULL, 1) == 1
        ? srtp_err_status_ok : srtp_err_status_init_fail;
}

static srtp_err_status_t gcm_set_iv(void *opaque, uint8_t *iv, srtp_cipher_direction_t direction) {
    gcm_state *state = opaque;
    if (direction == srtp_direction_any) return srtp_err_status_bad_param;
    return EVP_CipherInit_ex(
               state->context, NULL, NULL, NULL, iv, direction == srtp_direction_encrypt) == 1
        ? srtp_err_status_ok : srtp_err_status_init_fail;
}

static srtp_err_status_t gcm_set_aad(void *opaque, const uint8_t *bytes, uint32_t length) {
    gcm_state *state = opaque;
    int written = 0;
    return EVP_CipherUpdate(state->context, NULL, &written, bytes, (int)length) == 1
        ? srtp_err_status_ok : srtp_err_status_algo_fail;
}

static srtp_err_status_t gcm_encrypt(void *opaque, uint8_t *buffer, unsigned int *length) {
    gcm_state *state = opaque;
    int written = 0, rest = 0;
    if (EVP_EncryptUpdate(state->context, buffer, &written, buffer, (int)*length) != 1
        || EVP_EncryptFinal_ex(state->context, buffer + written, &rest) != 1) {
        return srtp_err_status_algo_fail;
    }
    return srtp_err_status_ok;
}

static srtp_err_status_t gcm_get_tag(void *opaque, uint8_t *tag, uint32_t *length) {
    gcm_state *state = opaque;
    *length = (uint32_t)state->tag_length;
    return EVP_CIPHER_CTX_ctrl(state->context, EVP_CTRL_AEAD_GET_TAG, state->tag_length, tag) == 1
        ? srtp_err_status_ok : srtp_err_status_algo_fail;
}

static srtp_err_status_t gcm_decrypt(void *opaque, uint8_t *buffer, unsigned int *length) {
    gcm_state *state = opaque;
    if (*length < (unsigned int)state->tag_length) return srtp_err_status_bad_param;
    unsigned int body = *length - (unsigned int)state->tag_length;
    int written = 0, rest = 0;
    if (EVP_CIPHER_CTX_ctrl(state->context, EVP_CTRL_AEAD_SET_TAG, state->tag_length, buffer + body) != 1
        || EVP_DecryptUpdate(state->context, buffer, &written, buffer, (int)body) != 1
        || EVP_DecryptFinal_ex(state->context, buffer + written, &rest) != 1) {
        return srtp_err_status_auth_fail;
    }
    *length = body;
    return srtp_err_status_ok;
}

// McGrew and Viega, "The Galois/Counter Mode of Operation", test case 4; behind the key 12 bytes of salt, unused here.
static const uint8_t test_key[SRTP_AES_GCM_128_KEY_LEN_WSALT] = {
    0xfe, 0xff, 0xe9, 0x92, 0x86, 0x65, 0x73, 0x1c, 0x6d, 0x6a, 0x8f, 0x94, 0x67, 0x30, 0x83, 0x08,
};
static uint8_t test_iv[iv_length] = {
    0xca, 0xfe, 0xba, 0xbe, 0xfa, 0xce, 0xdb, 0xad, 0xde, 0xca, 0xf8, 0x88,
};
static const uint8_t test_plain[] = {
    0xd9, 0x31, 0x32, 0x25, 0xf8, 0x84, 0x06, 0xe5, 0xa5, 0x59, 0x09, 0xc5, 0xaf, 0xf5, 0x26, 0x9a,
    0x86, 0xa7, 0xa9, 0x53, 0x15, 0x34, 0xf7, 0xda, 0x2e, 0x4c, 0x30, 0x3d, 0x8a, 0x31, 0x8a, 0x72,
    0x1c, 0x3c, 0x0c, 0x95, 0x95, 0x68, 0x09, 0x53, 0x2f, 0xcf, 0x0e, 0x24, 0x49, 0xa6, 0xb5, 0x25,
    0xb1, 0x6a, 0xed, 0xf5, 0xaa, 0x0d, 0xe6, 0x57, 0xba, 0x63, 0x7b, 0x39,
};
static const uint8_t test_associated[] = {
    0xfe, 0xed, 0xfa, 0xce, 0xde, 0xad, 0xbe, 0xef, 0xfe, 0xed, 0xfa, 0xce, 0xde, 0xad, 0xbe, 0xef,
    0xab, 0xad, 0xda, 0xd2,
};
static const uint8_t test_cipher[] = {
    0x42, 0x83, 0x1e, 0xc2, 0x21, 0x77, 0x74, 0x24, 0x4b, 0x72, 0x21, 0xb7, 0x84, 0xd0, 0xd4, 0x9c,
    0xe3, 0xaa, 0x21, 0x2f, 0x2c, 0x02, 0xa4, 0xe0, 0x35, 0xc1, 0x7e, 0x23, 0x29, 0xac, 0xa1, 0x2e,
    0x21, 0xd5, 0x14, 0xb2, 0x54, 0x66, 0x93, 0x1c, 0x7d, 0x8f, 0x6a, 0x5a, 0xac, 0x84, 0xaa, 0x05,
    0x1b, 0xa3, 0x0b, 0x39, 0x6a, 0x0a, 0xac, 0x97, 0x3d, 0x58, 0xe0, 0x91,
    0x5b, 0xc9, 0x4f, 0xbc, 0x32, 0x21, 0xa5, 0xdb, 0x94, 0xfa, 0xe9, 0x5a, 0xe7, 0x12, 0x1a, 0x47,
};

static const srtp_cipher_test_case_t gcm_test = {
    .key_length_octets = SRTP_AES_GCM_128_KEY_LEN_WSALT,
    .key = test_key,
    .idx = test_iv,
    .plaintext_length_octets = sizeof test_plain,
    .plaintext = test_plain,
    .ciphertext_length_octets = sizeof test_cipher,
    .ciphertext = test_cipher,
    .aad_length_octets = sizeof test_associated,
    .aad = test_associated,
    .tag_length_octets = 16,
    .next_test_case = NULL,
};

static const srtp_cipher_type_t gcm_type = {
    .alloc = gcm_alloc,
    .dealloc = gcm_dealloc,
    .init = gcm_init,
    .set_aad = gcm_set_aad,
    .encrypt = gcm_encrypt,
    .decrypt = gcm_decrypt,
    .set_iv = gcm_set_iv,
    .get_tag = gcm_get_tag,
    .description = "AES-128-GCM on OpenSSL",
    .test_data = &gcm_test,
    .id = SRTP_AES_GCM_128,
};

// Where libsrtp2 is built on NSS, as Debian's is, it starts and ends NSS with each cipher, unless somebody else has it
// running: keys of one session then cost a millisecond of loading libraries.
static void keep_nss_running(void) {
    int (*start)(const char *) = (int (*)(const char *))dlsym(RTLD_DEFAULT, "NSS_NoDB_Init");
    if (start != NULL) (void)start(NULL);
}

int cloadcipher_install(void) {
    keep_nss_running();
    return (int)srtp_replace_cipher_type(&gcm_type, SRTP_AES_GCM_128);
}
