/* api/limiter.h - who fails too often must wait: a bucket of tokens per address. Loop only. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct limiter;

/* burst failures at once, then one more each refill. At most 20,000 addresses are remembered; then all are forgotten. */
struct limiter *limiter_create(int burst, int64_t refill_micros);
void limiter_destroy(struct limiter **l);
/* False: no more tries for now; *ret_wait (seconds) says how long. Takes nothing. */
bool limiter_open(struct limiter *l, const char *remote, int64_t *ret_wait);
void limiter_failed(struct limiter *l, const char *remote); /* takes one */
