/* registry/tokens.h - what registries let us in with, until it expires. Not for other rooms. */
#pragma once

#include "registry/client.h"

/* All welcome with tokens NULL. The answers are whole Authorization headers: "Bearer abc". */
const char *tokens_get(struct registry_tokens *tokens, const struct registry_target *t, const char *scope); /* borrowed; NULL */
void tokens_put(struct registry_tokens *tokens, const struct registry_target *t, const char *scope, const char *authorization,
                int64_t lives_micros);
void tokens_drop(struct registry_tokens *tokens, const struct registry_target *t, const char *scope);
