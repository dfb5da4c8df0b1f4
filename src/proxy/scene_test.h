/* proxy/scene_test.h - both ends of links in one process: a server that lets every proxy in, proxies, and a host behind them. */
#pragma once

#include "agent/agents.h"
#include "base/test.h"
#include "proxy/proxy.h"

#define SCENE_PROXY "01900000-0000-7000-8000-0000000000aa"

struct scene {
    char folder[64];
    struct loop *loop;
    struct http_client *client;
    struct http_server *server, *target; /* target: answers "hello PATH" and echoes bodies */
    struct agents *agents;
    int enrolled, links, target_requests; /* counted */
    struct proxy *proxies[2];
    int stopped;
    /* webhooks that were told */
    struct text told;        /* "1 2 3 ": their numbers */
    int refuse_told;         /* so many are not kept */
    bool count_told;         /* only counted */
    int told_count;
    /* of the last call */
    int status;
    struct text answer, said;
    struct timer timer;
};

void scene_open(struct scene *s);
void scene_close(struct scene *s);
void scene_reopen(struct scene *s, int port); /* the server that was closed */
/* Starts a proxy that may go to allow; "%d" in it is the target's port. Waits until it is linked. */
void scene_proxy(struct scene *s, int at, const char *allow, bool receives);
void scene_stop(struct scene *s, int at);
/* A call to the target (or host, when one is named) through the proxy, waited for. said: what went wrong, "" when nothing did. */
void scene_ask(struct scene *s, const char *host, const char *path, const void *body, size_t size);
void scene_wait(struct scene *s, bool (*until)(struct scene *s)); /* 10 s at most */
int scene_target_port(const struct scene *s);
