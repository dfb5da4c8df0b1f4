/* http/curl_inside.h - libcurl on the loop, as the client's files share it. Not for others. */
#pragma once

#include <curl/curl.h>

#include "http/client.h"

struct http_client {
    struct loop *loop;
    CURLM *multi;
    struct timer timer;
    char *user_agent;
    struct link ended; /* struct http_call_private whose done is due */
    struct post post;
    bool posted;
    struct link waking; /* struct http_call_private that go on, by their wake */
    struct timer wake;
    struct http_vias vias;
    char *folder;          /* of the doors; NULL: none was needed yet */
    int64_t door_count;
    struct link doors;     /* where connections of a via are handed over: see client.c */
    struct map *via_hosts; /* name of a via -> the address that stands for it: see client.c */
};

/* What CURLOPT_PRIVATE of a handle points to. */
struct http_transfer {
    void (*ended)(struct http_transfer *t, CURLcode code); /* within libcurl's callbacks: ends nothing by itself */
};

char *http_shown_url(const char *url); /* as sentences may show it: without user, password and query; the caller's */
