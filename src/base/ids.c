#include "base/ids.h"

#include <ctype.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"

/* Time in 1/4096 ms, moved on by one when two are asked for within it: RFC 9562 section 6.2, method 3. */
static uint64_t id_tick(void)
{
    static _Atomic uint64_t last;
    uint64_t now = (uint64_t)clock_now();
    uint64_t tick = (now / 1000) << 12 | (now % 1000) * 4096 / 1000;
    uint64_t before = atomic_load(&last);
    uint64_t next;
    do
        next = tick > before ? tick : before + 1;
    while (!atomic_compare_exchange_weak(&last, &before, next));
    return next;
}

const char *id_new(char out[ID_TEXT])
{
    uint64_t tick = id_tick(), random;
    randombytes_buf(&random, sizeof random);
    snprintf(out, ID_TEXT, "%08x-%04x-7%03x-%04x-%012llx", (unsigned)(tick >> 28), (unsigned)(tick >> 12 & 0xffff),
             (unsigned)(tick & 0xfff), (unsigned)(0x8000 | (random >> 48 & 0x3fff)),
             (unsigned long long)(random & 0xffffffffffff));
    return out;
}

bool id_is(const char *text)
{
    for (int i = 0; i < 36; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
            return false;
    }
    return !text[36];
}

char *id_secret(size_t bytes)
{
    unsigned char random[64];
    if (bytes > sizeof random)
        bytes = sizeof random;
    randombytes_buf(random, bytes);
    return text_base64_url(random, bytes);
}
