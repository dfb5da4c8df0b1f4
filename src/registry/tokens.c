#include "registry/tokens.h"

#include <string.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/mem.h"

#define TOKENS_MOST 1024

struct registry_tokens {
    struct map *by_key; /* to struct token */
};

struct token {
    int64_t expires; /* clock_mono */
    char authorization[];
};

void registry_tokens_create(struct registry_tokens **ret)
{
    *ret = NEW(struct registry_tokens);
    (*ret)->by_key = map_create();
}

static void forget_all(struct registry_tokens *tokens)
{
    size_t at = 0;
    const char *key;
    void *token;
    while (map_each(tokens->by_key, &at, &key, &token)) {
        explicit_bzero(((struct token *)token)->authorization, strlen(((struct token *)token)->authorization));
        free(token);
    }
    map_destroy(&tokens->by_key);
    tokens->by_key = map_create();
}

void registry_tokens_destroy(struct registry_tokens **tokens)
{
    struct registry_tokens *t = TAKE(*tokens);
    if (!t)
        return;
    forget_all(t);
    map_destroy(&t->by_key);
    free(t);
}

/* The registry's base URL stands for realm and service, which it alone names. */
static char *key_of(const struct registry_target *t, const char *scope)
{
    AUTO_FREE char *password = text_sha256(t->password, strlen(t->password));
    return mem_format("%s\n%s\n%s\n%s\n%s", t->via, t->base_url, scope, t->username, password);
}

const char *tokens_get(struct registry_tokens *tokens, const struct registry_target *t, const char *scope)
{
    if (!tokens)
        return NULL;
    AUTO_FREE char *key = key_of(t, scope);
    const struct token *found = map_get(tokens->by_key, key);
    return found && found->expires > clock_mono() ? found->authorization : NULL;
}

void tokens_put(struct registry_tokens *tokens, const struct registry_target *t, const char *scope, const char *authorization,
                int64_t lives_micros)
{
    if (!tokens)
        return;
    if (map_count(tokens->by_key) >= TOKENS_MOST)
        forget_all(tokens);
    AUTO_FREE char *key = key_of(t, scope);
    size_t n = strlen(authorization) + 1;
    struct token *token = mem_alloc(sizeof *token + n);
    token->expires = clock_mono() + lives_micros;
    memcpy(token->authorization, authorization, n);
    free(map_put(tokens->by_key, key, token));
}

void tokens_drop(struct registry_tokens *tokens, const struct registry_target *t, const char *scope)
{
    if (!tokens)
        return;
    AUTO_FREE char *key = key_of(t, scope);
    free(map_remove(tokens->by_key, key));
}
