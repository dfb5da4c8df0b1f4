#include "wire/proof.h"

#include <sodium.h>
#include <string.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/mem.h"

#define TAKEN_MOST 8192 /* challenges remembered as taken; more in a minute are refused */

void proof_key_new(struct proof_key *ret)
{
    crypto_sign_keypair(ret->public, ret->secret);
}

/* Lengths before the parts, so that no two lists of parts are the same bytes. */
static void message(struct text *out, const char *purpose, const char *about, const char *text)
{
    text_addf(out, "slipway cloud proxy 1\n%s\n%zu:%s\n%zu:", purpose, strlen(about), about, strlen(text));
    text_add(out, text);
}

char *proof_sign(const struct proof_key *key, const char *purpose, const char *about, const char *text)
{
    AUTO_TEXT m = { 0 };
    unsigned char signature[PROOF_SIGNATURE];
    message(&m, purpose, about, text);
    crypto_sign_detached(signature, NULL, (const unsigned char *)m.at, m.length, key->secret);
    return text_base64(signature, sizeof signature);
}

static bool read_bytes(const char *text, unsigned char *ret, size_t size)
{
    size_t n = 0;
    AUTO_FREE unsigned char *bytes = text ? text_base64_decode(text, strlen(text), &n) : NULL;
    if (!bytes || n != size)
        return false;
    memcpy(ret, bytes, size);
    return true;
}

bool proof_check(const unsigned char public[PROOF_PUBLIC], const char *purpose, const char *about, const char *text, const char *signature)
{
    AUTO_TEXT m = { 0 };
    unsigned char bytes[PROOF_SIGNATURE];
    message(&m, purpose, about, text);
    return read_bytes(signature, bytes, sizeof bytes) &&
           crypto_sign_verify_detached(bytes, (const unsigned char *)m.at, m.length, public) == 0;
}

char *proof_public_text(const unsigned char public[PROOF_PUBLIC])
{
    return text_base64(public, PROOF_PUBLIC);
}

bool proof_public_read(const char *text, unsigned char ret[PROOF_PUBLIC])
{
    return read_bytes(text, ret, PROOF_PUBLIC);
}

json_t *proof_rotation(const char *instance, const struct proof_key *old, const struct proof_key *fresh)
{
    AUTO_FREE char *public = proof_public_text(fresh->public), *by_old = proof_sign(old, "key", instance, public),
                   *by_new = proof_sign(fresh, "key", instance, public);
    return json_pack("{s:s, s:s, s:s}", "publicKey", public, "signature", by_old, "proof", by_new);
}

bool proof_rotation_check(const json_t *json, const char *instance, const unsigned char old[PROOF_PUBLIC], unsigned char ret[PROOF_PUBLIC],
                          struct err *e)
{
    const char *public = json_text_at(json, "publicKey", "");
    return (proof_public_read(public, ret) && proof_check(old, "key", instance, public, json_text_at(json, "signature", "")) &&
            proof_check(ret, "key", instance, public, json_text_at(json, "proof", ""))) ||
           err_set(e, ERR_UPSTREAM, "the instance did not prove that the new key is its own");
}

/* ---- challenges: who asks for many fills nothing, as only those that were taken are remembered */

struct challenges {
    unsigned char key[crypto_auth_KEYBYTES];
    struct map *taken; /* text -> taken_at */
};

struct challenge {
    int64_t made;
    unsigned char random[16];
    unsigned char tag[crypto_auth_BYTES];
};
#define SIGNED_BYTES offsetof(struct challenge, tag)

struct challenges *challenges_create(void)
{
    struct challenges *c = NEW(struct challenges);
    randombytes_buf(c->key, sizeof c->key);
    c->taken = map_create();
    return c;
}

static void forget(struct challenges *c, bool all)
{
    struct map *kept = map_create();
    size_t at = 0;
    const char *key;
    void *value;
    while (map_each(c->taken, &at, &key, &value)) {
        if (all || clock_mono() - *(int64_t *)value > CHALLENGE_MICROS)
            free(value);
        else
            map_put(kept, key, value);
    }
    map_destroy(&c->taken);
    c->taken = kept;
}

void challenges_destroy(struct challenges **challenges)
{
    struct challenges *c = TAKE(*challenges);
    if (!c)
        return;
    forget(c, true);
    map_destroy(&c->taken);
    free(c);
}

char *challenge_make(struct challenges *c)
{
    struct challenge x = { .made = clock_mono() };
    randombytes_buf(x.random, sizeof x.random);
    crypto_auth(x.tag, (const unsigned char *)&x, SIGNED_BYTES, c->key);
    return text_base64_url(&x, sizeof x);
}

bool challenge_take(struct challenges *c, const char *text)
{
    struct challenge x;
    int64_t now = clock_mono();
    if (!text || !read_bytes(text, (unsigned char *)&x, sizeof x) || crypto_auth_verify(x.tag, (const unsigned char *)&x, SIGNED_BYTES, c->key) != 0 ||
        x.made > now || now - x.made > CHALLENGE_MICROS)
        return false;
    AUTO_FREE char *same = text_base64_url(&x, sizeof x); /* one spelling: what is decoded can be written in several */
    if (map_count(c->taken) >= TAKEN_MOST)
        forget(c, false);
    if (map_get(c->taken, same) || map_count(c->taken) >= TAKEN_MOST)
        return false;
    map_put(c->taken, same, mem_copy(&now, sizeof now));
    return true;
}
