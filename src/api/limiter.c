#include "api/limiter.h"

#include "base/clock.h"
#include "base/map.h"
#include "base/mem.h"

enum { ADDRESSES = 20000 };

struct bucket {
    double left;
    int64_t at;
};

struct limiter {
    struct map *buckets;
    int burst;
    int64_t refill;
};

struct limiter *limiter_create(int burst, int64_t refill_micros)
{
    struct limiter *l = NEW(struct limiter);
    l->buckets = map_create();
    l->burst = burst;
    l->refill = refill_micros;
    return l;
}

static void forget(struct limiter *l)
{
    size_t at = 0;
    const char *key = NULL;
    void *value = NULL;
    while (map_each(l->buckets, &at, &key, &value))
        free(value);
    map_destroy(&l->buckets);
}

void limiter_destroy(struct limiter **l)
{
    if (*l)
        forget(*l);
    free(*l);
    *l = NULL;
}

static void refill(struct limiter *l, struct bucket *b)
{
    int64_t now = clock_mono();
    b->left += (double)(now - b->at) / (double)l->refill;
    if (b->left > l->burst)
        b->left = l->burst;
    b->at = now;
}

bool limiter_open(struct limiter *l, const char *remote, int64_t *ret_wait)
{
    struct bucket *b = map_get(l->buckets, remote);
    if (!b)
        return true;
    refill(l, b);
    *ret_wait = l->refill / CLOCK_SECOND + 1;
    return b->left >= 1;
}

void limiter_failed(struct limiter *l, const char *remote)
{
    struct bucket *b = map_get(l->buckets, remote);
    if (!b && map_count(l->buckets) >= ADDRESSES) {
        forget(l);
        l->buckets = map_create();
    }
    if (!b) {
        b = NEW(struct bucket);
        *b = (struct bucket){ l->burst, clock_mono() };
        map_put(l->buckets, remote, b);
    }
    refill(l, b);
    b->left -= 1;
    if (b->left < 0)
        b->left = 0;
}
