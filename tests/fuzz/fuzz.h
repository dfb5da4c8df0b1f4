/* tests/fuzz/fuzz.h - what every harness shares: libFuzzer calls LLVMFuzzerTestOneInput with bytes it made up.
 *
 * A harness reads the bytes with one parser and checks what must hold whatever
 * they were; FUZZ_CHECK ends the process, and libFuzzer keeps the bytes.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_CHECK(condition)                                                       \
    do {                                                                            \
        if (!(condition)) {                                                         \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                                \
        }                                                                           \
    } while (0)

/* A refusal says what is wrong, in whole characters. */
static inline void fuzz_refused(const struct err *e)
{
    FUZZ_CHECK(e->kind != ERR_NONE && *e->text);
    FUZZ_CHECK(strlen(e->text) < sizeof e->text && strlen(e->field) < sizeof e->field);
}

/* The bytes as a text: up to the first NUL. The caller's. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
    return mem_text_n((const char *)data, size);
}
