/* registry/hub_hooks.h - one webhook at Docker Hub, made as it is wanted: there with this URL, or gone.
 *
 * Docker publishes no contract for these calls (login, then
 * {hub_url}/v2/repositories/{namespace}/{repository}/webhook_pipeline/), so every
 * answer is put into words, and each operation begins by looking what is there:
 * doing it again after a crash, a lost answer or a half one ends in the same one
 * hook. Hooks are told apart by their name, which must be unique and the same in
 * every try.
 */
#pragma once

#include "registry/client.h"

enum hub_hook_wish { HUB_HOOK_THERE, HUB_HOOK_GONE, HUB_HOOK_LOOK /* changes nothing */ };

struct hub_hook { /* embed; zeroed before first use */
    const struct registry_target *target; /* of Docker Hub, with user and password; lives until done */
    const char *repository;               /* "acme/web" */
    const char *name;
    const char *slug;                     /* as Docker Hub called it before; NULL or "": not known */
    const char *url;                      /* that registered hooks post to; not of HUB_HOOK_GONE. These four are copied */
    enum hub_hook_wish wish;
    int64_t timeout_micros;               /* in all; 0: 20 s */
    /* e NULL: it is as wanted (or was looked at); else why not, in a sentence with Docker Hub's own words. */
    void (*done)(struct hub_hook *op, const struct err *e);
    /* ---- valid in done */
    bool found;                 /* it was there at the beginning, */
    bool same_url;              /* with this URL */
    bool changed;               /* something was made, changed or deleted there */
    char new_slug[256];         /* "" when it is not there */
    int64_t retry_after_micros; /* Docker Hub asked for this much patience; 0: it did not */
    struct hub_hook_private *private;
};
/* false: done never runs; e says what is missing. true: it runs once, later, on the loop. */
bool hub_hook_start(struct hub_hook *op, struct http_client *client, struct err *e);
void hub_hook_cancel(struct hub_hook *op); /* done still runs, once, later. Welcome when not started or done. */
