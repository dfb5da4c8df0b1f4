/* pipeline/operate.h - what the operators of conditions do with values. Only condition.c needs it. */
#pragma once

#include "base/json.h"

enum operator {
    OP_OR,
    OP_AND,
    OP_EQUAL,
    OP_DIFFERENT,
    OP_MORE,
    OP_LESS,
    OP_AT_LEAST,
    OP_AT_MOST,
    OP_IN,
    OP_ADD,
    OP_SUBTRACT,
    OP_MULTIPLY,
    OP_DIVIDE,
    OP_REMAINDER,
};

#define OPERATE_TEXT (1 << 20)                    /* no text becomes longer */
#define OPERATE_UNARY 7                          /* ! and - before a value bind tighter than all between two */
int operate_binding(enum operator operator);     /* from 1, the loosest */
bool operate_compares(enum operator operator);   /* answers true or false about two values */

/* A decimal number; NULL when text is none, or too large. The caller's. */
json_t *operate_number(const char *text);
/* False when the value is neither true nor false, nor the text of one. */
bool operate_truth(const json_t *value, bool *ret);
/* Not for && and ||, which need not look at both. *ret is the caller's. */
bool operate(enum operator operator, const json_t *left, const json_t *right, json_t **ret, struct err *e);
