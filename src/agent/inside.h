/* agent/inside.h - what the files of the server's end share. Not for others. */
#pragma once

#include "agent/agents.h"
#include "base/clock.h"
#include "base/ids.h"

#define OPENING_MICROS (10 * CLOCK_SECOND) /* until an instance said yes or no */

struct map;

struct agents {
    struct agents_config config;
    struct map *proxies;     /* id -> struct agent_proxy; one that nobody links to any more stays: its name is known */
    struct map *by_instance; /* id -> struct agent: the newest link */
    int64_t began;
    uint64_t serial;
    struct agents_stats stats;
};

struct agent_proxy {
    struct link links;    /* struct agent */
    struct link openings; /* struct opening: not answered yet */
    char name[256];
    int64_t last_linked;  /* clock_mono when its last link ended; 0: never */
};

struct agent { /* one link */
    struct link link;
    struct agents *agents;
    struct agent_proxy *proxy;
    struct wire *wire;
    uint64_t serial;
    char instance[ID_TEXT], proxy_id[ID_TEXT];
    char *host, *version, *address;
    unsigned char key[32];
    json_t *allow, *credentials;
    bool receives, was_silent;
    int64_t since;        /* clock_now */
    int64_t waiting;      /* of its journal, as it last told */
    struct relay *relay;  /* relay.c; NULL: it has no journal */
};

struct opening { /* a connection that no instance has made yet */
    struct link link;
    struct agents *agents;
    struct agent_proxy *proxy;
    struct agent *agent;  /* who is asked now; may be gone when stream is NULL */
    struct wire_stream *stream;
    struct http_way *way;
    struct timer deadline;
    struct err why;
    char *authority;
    int fd;
    uint64_t tried[8];
    int tried_count;
    bool refused;         /* by whoever was asked last: its words are in why */
};

void openings_look(struct agent_proxy *p, const struct agent *silent);
void openings_drop(struct agent_proxy *p);

/* ---- relay.c: webhooks that came to a proxy */
void relay_begin(struct agent *g);
void relay_gone(struct agent *g); /* the link ended */
