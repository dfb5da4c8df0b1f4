/* runner/tokens_work.h - the watch over tokens, for runner.c. */
#pragma once

#include "runner/inside.h"
#include "store/tokens.h"

enum { TOKENS_WATCHED = 1000 };

struct token_watch {
    struct runner *runner;
    struct timer timer;
    struct lent_token *at; /* those that end some time, or are dead */
    size_t count;
    int64_t told_at;       /* clock_mono(): when the log said so; 0: not yet */
    bool busy;
};
struct token_watch *tokens_create(struct runner *r);
void tokens_drain(struct runner *r);
void tokens_destroy(struct token_watch **watch);
