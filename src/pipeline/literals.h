/* pipeline/literals.h - secrets that stand in a definition as they are, where ${var.NAME} should stand. Pure.
 *
 * Found are texts under keys that say so (password, apiToken, Authorization ...),
 * assignments in scripts and payloads (--password=x, "token": "x", PASSWORD='x'),
 * and what has a well-known shape wherever it stands: private keys, tokens of
 * GitHub, GitLab, Slack and others, JWTs, Basic and Bearer values, URLs with a
 * password. References (${...}), shell variables and masks are none.
 */
#pragma once

#include "base/json.h"
#include "pipeline/model.h"

#define LITERAL_MASK "********" /* what stands for one in exports */
#define LITERALS 32             /* at most, in one text */

struct literal {
    size_t at, length; /* in the text */
    const char *what;  /* "a password"; a constant */
};

/* Those in text, which stands under key ("" for none), by their places. How many. */
size_t literals_in(const char *key, const char *text, struct literal ret[LITERALS]);
bool literal_key(const char *key); /* does its value have to be a secret? */
bool literal_is_mask(const char *text); /* nothing but five or more '*' */

/* Each text of a tree that holds some; pointer (cut at 1,000 bytes) and found are borrowed. A number under the key of a password counts as its text. */
typedef void literals_found(void *context, const char *pointer, const char *text, const struct literal *found, size_t count);
void literals_each(const json_t *tree, literals_found *each, void *context);

/* The tree with a mask in place of each; a new reference. */
json_t *literals_masked(const json_t *tree);
/* fresh with what its masks stand for in stored (at the same place), which may be NULL; a new reference. Masks that stand for nothing
 * known stay; lost (may be NULL) is told their pointers. */
json_t *literals_unmasked(const json_t *fresh, const json_t *stored, void (*lost)(void *context, const char *pointer), void *context);

/* Warnings about a definition, each with the variable that could hold it and the command that makes it so. kind: "pipeline",
 * "endpoint"; of others what to do by hand. */
void literals_check(const char *kind, const json_t *definition, struct problems *found);
/* A name for that variable: "Pipeline-Task-password"; the caller's. */
char *literal_variable(const char *name, const char *pointer);
