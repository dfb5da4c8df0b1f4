/* Requests of ours: libcurl's multi interface, driven by the loop's sockets and one timer. */
#include "http/client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "http/curl_inside.h"
#include "http/reach.h"
#include "http/trust.h"

#define ANSWER_LIMIT (16u << 20)
#define CONNECTIONS_KEPT 64
#define HEADER_LIMIT 200 /* headers of an answer that are kept */
#define FLOW_BUFFER (128L << 10) /* of a call that flows: what libcurl reads and writes at once */

struct http_way {
    int holders;
    struct err why; /* kind 0: it did not fail, or nobody knows why */
};

struct http_call_private {
    struct http_transfer transfer;
    struct link link, wake;
    struct http_client *client;
    struct http_call *call;
    CURL *easy;
    struct curl_slist *headers;
    struct http_trust_held *trust;
    char *method, *url, *shown; /* shown: for sentences, without query and user */
    char *via;
    struct http_way *way; /* of the connection that was opened for this call */
    struct curl_slist *connect_to;
    enum http_reach reach;
    size_t limit;
    int64_t began;
    bool canceled, too_large, stopped, proxied, unreachable_by_rule, held;
    CURLcode code;
    char error[CURL_ERROR_SIZE];
};

/* ---- the end of a call */

static void private_free(struct http_call_private *p)
{
    list_remove(&p->wake);
    if (p->easy) {
        curl_multi_remove_handle(p->client->multi, p->easy);
        curl_easy_cleanup(p->easy);
    }
    curl_slist_free_all(p->headers);
    curl_slist_free_all(p->connect_to);
    http_way_release(&p->way);
    free(p->via);
    http_trust_release(&p->trust);
    free(p->method);
    free(p->url);
    free(p->shown);
    free(p);
}

static bool describe(const struct http_call_private *p, struct err *e)
{
    const char *why = p->error[0] ? p->error : curl_easy_strerror(p->code);
    if (p->canceled)
        return err_set(e, ERR_CANCELED, "%s %s: canceled", p->method, p->shown);
    if (p->too_large)
        return err_set(e, ERR_TOO_LARGE, "%s %s: the answer is larger than %zu bytes", p->method, p->shown, p->limit);
    if (p->stopped)
        return err_set(e, ERR_CANCELED, "%s %s: stopped by who reads or gives", p->method, p->shown);
    if (p->way && p->way->why.kind)
        return err_set(e, p->way->why.kind, "%s %s: %.400s", p->method, p->shown, p->way->why.text);
    if (p->unreachable_by_rule)
        return err_set(e, ERR_FORBIDDEN, "%s %s: leads to a private address, which is not allowed here", p->method, p->shown);
    if (p->code == CURLE_OPERATION_TIMEDOUT)
        return err_set(e, ERR_TIMEOUT, "%s %s: no answer in time (%s)", p->method, p->shown, why);
    if (p->code == CURLE_PEER_FAILED_VERIFICATION || p->code == CURLE_SSL_CACERT_BADFILE)
        return err_set(e, ERR_UPSTREAM, "%s %s: the server's certificate is not trusted: %s", p->method, p->shown,
                       http_trust_problem(p->trust, why));
    if (p->code == CURLE_URL_MALFORMAT || p->code == CURLE_UNSUPPORTED_PROTOCOL)
        return err_set(e, ERR_INVALID, "%s: %s", p->shown, why);
    return err_set(e, ERR_UNAVAILABLE, "%s %s: %s", p->method, p->shown, why);
}

static void tell_done(struct http_call_private *p)
{
    struct http_call *c = p->call;
    struct err e = { 0 };
    bool failed = p->canceled || p->code != CURLE_OK;
    long status = 0;
    if (failed)
        describe(p, &e);
    curl_easy_getinfo(p->easy, CURLINFO_RESPONSE_CODE, &status);
    c->status = failed ? 0 : (int)status;
    c->took_micros = clock_mono() - p->began;
    struct http_headers headers = c->answer_headers;
    struct text answer = c->answer;
    c->private = NULL;
    private_free(p);
    /* done may free c, or start it again with new ones; what is freed afterwards are these. */
    c->done(c, failed ? &e : NULL);
    http_headers_fini(&headers);
    text_fini(&answer);
}

static void tell_ended(struct post *post)
{
    struct http_client *client = OWNER(post, struct http_client, post);
    for (struct link *l; (l = list_first(&client->ended));) {
        struct http_call_private *p = OWNER(l, struct http_call_private, link);
        list_remove(l);
        tell_done(p);
    }
    client->posted = false; /* what ended meanwhile was told as well: no post outlives the client */
}

static void end_later(struct http_call_private *p)
{
    struct http_client *client = p->client;
    list_append(&client->ended, &p->link);
    if (client->posted)
        return;
    client->posted = true;
    client->post.run = tell_ended;
    loop_post(client->loop, &client->post);
}

static void transfer_ended(struct http_transfer *t, CURLcode code)
{
    struct http_call_private *p = OWNER(t, struct http_call_private, transfer);
    p->code = code;
    curl_multi_remove_handle(p->client->multi, p->easy);
    if (!link_in_list(&p->link)) /* canceled and ended at once */
        end_later(p);
}

static void gather_ended(struct http_client *client)
{
    CURLMsg *m;
    int left;
    while ((m = curl_multi_info_read(client->multi, &left))) {
        struct http_transfer *t = NULL;
        if (m->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&t);
        t->ended(t, m->data.result);
    }
}

/* ---- sockets and the timer */

static void socket_ready(evutil_socket_t fd, short what, void *context)
{
    struct http_client *client = context;
    int running, flags = (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0);
    curl_multi_socket_action(client->multi, fd, flags, &running);
    gather_ended(client);
}

static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *socket_context)
{
    struct http_client *client = context;
    struct event *event = socket_context;
    (void)easy;
    if (event)
        event_free(event);
    event = NULL;
    if (what != CURL_POLL_REMOVE) {
        short flags = (short)((what & CURL_POLL_IN ? EV_READ : 0) | (what & CURL_POLL_OUT ? EV_WRITE : 0) | EV_PERSIST);
        event = event_new(loop_base(client->loop), fd, flags, socket_ready, client);
        event_add(event, NULL);
    }
    curl_multi_assign(client->multi, fd, event);
    return 0;
}

static void timer_due(struct timer *t)
{
    struct http_client *client = OWNER(t, struct http_client, timer);
    int running;
    curl_multi_socket_action(client->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    gather_ended(client);
}

static int watch_timer(CURLM *multi, long milliseconds, void *context)
{
    struct http_client *client = context;
    (void)multi;
    timer_clear(&client->timer);
    if (milliseconds >= 0)
        timer_set(&client->timer, client->loop, milliseconds * CLOCK_MS, timer_due);
    return 0;
}

bool http_client_create(struct loop *loop, const struct http_client_config *config, struct http_client **ret, struct err *e)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
        return err_set(e, ERR_INTERNAL, "libcurl could not start");
    struct http_client *c = NEW(struct http_client);
    *c = (struct http_client){ .loop = loop, .multi = curl_multi_init(),
                               .user_agent = mem_text(config && config->user_agent ? config->user_agent : "slipway/" SLIPWAY_VERSION) };
    list_init(&c->ended);
    list_init(&c->waking);
    list_init(&c->doors);
    c->via_hosts = map_create();
    curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
    curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
    curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, watch_timer);
    curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
    curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, (long)(config && config->connections_kept ? config->connections_kept : CONNECTIONS_KEPT));
    curl_multi_setopt(c->multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
    *ret = c;
    return true;
}

static void doors_close(struct http_client *c);

void http_client_destroy(struct http_client **client)
{
    struct http_client *c = TAKE(*client);
    if (!c)
        return;
    curl_multi_cleanup(c->multi);
    timer_clear(&c->timer);
    timer_clear(&c->wake);
    doors_close(c);
    size_t at = 0;
    const char *key;
    void *address;
    while (map_each(c->via_hosts, &at, &key, &address))
        free(address);
    map_destroy(&c->via_hosts);
    if (c->folder)
        rmdir(c->folder);
    free(c->folder);
    free(c->user_agent);
    free(c);
}

/* ---- other ways than a socket of this machine */

struct http_way *http_way_hold(struct http_way *way)
{
    way->holders++;
    return way;
}

void http_way_release(struct http_way **way)
{
    struct http_way *w = TAKE(*way);
    if (w && !--w->holders)
        free(w);
}

void http_way_failed(struct http_way *way, const struct err *why)
{
    way->why = *why;
}

bool http_way_why(const struct http_way *way, struct err *ret)
{
    if (way->why.kind)
        *ret = way->why;
    return way->why.kind != 0;
}

int http_via_open(struct http_client *c, const char *via, const char *host, int port, struct http_way **ret_way, struct err *e)
{
    int ends[2];
    if (!c->vias.open) {
        err_set(e, ERR_UNSUPPORTED, "there are no Cloud Proxies here");
        return -1;
    }
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0) {
        err_set(e, ERR_UNAVAILABLE, "no more connections fit: %s", strerror(errno));
        return -1;
    }
    struct http_way *way = http_way_hold(NEW(struct http_way));
    if (!c->vias.open(c->vias.context, via, host, port, ends[1], way, e)) {
        http_way_release(&way);
        close(ends[0]);
        return -1;
    }
    *ret_way = way;
    return ends[0];
}

bool http_via_credential(const char *name, const char *via, char **ret, struct err *e)
{
    size_t n = strlen(name);
    if (text_empty(via))
        return err_field(e, "proxyCredential", "credentials are kept at a Cloud Proxy: choose one in cloudProxyId");
    if (!n || n > 63 || name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-")])
        return err_field(e, "proxyCredential", "'%.80s' is no name of credentials: small letters, digits and '-'", name);
    *ret = mem_format("http://%s.credentials.invalid", name);
    return true;
}

void http_client_vias(struct http_client *c, const struct http_vias *vias)
{
    c->vias = *vias;
}

/* libcurl shares connections by the address that they go to. Each via has one of its own, of a network that is nobody's
 * (240.0.0.0/4, RFC 1112 section 4), so that its connections are shared among its calls only; nothing ever goes there. */
static const char *via_host(struct http_client *c, const char *via)
{
    char *address = map_get(c->via_hosts, via);
    if (!address) {
        size_t n = map_count(c->via_hosts) + 1;
        address = mem_format("%zu.%zu.%zu.%zu", 240 + (n >> 24 & 7), n >> 16 & 255, n >> 8 & 255, n & 255);
        map_put(c->via_hosts, via, address);
    }
    return address;
}

/* Where the request goes that libcurl is about to connect for: after a redirect another host than the call's. */
static bool target_of(CURL *easy, char **ret_host, int *ret_port, struct err *e)
{
    CURLU *parts = curl_url();
    char *url = NULL, *host = NULL, *port = NULL;
    curl_easy_getinfo(easy, CURLINFO_EFFECTIVE_URL, &url);
    bool ok = parts && url && curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK && curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
              curl_url_get(parts, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK;
    if (ok) {
        size_t n = strlen(host);
        *ret_host = *host == '[' && n > 2 ? mem_text_n(host + 1, n - 2) : mem_text(host);
        *ret_port = atoi(port);
    }
    curl_free(host);
    curl_free(port);
    curl_url_cleanup(parts);
    return ok || err_set(e, ERR_INVALID, "the URL names no host");
}

/* libcurl makes its connections itself. So it is given the address of a door: a socket in a folder of ours, where one connection is
 * let in and handed to the via. (CURL_SOCKOPT_ALREADY_CONNECTED would be for a socket that is connected, but libcurl 7.88 connects
 * that as well; and a name in Linux' abstract namespace is none for it, so that it never uses such a connection again.) */
struct door {
    struct link link;
    struct http_client *client;
    struct http_way *way;
    struct event *event;
    char *via, *host;
    struct sockaddr_un name;
    int port, fd;
};

static void door_close(struct door *d)
{
    if (d->event)
        event_free(d->event);
    if (d->fd >= 0)
        close(d->fd);
    if (d->name.sun_path[0])
        unlink(d->name.sun_path);
    list_remove(&d->link);
    http_way_release(&d->way);
    free(d->via);
    free(d->host);
    free(d);
}

static void doors_close(struct http_client *c)
{
    LIST_EACH(&c->doors, l)
        door_close(OWNER(l, struct door, link));
}

static void knocked(evutil_socket_t listener, short what, void *context)
{
    struct door *d = context;
    const struct http_vias *vias = &d->client->vias;
    int fd = what & EV_TIMEOUT ? -1 : accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0)
        vias->open(vias->context, d->via, d->host, d->port, fd, d->way, &d->way->why);
    door_close(d);
}

/* Only this user may enter it. Made when it is first needed. */
static bool make_folder(struct http_client *c, struct err *e)
{
    const char *place = getenv("TMPDIR");
    if (c->folder)
        return true;
    AUTO_FREE char *folder = mem_format("%s/slipway-XXXXXX", text_empty(place) ? "/tmp" : place);
    if (!mkdtemp(folder))
        return err_set(e, ERR_UNAVAILABLE, "no folder for sockets can be made in %s (%s): set TMPDIR", text_empty(place) ? "/tmp" : place, strerror(errno));
    c->folder = TAKE(folder);
    return true;
}

static bool door_open(struct door *d, struct curl_sockaddr *address, struct err *e)
{
    struct http_client *c = d->client;
    struct sockaddr_un name = { .sun_family = AF_UNIX };
    if (!make_folder(c, e))
        return false;
    if ((size_t)snprintf(name.sun_path, sizeof name.sun_path, "%s/%lld", c->folder, (long long)++c->door_count) >= sizeof name.sun_path)
        return err_set(e, ERR_UNAVAILABLE, "%s: too long for a socket's path: set TMPDIR", c->folder);
    d->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (d->fd < 0 || bind(d->fd, (struct sockaddr *)&name, sizeof name) != 0 || listen(d->fd, 1) != 0)
        return err_set(e, ERR_UNAVAILABLE, "no more connections fit: %s", strerror(errno));
    d->name = name;
    d->event = event_new(loop_base(c->loop), d->fd, EV_READ, knocked, d);
    event_add(d->event, &(struct timeval){ 5, 0 });
    if (!address)
        return true;
    address->family = AF_UNIX;
    address->protocol = 0;
    address->addrlen = sizeof name;
    memcpy(&address->addr, &name, sizeof name); /* libcurl has room for any address there */
    return true;
}

static curl_socket_t open_way(struct http_call_private *p, struct curl_sockaddr *address)
{
    struct http_client *c = p->client;
    struct door *d = NEW(struct door);
    http_way_release(&p->way);
    p->way = http_way_hold(NEW(struct http_way));
    *d = (struct door){ .client = c, .fd = -1, .way = http_way_hold(p->way), .via = mem_text(p->via) };
    list_append(&c->doors, &d->link);
    bool ok = (c->vias.open || err_set(&p->way->why, ERR_UNSUPPORTED, "there are no Cloud Proxies here")) &&
              target_of(p->easy, &d->host, &d->port, &p->way->why) && door_open(d, address, &p->way->why);
    int fd = ok ? socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) : -1;
    if (fd >= 0)
        return fd;
    door_close(d);
    return CURL_SOCKET_BAD;
}

bool http_via_door(struct http_client *c, const char *via, const char *host, int port, char **ret_path, struct http_way **ret_way, struct err *e)
{
    if (!c->vias.open)
        return err_set(e, ERR_UNSUPPORTED, "there are no Cloud Proxies here");
    struct http_way *way = http_way_hold(NEW(struct http_way));
    struct door *d = NEW(struct door);
    *d = (struct door){ .client = c, .fd = -1, .way = http_way_hold(way), .via = mem_text(via), .host = mem_text(host), .port = port };
    list_append(&c->doors, &d->link);
    if (!door_open(d, NULL, e)) {
        door_close(d);
        http_way_release(&way);
        return false;
    }
    *ret_path = mem_text(d->name.sun_path);
    *ret_way = way;
    return true;
}

static void set_via(struct http_call_private *p, const struct http_call *c)
{
    if (text_empty(c->via))
        return;
    p->via = mem_text(c->via);
    AUTO_FREE char *elsewhere = mem_format("::%s:", via_host(p->client, c->via));
    p->connect_to = curl_slist_append(NULL, elsewhere);
    curl_easy_setopt(p->easy, CURLOPT_CONNECT_TO, p->connect_to);
}

/* ---- a call begins */

static size_t take_header(char *line, size_t size, size_t n, void *context)
{
    struct http_call_private *p = context;
    size_t length = size * n;
    const char *colon = memchr(line, ':', length);
    if (length > 5 && memcmp(line, "HTTP/", 5) == 0) {
        http_headers_fini(&p->call->answer_headers); /* of a redirect, or 100 Continue */
        text_fini(&p->call->answer);
    }
    if (!colon || p->call->answer_headers.count >= HEADER_LIMIT)
        return length;
    const char *value = colon + 1, *end = line + length;
    while (value < end && (*value == ' ' || *value == '\t'))
        value++;
    while (end > value && strchr("\r\n \t", end[-1]))
        end--;
    AUTO_FREE char *name_text = mem_text_n(line, (size_t)(colon - line)), *value_text = mem_text_n(value, (size_t)(end - value));
    http_headers_add(&p->call->answer_headers, name_text, value_text);
    return length;
}

static size_t take_body(char *bytes, size_t size, size_t n, void *context)
{
    struct http_call_private *p = context;
    struct http_call *c = p->call;
    if (p->canceled)
        return 0;
    if (p->held)
        return CURL_WRITEFUNC_PAUSE; /* libcurl keeps this piece, and reads no other */
    if (c->on_data) {
        long status = 0;
        curl_easy_getinfo(p->easy, CURLINFO_RESPONSE_CODE, &status);
        c->status = (int)status;
        p->stopped = !c->on_data(c, bytes, size * n);
        return p->stopped ? 0 : size * n;
    }
    if (c->answer.length + size * n > p->limit) {
        p->too_large = true;
        return 0;
    }
    text_add_n(&c->answer, bytes, size * n);
    return size * n;
}

static size_t give_body(char *to, size_t size, size_t n, void *context)
{
    struct http_call_private *p = context;
    if (p->canceled)
        return CURL_READFUNC_ABORT;
    ssize_t got = p->call->give(p->call, to, size * n);
    p->stopped |= got < 0;
    return got > 0 ? (size_t)got : got < 0 ? CURL_READFUNC_ABORT : CURL_READFUNC_PAUSE;
}

static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct http_call_private *p = context;
    (void)purpose;
    if (p->via)
        return open_way(p, address);
    if (p->reach == HTTP_REACH_PUBLIC && !p->proxied && !http_address_public(&address->addr)) {
        p->unreachable_by_rule = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* Before each request, also on a connection that another call opened and was allowed to reach. */
static int check_reach(void *context, char *primary, char *local, int primary_port, int local_port)
{
    struct http_call_private *p = context;
    struct sockaddr_in v4 = { .sin_family = AF_INET };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
    (void)local, (void)primary_port, (void)local_port;
    if (p->reach != HTTP_REACH_PUBLIC || p->proxied)
        return CURL_PREREQFUNC_OK;
    if ((inet_pton(AF_INET, primary, &v4.sin_addr) == 1 && http_address_public((struct sockaddr *)&v4)) ||
        (inet_pton(AF_INET6, primary, &v6.sin6_addr) == 1 && http_address_public((struct sockaddr *)&v6)))
        return CURL_PREREQFUNC_OK;
    p->unreachable_by_rule = true;
    return CURL_PREREQFUNC_ABORT;
}

char *http_shown_url(const char *url)
{
    AUTO_TEXT out = { 0 };
    const char *scheme = strstr(url, "://"), *host = scheme ? scheme + 3 : url;
    size_t authority = strcspn(host, "/?#");
    const char *at = memrchr(host, '@', authority);
    text_add_n(&out, url, (size_t)(host - url));
    const char *from = at ? at + 1 : host;
    text_add_n(&out, from, strcspn(from, "?#"));
    return text_take(&out);
}

static void set_method(struct http_call_private *p, const struct http_call *c)
{
    if (text_is(p->method, "HEAD")) {
        curl_easy_setopt(p->easy, CURLOPT_NOBODY, 1L);
        return;
    }
    if (c->give) {
        curl_easy_setopt(p->easy, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(p->easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)c->body_size);
        curl_easy_setopt(p->easy, CURLOPT_READFUNCTION, give_body);
        curl_easy_setopt(p->easy, CURLOPT_READDATA, p);
    } else if (c->body) {
        curl_easy_setopt(p->easy, CURLOPT_POST, 1L);
        curl_easy_setopt(p->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)c->body_size);
        curl_easy_setopt(p->easy, CURLOPT_COPYPOSTFIELDS, c->body);
    }
    curl_easy_setopt(p->easy, CURLOPT_CUSTOMREQUEST, p->method);
}

static void set_headers(struct http_call_private *p, const struct http_call *c)
{
    bool typed = false;
    for (size_t i = 0; i < c->headers.count; i++) {
        const struct http_header *h = &c->headers.at[i];
        AUTO_FREE char *line = *h->value ? mem_format("%s: %s", h->name, h->value) : mem_format("%s;", h->name);
        if (strpbrk(line, "\r\n"))
            continue; /* a value must not become a header of its own */
        typed |= text_is_any_case(h->name, "Content-Type");
        p->headers = curl_slist_append(p->headers, line);
    }
    if ((c->body || c->give) && !typed)
        p->headers = curl_slist_append(p->headers, "Content-Type: application/octet-stream");
    p->headers = curl_slist_append(p->headers, "Expect:");
    curl_easy_setopt(p->easy, CURLOPT_HTTPHEADER, p->headers);
}

static long milliseconds(int64_t micros, int64_t otherwise)
{
    return (long)((micros ? micros : otherwise) / CLOCK_MS);
}

static void set_limits(struct http_call_private *p, const struct http_call *c)
{
    curl_easy_setopt(p->easy, CURLOPT_CONNECTTIMEOUT_MS, milliseconds(c->connect_micros, 5 * CLOCK_SECOND));
    if (c->give) {
        curl_easy_setopt(p->easy, CURLOPT_TCP_KEEPALIVE, 1L);
    } else if (c->on_data) {
        curl_easy_setopt(p->easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
        curl_easy_setopt(p->easy, CURLOPT_LOW_SPEED_TIME, milliseconds(c->timeout_micros, 30 * CLOCK_SECOND) / 1000 + 1);
        curl_easy_setopt(p->easy, CURLOPT_TCP_KEEPALIVE, 1L); /* silence may be long: a peer that died in it is found by the kernel */
    } else {
        curl_easy_setopt(p->easy, CURLOPT_TIMEOUT_MS, milliseconds(c->timeout_micros, 30 * CLOCK_SECOND));
    }
    curl_easy_setopt(p->easy, CURLOPT_FOLLOWLOCATION, c->redirects > 0 ? 1L : 0L);
    curl_easy_setopt(p->easy, CURLOPT_MAXREDIRS, (long)c->redirects);
    curl_easy_setopt(p->easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(p->easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    p->limit = c->answer_limit ? c->answer_limit : ANSWER_LIMIT;
    p->reach = c->reach;
    p->proxied = !text_empty(c->proxy) || p->via; /* then the proxy's address is connected to, and the proxy knows what it may reach */
}

static void set_flow(struct http_call_private *p, const struct http_call *c)
{
    if (!c->flows && !c->give)
        return;
    curl_easy_setopt(p->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(p->easy, CURLOPT_BUFFERSIZE, FLOW_BUFFER);
    curl_easy_setopt(p->easy, CURLOPT_UPLOAD_BUFFERSIZE, FLOW_BUFFER);
}

static bool set_all(struct http_call_private *p, const struct http_call *c, struct err *e)
{
    CURL *easy = p->easy;
    curl_easy_setopt(easy, CURLOPT_PRIVATE, &p->transfer);
    curl_easy_setopt(easy, CURLOPT_URL, p->url);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, p->error);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, c->proxy ? c->proxy : "");
    curl_easy_setopt(easy, CURLOPT_USERAGENT, p->client->user_agent);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, p);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, p);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, p);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, check_reach);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, p);
    set_method(p, c);
    set_headers(p, c);
    set_via(p, c);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, c->once ? 1L : 0L);
    if (!text_empty(c->socket_path))
        curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, c->socket_path);
    set_limits(p, c);
    set_flow(p, c);
    return http_trust_apply(easy, c->trust, &p->trust, e);
}

bool http_call_start(struct http_call *c, struct http_client *client, struct err *e)
{
    if (!text_empty(c->via) && !text_empty(c->proxy))
        return err_set(e, ERR_UNSUPPORTED, "through a Cloud Proxy and an HTTP proxy at once is not supported: choose one of them");
    if (!text_empty(c->socket_path) && (!text_empty(c->via) || !text_empty(c->proxy) || c->reach != HTTP_REACH_ANY))
        return err_set(e, ERR_UNSUPPORTED, "a Unix socket is reached from this machine only, not through a Cloud Proxy or an HTTP proxy");
    struct http_call_private *p = NEW(struct http_call_private);
    *p = (struct http_call_private){ .transfer = { transfer_ended }, .client = client, .call = c, .easy = curl_easy_init(), .method = mem_text(c->method ? c->method : "GET"),
                                     .url = mem_text(c->url), .shown = http_shown_url(c->url), .began = clock_mono() };
    c->status = 0;
    c->answer_headers = (struct http_headers){ 0 };
    c->answer = (struct text){ 0 };
    if (!set_all(p, c, e) || (curl_multi_add_handle(client->multi, p->easy) != CURLM_OK && !err_set(e, ERR_INTERNAL, "libcurl refused a call"))) {
        private_free(p);
        return false;
    }
    c->private = p;
    return true;
}

void http_call_cancel(struct http_call *c)
{
    struct http_call_private *p = c->private;
    if (!p || p->canceled)
        return;
    p->canceled = true;
    if (!link_in_list(&p->link)) /* else it ended just now; its done will say canceled */
        end_later(p);            /* libcurl is left later: we may be inside one of its callbacks */
}

void http_call_hold(struct http_call *c)
{
    if (c->private)
        c->private->held = true;
}

static void wake_calls(struct timer *t)
{
    struct http_client *client = OWNER(t, struct http_client, wake);
    int running;
    for (struct link *l; (l = list_first(&client->waking));) {
        struct http_call_private *p = OWNER(l, struct http_call_private, wake);
        list_remove(l);
        p->held = false;
        if (!link_in_list(&p->link)) /* else it ended meanwhile */
            curl_easy_pause(p->easy, CURLPAUSE_CONT);
    }
    curl_multi_socket_action(client->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    gather_ended(client);
}

/* Later: who wakes one call is often within a callback of another, and libcurl would call back at once. */
void http_call_wake(struct http_call *c)
{
    struct http_call_private *p = c->private;
    if (!p || link_in_list(&p->wake))
        return;
    struct http_client *client = p->client;
    list_append(&client->waking, &p->wake);
    if (!timer_is_set(&client->wake))
        timer_set(&client->wake, client->loop, 0, wake_calls);
}

char *http_url_join(const char *base, const char *location)
{
    CURLU *parts = curl_url();
    char *url = NULL, *user = NULL, *out = NULL;
    bool ok = parts && curl_url_set(parts, CURLUPART_URL, base, 0) == CURLUE_OK && curl_url_set(parts, CURLUPART_USER, NULL, 0) == CURLUE_OK && curl_url_set(parts, CURLUPART_PASSWORD, NULL, 0) == CURLUE_OK &&
              curl_url_set(parts, CURLUPART_URL, location, 0) == CURLUE_OK && curl_url_get(parts, CURLUPART_USER, &user, 0) == CURLUE_NO_USER &&
              curl_url_get(parts, CURLUPART_URL, &url, 0) == CURLUE_OK;
    if (ok && (text_starts(url, "https://") || text_starts(url, "http://")))
        out = mem_text(url);
    curl_free(url);
    curl_free(user);
    curl_url_cleanup(parts);
    return out;
}

bool http_call_refused(const struct http_call *c, struct err *e)
{
    AUTO_FREE char *shown = http_shown_url(c->url ? c->url : "");
    AUTO_FREE char *said = mem_text_n(c->answer.at ? c->answer.at : "", c->answer.length < 200 ? c->answer.length : 200);
    return err_set(e, err_kind_of_status(c->status), "%s %s answered %d%s%s", c->method ? c->method : "GET", shown, c->status,
                   *said ? ": " : "", said);
}
