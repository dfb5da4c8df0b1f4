/* tests/fuzz/scope.h - a scope for the harnesses of expressions: values of every kind, one secret, one that fails. */
#pragma once

#include "pipeline/expression.h"

static inline enum scope_answer fuzz_find(struct scope *scope, const char *reference, size_t n, struct value *ret, struct err *e)
{
    (void)scope;
    if (n >= 4 && memcmp(reference, "fail", 4) == 0) {
        err_set(e, ERR_INVALID, "no value");
        return SCOPE_FAILED;
    }
    if (n < 6 || memcmp(reference, "input.", 6) != 0)
        return SCOPE_UNKNOWN;
    char kind = n > 6 ? reference[6] : 'o';
    *ret = (struct value){ .outside = kind == 'o', .secret = kind == 's', .authored = kind == 'a' };
    if (kind == 'n')
        ret->json = json_integer(5);
    else if (kind == 't')
        ret->json = json_true();
    else if (kind == 'l')
        ret->json = json_pack("[i,s]", 1, "two");
    else if (kind == 'a')
        ret->json = json_string("kind: A\nname: [x]\n---\nb: *c\n");
    else
        ret->json = json_string("1.10\n---\n- {a: b}\n\"'#${input.o}");
    return SCOPE_FOUND;
}
