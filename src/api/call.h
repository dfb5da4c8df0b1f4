/* api/call.h - one request on its way to one answer; how a resource is written.
 *
 * A resource is a file of handlers and some rows in routes.c. A handler runs
 * where its row says: READ on a reader of the database, WRITE on its writer (the
 * answer leaves after the commit), LOOP on the loop. It returns false with an
 * error, or true after call_answer. A handler that needs another place sets
 * c->next and returns true: "load here, then ask the network there". A LOOP
 * handler that returns true has begun something that leads to call_end.
 *
 * Who asks is found in the same transaction in which the handler works, so a
 * revoked token is refused at once. A handler of an object must pass call_in
 * with the object's project: a route that did not is answered with 500.
 */
#pragma once

#include "api/api.h"
#include "api/peer.h"
#include "auth/auth.h"
#include "base/json.h"
#include "store/lists.h"
#include "store/objects.h"

enum call_place { CALL_NONE, CALL_READ, CALL_WRITE, CALL_LOOP };
enum call_body { BODY_NONE, BODY_JSON, BODY_TEXT };

struct call;

struct stage {
    enum call_place place;
    bool (*handle)(struct call *c, struct err *e);
};

struct route {
    const char *method;
    const char *path;       /* "P/endpoints/{id}": P is each of the two prefixes; others stand as they are */
    struct stage first;
    enum auth_action may;   /* least right of who asks */
    enum call_body body;
    unsigned flags;
};
enum { ROUTE_LOGIN = 1 /* failures count against the sender's address */, ROUTE_QUIET = 2 /* not in the access log */,
       ROUTE_OWN = 4 /* its rights are not those of a project */, ROUTE_LIVE = 8 /* its answer goes on as long as somebody listens */ };
extern const struct route ROUTES[]; /* ends with a NULL method */

enum { CALL_PARAMETERS = 4, CALL_AFTER = 6 };

struct call {
    struct api *api;
    struct http_request *request; /* method, path, query, headers, body: borrowed until the answer */
    const struct route *route;
    char *parameters[CALL_PARAMETERS]; /* decoded; NULL behind the last */
    size_t parameter_count;
    json_t *body;                 /* of BODY_JSON; never NULL there */
    struct who who;               /* in READ and WRITE handlers, and kept for what follows them */
    struct db_tx *tx;             /* in READ and WRITE handlers */
    bool in_project;              /* call_in was passed */
    bool rehearsal;               /* a WRITE handler answers, and nothing of what it did is kept */
    struct stage next;
    void *context;                /* the handler's own, until the end */
    void (*context_free)(void *context);
    json_t *details;              /* more keys for an error's answer */
    int status;                   /* 0: not answered yet */
    char type[64];
    struct text answer;
    char *allow, *location;
    char request_id[37];
    int64_t retry_after;
    struct call_after {
        void (*run)(struct api *api, int64_t argument);
        int64_t argument;
    } after[CALL_AFTER];
    size_t after_count;
    struct db_job job;            /* private from here on */
    struct stage stage;
    struct err error;
};

/* ---- for handlers */

/* Takes json. */
bool call_answer(struct call *c, int status, json_t *json); /* always true, so that it ends a handler */
bool call_answer_text(struct call *c, int status, const char *type, const char *text);
/* Runs on the loop after the commit, and only then. */
void call_after(struct call *c, void (*run)(struct api *api, int64_t argument), int64_t argument);
/* Loop: ends a call whose LOOP handler returned true; e NULL: c was answered. */
void call_end(struct call *c, const struct err *e);
/* Loop: ends a call whose request is answered elsewhere (by a stream) from here on. */
void call_streamed(struct call *c);
/* Loop: the same, when the request itself is gone. */
void call_left(struct call *c);
/* Loop: goes on elsewhere; as setting c->next, for LOOP handlers. */
void call_go(struct call *c, enum call_place place, bool (*handle)(struct call *c, struct err *e));

/* The rights of who asks, in this project: those that the route asks for. ERR_NOT_FOUND when the project may not even be seen. */
bool call_in(struct call *c, int64_t project_id, struct err *e);
/* The same of what is shared with all projects (shared true): reading and running it is open to whoever may do so in any project. */
bool call_in_shared(struct call *c, int64_t project_id, bool shared, struct err *e);
bool call_may(struct call *c, int64_t project_id, enum auth_action action, struct err *e); /* another right than the route's */

char *call_query(const struct call *c, const char *name);          /* decoded; the caller's; NULL when absent */
const char *call_header(const struct call *c, const char *name);
const char *call_text(const struct call *c, const char *key, const char *otherwise); /* of the body */
bool call_audit(struct call *c, int64_t project_id, const char *action, const char *object, const char *detail, struct err *e);

/* Finds by the path: one parameter is an id, two are project and name. Passes call_in. ERR_NOT_FOUND names what. */
struct finder {
    const char *what;
    bool (*by_uuid)(struct db_tx *tx, const char *uuid, int64_t *ret, struct err *e);
    bool (*by_name)(struct db_tx *tx, const char *project, const char *name, int64_t *ret, struct err *e);
};
bool call_find(struct call *c, const struct finder *finder, int64_t *ret, struct err *e);
/* The project that the body (or query) names; "default" when it is the only one to see. Passes call_in. */
bool call_project(struct call *c, const char *name, int64_t *ret, struct err *e);

/* ---- shapes */

#define API_PREFIX "/codestream/api"
/* id, name, project, times, who, version and _link of an object under API_PREFIX/resource/. A new reference. */
json_t *object_json(const struct object *object, const char *resource);
void json_set_time(json_t *json, const char *text_key, const char *micros_key, int64_t micros);

/* A page of a list by the request's query, as Code Stream's envelope. load: one document by id; its "_link" is its key. */
struct list_view {
    const struct list_source *source;
    bool (*load)(struct call *c, int64_t id, json_t **ret, struct err *e);
    const char *order; /* "index desc": where the request names no order; NULL: the newest first */
};
bool call_list(struct call *c, const struct list_view *view, struct err *e);
bool call_list_of(struct call *c, const struct list_view *view, const char *also, int64_t also_value, struct err *e);
/* The page only, as ids, by the request's query. */
bool call_page(struct call *c, const struct list_view *view, const char *also, int64_t also_value, int64_t top,
               struct list_page *ret, struct err *e);

/* A name of something people make: 1 to 255 bytes, no control characters, no slash at its ends. */
bool name_ok(const char *name, const char *what, struct err *e);

/* ---- the api itself */

struct hooks;
struct limiter;
struct streams;
struct log_waits;
struct cloud_links;
struct api {
    struct api_config config;
    char *external_url, *hub_url, *hub_registry_url, *hub_auth_url;
    const struct http_server *servers[4];
    size_t server_count;
    struct hooks *hooks;
    struct streams *streams;
    struct log_waits *log_waits;
    struct cloud_links *links;
    struct proxies proxies;
    struct limiter *logins, *tokens; /* failed logins; wrong hook tokens */
    int64_t started_at, answered, failed;
};
