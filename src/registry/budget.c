/* Patience with registries: one row per host that asked for it. */
#include <string.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/mem.h"
#include "registry/budget.h"

#define CLOSED_UNTOLD (30 * CLOCK_SECOND) /* after a 429 that names no time */
#define SPACING CLOCK_SECOND              /* while nothing remains of the registry's own limit */
#define HOSTS_MOST 1024

struct registry_budget {
    struct loop *loop;
    struct map *by_host; /* to struct patience */
};

struct patience {
    int64_t next;    /* clock_mono: the first free place */
    int64_t spacing; /* between places; 0: calls need none */
};

void registry_budget_create(struct loop *loop, struct registry_budget **ret)
{
    *ret = NEW(struct registry_budget);
    **ret = (struct registry_budget){ .loop = loop, .by_host = map_create() };
}

static void forget_all(struct registry_budget *b)
{
    size_t at = 0;
    const char *host;
    void *patience;
    while (map_each(b->by_host, &at, &host, &patience))
        free(patience);
    map_destroy(&b->by_host);
}

void registry_budget_destroy(struct registry_budget **budget)
{
    struct registry_budget *b = TAKE(*budget);
    if (!b)
        return;
    forget_all(b);
    free(b);
}

struct loop *budget_loop(const struct registry_budget *b)
{
    return b->loop;
}

int64_t registry_budget_take(struct registry_budget *b, const char *host, int64_t most)
{
    int64_t now = clock_mono();
    struct patience *p = b ? map_get(b->by_host, host) : NULL;
    if (!p || (p->next <= now && !p->spacing))
        return 0;
    int64_t wait = p->next > now ? p->next - now : 0;
    if (wait <= most)
        p->next = now + wait + p->spacing;
    return wait;
}

static struct patience *patience_with(struct registry_budget *b, const char *host)
{
    struct patience *p = map_get(b->by_host, host);
    if (p)
        return p;
    if (map_count(b->by_host) >= HOSTS_MOST) {
        forget_all(b);
        b->by_host = map_create();
    }
    p = NEW(struct patience);
    map_put(b->by_host, host, p);
    return p;
}

void registry_budget_learn(struct registry_budget *b, const char *host, int status, int64_t retry_after_micros, int64_t remaining)
{
    bool closed = status == 429 || (status == 503 && retry_after_micros);
    if (!b || (!closed && remaining != 0 && !map_get(b->by_host, host)))
        return;
    struct patience *p = patience_with(b, host);
    int64_t next = clock_mono() + (retry_after_micros ? retry_after_micros : CLOSED_UNTOLD);
    if (closed && next > p->next)
        p->next = next;
    p->spacing = closed || remaining == 0 ? SPACING : 0;
}
