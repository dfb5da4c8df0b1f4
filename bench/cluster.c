/* cluster PORT: a Kubernetes API for figures, written from the API's documentation: discovery, GET, server-side apply, list and a
 * watch that stays silent, so that a Deployment never gets ready. It only exists to be quick; stories use a real cluster.
 *
 * Of an object named p-TAG it remembers when it was first asked about; GET /times tells, and forgets: a line "TAG SECONDS" each.
 */
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static json_t *objects; /* path to object */
static json_t *asked;   /* TAG to the time of its first call */
static int version;

static const char CORE[] = "{\"kind\":\"APIResourceList\",\"groupVersion\":\"v1\",\"resources\":[{\"name\":\"configmaps\",\"singularName\":\"\","
                           "\"namespaced\":true,\"kind\":\"ConfigMap\",\"verbs\":[\"get\",\"patch\",\"create\",\"list\",\"watch\"]},"
                           "{\"name\":\"pods\",\"singularName\":\"\",\"namespaced\":true,\"kind\":\"Pod\",\"verbs\":[\"get\",\"list\",\"watch\"]}]}";
static const char APPS[] = "{\"kind\":\"APIResourceList\",\"groupVersion\":\"apps/v1\",\"resources\":[{\"name\":\"deployments\",\"singularName\":\"\","
                           "\"namespaced\":true,\"kind\":\"Deployment\",\"verbs\":[\"get\",\"patch\",\"create\",\"list\",\"watch\"]}]}";
static const char LIST[] = "{\"kind\":\"List\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[]}";
static const char NOT_FOUND[] = "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"reason\":\"NotFound\",\"code\":404,\"message\":\"not found\"}";

static void answer(struct evhttp_request *r, int status, const char *body)
{
    evhttp_add_header(evhttp_request_get_output_headers(r), "Content-Type", "application/json");
    struct evbuffer *out = evbuffer_new();
    evbuffer_add(out, body, strlen(body));
    evhttp_send_reply(r, status, "OK", out);
    evbuffer_free(out);
}

static void note_time(const char *name)
{
    struct timespec now;
    if (strncmp(name, "p-", 2) || json_object_get(asked, name + 2))
        return;
    clock_gettime(CLOCK_REALTIME, &now);
    json_object_set_new(asked, name + 2, json_real((double)now.tv_sec + (double)now.tv_nsec / 1e9));
}

static void answer_times(struct evhttp_request *r)
{
    struct evbuffer *out = evbuffer_new();
    const char *tag;
    json_t *at;
    json_object_foreach(asked, tag, at)
        evbuffer_add_printf(out, "%s %.6f\n", tag, json_real_value(at));
    json_object_clear(asked);
    evhttp_send_reply(r, 200, "OK", out);
    evbuffer_free(out);
}

static void apply(struct evhttp_request *r, const char *path)
{
    struct evbuffer *in = evhttp_request_get_input_buffer(r);
    size_t size = evbuffer_get_length(in);
    char number[40];
    json_t *object = json_loadb((const char *)evbuffer_pullup(in, -1), size, 0, NULL), *metadata = json_object_get(object, "metadata");
    if (!json_is_object(metadata)) {
        answer(r, 400, "{}");
        json_decref(object);
        return;
    }
    snprintf(number, sizeof number, "%d", ++version);
    json_object_set_new(metadata, "resourceVersion", json_string(number));
    json_object_set_new(metadata, "uid", json_sprintf("u-%s", path));
    json_object_set_new(metadata, "generation", json_integer(1));
    json_object_set_new(objects, path, object);
    char *text = json_dumps(object, JSON_COMPACT);
    answer(r, 200, text);
    free(text);
}

static void get(struct evhttp_request *r, const char *path, const char *query)
{
    json_t *object = json_object_get(objects, path);
    if (query && strstr(query, "watch")) {
        evhttp_send_reply_start(r, 200, "OK"); /* and nothing comes */
        return;
    }
    if (query && strstr(query, "limit=")) {
        answer(r, 200, LIST);
        return;
    }
    char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
    answer(r, text ? 200 : 404, text ? text : NOT_FOUND);
    free(text);
}

static void handle(struct evhttp_request *r, void *context)
{
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(r);
    const char *path = evhttp_uri_get_path(uri), *slash = strrchr(path, '/');
    (void)context;
    note_time(slash + 1);
    if (!strcmp(path, "/times"))
        answer_times(r);
    else if (!strcmp(path, "/api/v1"))
        answer(r, 200, CORE);
    else if (!strcmp(path, "/apis/apps/v1"))
        answer(r, 200, APPS);
    else if (evhttp_request_get_command(r) == EVHTTP_REQ_PATCH)
        apply(r, path);
    else
        get(r, path, evhttp_uri_get_query(uri));
}

int main(int argc, char **argv)
{
    struct event_base *base = event_base_new();
    struct evhttp *http = evhttp_new(base);
    signal(SIGPIPE, SIG_IGN);
    objects = json_object();
    asked = json_object();
    evhttp_set_allowed_methods(http, EVHTTP_REQ_GET | EVHTTP_REQ_PATCH | EVHTTP_REQ_POST);
    evhttp_set_gencb(http, handle, NULL);
    if (argc < 2 || evhttp_bind_socket(http, "127.0.0.1", (ev_uint16_t)atoi(argv[1])) != 0)
        return fprintf(stderr, "usage: cluster PORT\n"), 2;
    return event_base_dispatch(base);
}
