#include "jenkins/call.h"

#include <string.h>
#include <strings.h>

#include "base/mem.h"

enum { ANSWER_MOST = 4 << 20, CRUMB_MOST = 4096 };

void jenkins_fini(struct jenkins *j)
{
    free(TAKE(j->crumb_field));
    free(TAKE(j->crumb));
    free(TAKE(j->cookie));
    j->crumb_known = false;
}

bool jenkins_refused(int status, const char *said, const char *user, struct err *e)
{
    enum err_kind kind = err_kind_of_status(status);
    AUTO_FREE char *mended = mem_text(said ? said : "");
    text_mend(mended);
    if (status == 401)
        return err_set(e, ERR_UNAUTHORIZED, *user ? "Jenkins does not let %.100s in (401): is the password, or API token, still right?" : "Jenkins wants a login (401): set username and password%.0s", user);
    if (status == 403)
        return err_set(e, ERR_FORBIDDEN, *user ? "Jenkins does not allow that to %.100s (403)%s%.200s" : "Jenkins does not allow that without a login (403)%.0s%s%.200s", user,
                       *mended ? ": " : "", mended);
    if (status >= 300 && status < 400)
        return err_set(e, ERR_UPSTREAM, "Jenkins leads elsewhere (%d): is the endpoint's url the one that stands in its own settings?", status);
    return err_set(e, kind ? kind : ERR_UPSTREAM, "Jenkins answered %d%s%.200s", status, *mended ? ": " : "", mended);
}

int64_t jenkins_queue_item(const char *location)
{
    static const char MARK[] = "/queue/item/";
    const char *at = location ? strstr(location, MARK) : NULL;
    int64_t id = 0;
    if (!at)
        return 0;
    at += strlen(MARK);
    AUTO_FREE char *digits = mem_text_n(at, strspn(at, "0123456789"));
    at += strlen(digits);
    return (!*at || *at == '/') && text_to_int(digits, &id) && id > 0 ? id : 0;
}

/* ---- crumbs */

static bool header_ok(const char *text)
{
    return *text && strlen(text) <= CRUMB_MOST && !strpbrk(text, "\r\n");
}

/* "JSESSIONID.ab=x; Path=/; HttpOnly" and others: names and values, as they are sent back. */
static char *cookies_of(const struct http_headers *headers)
{
    AUTO_TEXT all = { 0 };
    for (size_t i = 0; i < headers->count; i++) {
        const char *value = headers->at[i].value;
        if (text_is_any_case(headers->at[i].name, "Set-Cookie") && all.length < CRUMB_MOST)
            text_addf(&all, "%s%.*s", all.length ? "; " : "", (int)strcspn(value, ";\r\n"), value);
    }
    return all.length ? text_take(&all) : NULL;
}

static void take_crumb(struct jenkins *j, const struct http_call *http)
{
    AUTO_JSON *answer = NULL;
    const char *field, *crumb;
    jenkins_fini(j);
    j->crumb_known = true;
    if (http->status != 200 || !json_read(text_of(&http->answer), http->answer.length, &answer, NULL))
        return; /* 404: Jenkins wants none */
    field = json_text_at(answer, "crumbRequestField", "");
    crumb = json_text_at(answer, "crumb", "");
    if (!header_ok(field) || !header_ok(crumb) || strpbrk(field, " :"))
        return;
    j->crumb_field = mem_text(field);
    j->crumb = mem_text(crumb);
    j->cookie = cookies_of(&http->answer_headers);
}

/* ---- the request */

static bool send_call(struct jenkins_call *c, struct err *e);

static bool good(const struct jenkins_call *c)
{
    bool redirect = c->status == 302 || c->status == 303; /* to a page that shows what the POST did */
    return (c->status >= 200 && c->status < 300) || (redirect && text_is(c->method, "POST"));
}

static const char *header_of(const struct http_call *http, const char *name)
{
    const char *value = http_headers_get(&http->answer_headers, name);
    return value ? value : "";
}

static void finish(struct jenkins_call *c, const struct err *e)
{
    json_t *answer = NULL;
    struct http_call *http = &c->http;
    c->location = header_of(http, "Location");
    c->text_size = header_of(http, "X-Text-Size");
    c->more_data = header_of(http, "X-More-Data");
    c->version = header_of(http, "X-Jenkins");
    if (e || c->on_data || !json_read(text_of(&http->answer), http->answer.length, &answer, NULL))
        answer = json_null();
    free(TAKE(c->own_path));
    if (c->body)
        explicit_bzero(c->body, strlen(c->body)); /* parameters may be secrets */
    free(TAKE(c->body));
    c->in_flight = false;
    c->answer = answer;
    c->done(c, e); /* may start it again, or free it */
    json_decref(answer);
}

static void answered(struct http_call *http, const struct err *e)
{
    struct jenkins_call *c = OWNER(http, struct jenkins_call, http);
    struct err why = e ? *e : (struct err){ 0 };
    c->status = http->status;
    if (!e && c->status == 403 && c->jenkins->crumb && text_is(c->method, "POST") && !c->crumbed_again) { /* its session is over */
        c->crumbed_again = true;
        jenkins_fini(c->jenkins);
        if (send_call(c, &why))
            return;
    } else if (!e && !good(c)) {
        jenkins_refused(c->status, http_headers_get(&http->answer_headers, "X-Error"), c->jenkins->target->user, &why);
    }
    finish(c, why.kind ? &why : NULL);
}

static void crumbed(struct http_call *http, const struct err *e)
{
    struct jenkins_call *c = OWNER(http, struct jenkins_call, http);
    struct err why = e ? *e : (struct err){ 0 };
    c->crumbing = false;
    if (!e && (http->status == 200 || http->status == 404 || http->status == 403)) { /* 403: it may be that nobody may ask, and nobody must */
        take_crumb(c->jenkins, http);
        if (!c->canceled && send_call(c, &why))
            return;
        if (c->canceled)
            err_set(&why, ERR_CANCELED, "canceled");
    } else if (!e) {
        c->status = http->status;
        jenkins_refused(http->status, http_headers_get(&http->answer_headers, "X-Error"), c->jenkins->target->user, &why);
    }
    finish(c, &why);
}

static bool piece(struct http_call *http, const char *bytes, size_t size)
{
    struct jenkins_call *c = OWNER(http, struct jenkins_call, http);
    return http->status != 200 || c->on_data(c, bytes, size);
}

static bool start_http(struct jenkins_call *c, const char *path, const char *body, void (*done)(struct http_call *http, const struct err *e), struct err *e)
{
    const struct jenkins *j = c->jenkins;
    const struct jenkins_target *t = j->target;
    bool posts = body != NULL;
    AUTO_FREE char *url = mem_format("%s%s", t->url, path);
    c->http = (struct http_call){ .method = posts ? "POST" : "GET", .url = url, .body = body, .body_size = body ? strlen(body) : 0, .trust = &t->trust, .via = t->via, .once = posts,
                                  .timeout_micros = c->timeout_micros, .answer_limit = ANSWER_MOST, .on_data = c->on_data && !c->crumbing ? piece : NULL, .done = done };
    if (*t->authorization)
        http_headers_add(&c->http.headers, "Authorization", t->authorization);
    if (posts)
        http_headers_add(&c->http.headers, "Content-Type", "application/x-www-form-urlencoded");
    if (posts && j->crumb)
        http_headers_add(&c->http.headers, j->crumb_field, j->crumb);
    if (posts && j->cookie)
        http_headers_add(&c->http.headers, "Cookie", j->cookie);
    bool begun = http_call_start(&c->http, j->http, e);
    http_headers_fini(&c->http.headers);
    c->http.headers = (struct http_headers){ 0 };
    return begun;
}

static bool send_call(struct jenkins_call *c, struct err *e)
{
    bool posts = text_is(c->method, "POST");
    c->crumbing = posts && !c->jenkins->crumb_known;
    if (c->crumbing)
        return start_http(c, "/crumbIssuer/api/json", NULL, crumbed, e);
    c->sent = start_http(c, c->own_path, posts ? c->body : NULL, answered, e);
    return c->sent;
}

static char *form_text(const json_t *form)
{
    AUTO_TEXT out = { 0 };
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)form, name, value) {
        AUTO_FREE char *text = json_as_text(value);
        text_add(&out, out.length ? "&" : "");
        text_add_url(&out, name);
        text_add(&out, "=");
        text_add_url(&out, text);
        explicit_bzero(text, strlen(text));
    }
    return text_take(&out);
}

bool jenkins_call_start(struct jenkins_call *c, struct jenkins *j, struct err *e)
{
    c->jenkins = j;
    c->status = 0;
    c->sent = c->crumbed_again = c->canceled = false;
    c->own_path = mem_text(c->path);
    c->body = form_text(c->form);
    c->in_flight = send_call(c, e);
    if (!c->in_flight) {
        free(TAKE(c->own_path));
        free(TAKE(c->body));
    }
    return c->in_flight;
}

void jenkins_call_cancel(struct jenkins_call *c)
{
    if (!c->in_flight)
        return;
    c->canceled = true;
    http_call_cancel(&c->http);
}
