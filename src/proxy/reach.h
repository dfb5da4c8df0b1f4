/* proxy/reach.h - a connection to a host behind a Cloud Proxy, as far as its list allows. */
#pragma once

#include "loop/loop.h"
#include "proxy/allow.h"

struct reach { /* embed; zeroed before first use */
    const char *authority; /* "host:port"; copied */
    struct allow *allow;   /* borrowed until done */
    /* Once, later, on the loop; fd is the caller's; -1: e says why (ERR_FORBIDDEN: the list). */
    void (*done)(struct reach *r, int fd, const struct err *e);
    struct reach_private *private;
};
void reach_start(struct reach *r, struct loop *loop);
void reach_cancel(struct reach *r); /* done does not run any more. Welcome when not started or done */
