#include "docker/call.h"

#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/mem.h"

enum { ANSWER_MOST = 4 << 20, SAID_MOST = 4096 };

bool docker_refused(int status, const char *body, size_t size, struct err *e)
{
    AUTO_JSON *json = NULL;
    AUTO_FREE char *text = mem_text_n(body, size < 400 ? size : 400);
    const char *said = json_read(body, size, &json, NULL) ? json_text_at(json, "message", "") : text;
    AUTO_FREE char *mended = mem_text(said);
    text_mend(mended);
    size_t n = strcspn(mended, "\r\n");
    enum err_kind kind = err_kind_of_status(status);
    return err_set(e, kind ? kind : ERR_UPSTREAM, "the Docker engine answered %d%s%.*s", status, n ? ": " : "", (int)(n < 400 ? n : 400), mended);
}

static bool good(int status)
{
    return (status >= 200 && status < 300) || status == 304;
}

static void over(struct http_call *http, const struct err *e)
{
    struct docker_call *c = OWNER(http, struct docker_call, http);
    struct err why = e ? *e : (struct err){ 0 };
    const struct text *said = c->on_data ? &c->said : &http->answer;
    json_t *answer = NULL;
    c->in_flight = false;
    c->status = http->status;
    if (e && !text_is(c->target->socket_path, "") && e->kind != ERR_CANCELED)
        err_wrap(&why, "the Docker engine at %s", c->target->shown);
    if (!e && !good(c->status))
        docker_refused(c->status, text_of(said), said->length, &why);
    if (!e && !c->on_data && !json_read(text_of(said), said->length, &answer, NULL))
        answer = NULL;
    struct text kept = c->said;
    c->said = (struct text){ 0 };
    c->answer = answer ? answer : json_null();
    c->done(c, why.kind ? &why : NULL); /* may start it again, or free it */
    json_decref(answer);
    text_fini(&kept);
}

static bool piece(struct http_call *http, const char *bytes, size_t size)
{
    struct docker_call *c = OWNER(http, struct docker_call, http);
    if (good(http->status))
        return c->on_data(c, bytes, size);
    if (c->said.length < SAID_MOST)
        text_add_n(&c->said, bytes, size < SAID_MOST ? size : SAID_MOST);
    return true;
}

static char *url_of(const struct docker_target *t, const char *path)
{
    return *t->version && !text_is(path, "/version") ? mem_format("%s/v%s%s", t->base_url, t->version, path) : mem_format("%s%s", t->base_url, path);
}

bool docker_call_start(struct docker_call *c, struct docker_target *target, struct http_client *http, struct err *e)
{
    AUTO_FREE char *url = url_of(target, c->path), *body = c->body ? json_write(c->body) : NULL;
    bool posts = c->body || c->tar || text_is(c->method, "POST");
    c->target = target;
    c->http = (struct http_call){ .method = c->method, .url = url, .trust = &target->trust, .via = target->via, .socket_path = target->socket_path,
                                  .body = c->tar ? c->tar : body ? body : posts ? "" : NULL, .body_size = c->tar ? c->tar_size : body ? strlen(body) : 0,
                                  .timeout_micros = c->timeout_micros, .answer_limit = ANSWER_MOST, .on_data = c->on_data ? piece : NULL, .done = over };
    if (posts)
        http_headers_add(&c->http.headers, "Content-Type", c->tar ? "application/x-tar" : "application/json");
    if (c->registry_auth)
        http_headers_add(&c->http.headers, "X-Registry-Auth", c->registry_auth);
    c->in_flight = http_call_start(&c->http, http, e);
    http_headers_fini(&c->http.headers);
    c->http.headers = (struct http_headers){ 0 };
    return c->in_flight;
}

void docker_call_cancel(struct docker_call *c)
{
    if (c->in_flight)
        http_call_cancel(&c->http);
}

char *docker_registry_auth(const char *username, const char *password, const char *server)
{
    AUTO_JSON *login = json_pack("{s:s, s:s, s:s}", "username", username, "password", password, "serveraddress", server);
    char *text = json_write(login), *encoded = text_base64_url(text, strlen(text));
    explicit_bzero(text, strlen(text));
    free(text);
    size_t n = strlen(encoded); /* engines read it with its padding only */
    char *padded = mem_format("%s%.*s", encoded, (int)((4 - n % 4) % 4), "===");
    free(encoded);
    return padded;
}
