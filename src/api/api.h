/* api/api.h - the outside asks: Code Stream's REST API, ours on top of it, and the URLs that registries post to. */
#pragma once

#include "db/db.h"
#include "http/client.h"
#include "http/server.h"
#include "runner/runner.h"
#include "secrets/seal.h"

struct api;

struct api_config { /* all borrowed, and living longer than the api; texts are copied */
    struct loop *loop;
    struct db *db;
    struct runner *runner;
    const struct seal *seal;
    struct http_client *http;
    const char *external_url;     /* where people and registries reach us; "" or NULL: webhook URLs begin with a slash */
    const char *trusted_proxies;  /* networks whose X-Forwarded-For is believed: "10.0.0.0/8, ::1"; NULL: none */
    const char *hub_url, *hub_registry_url, *hub_auth_url;
    bool allow_in_cluster; /* kube/config.h */
    const char *docker_socket; /* docker/target.h */
    int64_t proxy_key_days; /* keys of Cloud Proxies are changed when they are older; 0: never by themselves */
};

bool api_create(const struct api_config *config, struct api **ret, struct err *e);
void api_destroy(struct api **api); /* when no request is open any more, and the database is closed */
/* struct http_server_config.handle, with the api as context. */
void api_handle(void *api, struct http_request *r);
/* Whose numbers /metrics shows. Borrowed. */
void api_server(struct api *api, const struct http_server *server);
/* struct runner_config.changed and struct db_config.changed: live streams look again. */
void api_changed(struct api *api);
/* struct runner_config.logged and .changed: who waits for lines of it looks again. */
void api_logged(struct api *api, int64_t execution_id);
/* Ends all live streams, and all waiting for lines, before the server drains. */
void api_end_streams(struct api *api);
