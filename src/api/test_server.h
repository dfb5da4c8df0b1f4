/* api/test_server.h - a whole server in the test's process: temporary database, HTTP on a free port, a runner that only stores. */
#pragma once

#include "api/call.h"
#include "base/test.h"

struct test_server {
    char folder[64];
    struct loop *loop;
    struct db *db;
    struct seal *seal;
    struct http_client *client;
    struct http_server *http;
    struct api *api;
    char *api_token, *token; /* of admin; the second is an access token */
    const char *header, *header_value; /* NULL: none */
    /* of the last answer */
    int status;
    json_t *json; /* NULL: it was none */
    char *text;
};

void test_server_open(struct test_server *s);
void test_server_close(struct test_server *s);
/* token and body may be NULL; path may be a whole URL, of somebody else. Fills status, json, text. */
void ask_as(struct test_server *s, const char *token, const char *method, const char *path, const char *body);
void ask_with(struct test_server *s, const char *header, const char *value); /* of the next question; borrowed until then */
void ask(struct test_server *s, const char *method, const char *path, const char *body); /* as admin */
/* A text of the last answer, by path; "" when missing. */
const char *answered(const struct test_server *s, const char *path);
/* An access token of a new user with this role in the whole service and in project default ("": none). The caller's. */
char *test_user(struct test_server *s, const char *name, const char *service_role, const char *project_role);
/* A registry endpoint "hub", a pipeline "deploy", a webhook "w" on acme/web. */
void test_objects(struct test_server *s);
