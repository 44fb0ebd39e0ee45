// AES-GCM for libsrtp2 in this process through OpenSSL.
#ifndef CLOADCIPHER_H
#define CLOADCIPHER_H

/// Gives libsrtp2 an AES-128-GCM that runs on OpenSSL, in place of the one that it was built with.
///
/// Debian's runs on NSS, which looks up its key in a list for every packet: with thousands of sessions it costs more than
/// everything else. Packet format, rollover, replay and key derivation stay libsrtp2's. It checks the cipher with
/// its own test vectors and with ours before it takes it.
///
/// Call it once, after srtp_init and before the first session that is used. Returns 0, or libsrtp2's status.
int cloadcipher_install(void);

#endif
