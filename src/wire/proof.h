/* wire/proof.h - who a Cloud Proxy is, proven by its key pair (Ed25519, RFC 8032), and what it signed.
 *
 * A signature is made for one purpose and about one thing, both part of what is
 * signed: what was signed to link proves nothing about a key or a webhook.
 * Nothing depends on the proxy's clock: a link is proven with a challenge of
 * the server's, which is good for CHALLENGE_MICROS by the server's clock, once.
 */
#pragma once

#include "base/clock.h"
#include "base/json.h"

#define PROOF_PROTOCOL "slipway-proxy/1" /* as the Upgrade header names it */
enum { PROOF_PUBLIC = 32, PROOF_SECRET = 64, PROOF_SIGNATURE = 64 };
#define CHALLENGE_MICROS (60 * CLOCK_SECOND)

struct proof_key {
    unsigned char public[PROOF_PUBLIC], secret[PROOF_SECRET];
};
void proof_key_new(struct proof_key *ret);

/* base64 of the signature; the caller's. purpose: "link", "enrol", "key", "delivery"; about: a challenge, a token, an id. */
char *proof_sign(const struct proof_key *key, const char *purpose, const char *about, const char *text);
bool proof_check(const unsigned char public[PROOF_PUBLIC], const char *purpose, const char *about, const char *text, const char *signature);

char *proof_public_text(const unsigned char public[PROOF_PUBLIC]); /* base64; the caller's */
bool proof_public_read(const char *text, unsigned char ret[PROOF_PUBLIC]);

/* ---- a new key pair: {"publicKey", "signature" (by the old key), "proof" (by the new)}, about the instance */
json_t *proof_rotation(const char *instance, const struct proof_key *old, const struct proof_key *fresh);
bool proof_rotation_check(const json_t *json, const char *instance, const unsigned char old[PROOF_PUBLIC], unsigned char ret[PROOF_PUBLIC], struct err *e);

/* ---- challenges. Loop only */
struct challenges;
struct challenges *challenges_create(void);
void challenges_destroy(struct challenges **challenges);
char *challenge_make(struct challenges *c);                    /* the caller's */
bool challenge_take(struct challenges *c, const char *text);   /* ours, not too old, and not taken before */
