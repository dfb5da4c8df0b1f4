/* The client's end of a pipe. libcurl makes the connection, through whatever proxies lie on the way, and TLS over it; what is
 * said over it then is ours. */
#include <event2/event.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "http/curl_inside.h"
#include "http/pipe_inside.h"
#include "http/trust.h"

#define DIAL_MICROS (10 * CLOCK_SECOND)
/* What is led through is encrypted a second time: by the cheapest cipher that is good (a sixth of the time less than the default's 256 bits). */
#define CIPHERS "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
#define HEAD_LIMIT 8192         /* of the server's answer to our wish */
#define READ_AT_ONCE (64 << 10)
#define READS_IN_ROW 8          /* before others have their turn */

struct http_dial_private {
    struct http_transfer transfer;
    struct http_pipe pipe;
    struct http_dial *dial;      /* NULL: it is a pipe by now */
    struct loop *loop;
    struct http_client *client;  /* of its own: its connection is nobody else's */
    CURL *easy;
    struct http_trust_held *trust;
    struct event *reads, *writes;
    struct timer deadline;
    struct post post;
    struct text out, head;       /* head: the server's answer, as far as it came; then what came behind it */
    size_t sent;                 /* of out */
    char error[CURL_ERROR_SIZE];
    char *shown, *request;
    struct http_pipe_use use;
    struct err why;
    bool ended, busy, posted, asked_again;
    uint8_t *buffer;             /* READ_AT_ONCE */
};

/* ---- the end */

static void dial_free(struct http_dial_private *p)
{
    timer_clear(&p->deadline);
    if (p->reads)
        event_free(p->reads);
    if (p->writes)
        event_free(p->writes);
    if (p->easy) {
        curl_multi_remove_handle(p->client->multi, p->easy);
        curl_easy_cleanup(p->easy);
    }
    http_client_destroy(&p->client);
    http_trust_release(&p->trust);
    text_fini(&p->out);
    text_fini(&p->head);
    free(p->buffer);
    free(p->shown);
    free(p->request);
    free(p);
}

static void tell_ended(struct post *post)
{
    struct http_dial_private *p = OWNER(post, struct http_dial_private, post);
    struct http_dial *d = p->dial;
    struct http_pipe_use use = p->use;
    struct err why = p->why;
    if (d)
        d->private = NULL;
    dial_free(p);
    if (d)
        d->done(d, &why);
    else
        use.closed(use.context, &why);
}

static void post(struct http_dial_private *p, void (*run)(struct post *post))
{
    p->post.run = run;
    if (!p->posted)
        loop_post(p->loop, &p->post);
    p->posted = true;
}

/* Later: we may be inside a callback of libcurl's, or of the user's. */
static void end(struct http_dial_private *p)
{
    if (p->ended)
        return;
    p->ended = true;
    timer_clear(&p->deadline);
    post(p, tell_ended);
}

static void fail(struct http_dial_private *p, enum err_kind kind, const char *why)
{
    if (!p->ended)
        err_set(&p->why, kind, "%s: %.400s", p->shown, why);
    end(p);
}

/* ---- sending and receiving, as far as the socket takes and has */

/* False: it must be waited for, or all is over. */
static bool send_out(struct http_dial_private *p)
{
    while (p->sent < p->out.length) {
        size_t n = 0;
        CURLcode code = curl_easy_send(p->easy, p->out.at + p->sent, p->out.length - p->sent, &n);
        p->sent += n;
        if (code == CURLE_AGAIN) {
            event_add(p->writes, NULL);
            return false;
        }
        if (code != CURLE_OK) {
            fail(p, ERR_UNAVAILABLE, p->error[0] ? p->error : curl_easy_strerror(code));
            return false;
        }
    }
    p->out.length = p->sent = 0;
    return true;
}

/* What the user gives goes out from where it lies; only what the socket did not take is kept. */
static void give_more(struct http_dial_private *p)
{
    if (p->ended || p->dial || p->busy)
        return;
    p->busy = true;
    while (!p->ended && send_out(p)) {
        const uint8_t *bytes = NULL;
        size_t sent = 0;
        ssize_t n = p->use.give(p->use.context, &bytes);
        if (n < 0)
            fail(p, ERR_UPSTREAM, "it was ended here");
        if (n <= 0)
            break;
        CURLcode code = curl_easy_send(p->easy, bytes, (size_t)n, &sent);
        if (code != CURLE_OK && code != CURLE_AGAIN)
            fail(p, ERR_UNAVAILABLE, p->error[0] ? p->error : curl_easy_strerror(code));
        else if (sent < (size_t)n)
            text_add_n(&p->out, bytes + sent, (size_t)n - sent);
    }
    p->busy = false;
}

static void take(struct http_dial_private *p, const uint8_t *bytes, size_t n)
{
    if (!p->use.took(p->use.context, bytes, n))
        fail(p, ERR_UPSTREAM, "the server spoke nonsense");
}

/* 0: nothing came, or it ended. */
static size_t receive(struct http_dial_private *p)
{
    size_t n = 0;
    CURLcode code = curl_easy_recv(p->easy, p->buffer, READ_AT_ONCE, &n);
    if (code == CURLE_AGAIN)
        return 0;
    if (code != CURLE_OK)
        fail(p, ERR_UNAVAILABLE, p->error[0] ? p->error : curl_easy_strerror(code));
    else if (!n)
        fail(p, ERR_UNAVAILABLE, "the server closed the connection");
    return n;
}

/* ---- the answer to our wish */

static void answered(struct post *post)
{
    struct http_dial_private *p = OWNER(post, struct http_dial_private, post);
    struct http_dial *d = p->dial;
    p->posted = false;
    timer_clear(&p->deadline);
    d->done(d, NULL); /* which takes the pipe, or leaves it */
    if (p->dial) {
        d->private = NULL;
        dial_free(p);
    }
}

static void refused(struct http_dial_private *p, const char *body)
{
    struct http_dial *d = p->dial;
    json_t *json = NULL;
    char words[300];
    if (json_read(body, strlen(body), &json, NULL))
        snprintf(words, sizeof words, "%s", json_text_at(json, "message", ""));
    else
        snprintf(words, sizeof words, "%.200s", body);
    json_decref(json);
    text_mend(words);
    snprintf(d->text, sizeof d->text, "the server answered %d%s%s", d->status, *words ? ": " : "", words);
    fail(p, err_kind_of_status(d->status), d->text);
}

/* The value of a header of the answer; the caller's, NULL when there is none. */
static char *header_of(const char *head, const char *name)
{
    size_t n = strlen(name);
    for (const char *line = strstr(head, "\r\n"); line && strncmp(line, "\r\n\r\n", 4); line = strstr(line + 2, "\r\n")) {
        const char *at = line + 2;
        if (strncasecmp(at, name, n) || at[n] != ':')
            continue;
        at += n + 1;
        at += strspn(at, " ");
        return mem_text_n(at, strcspn(at, "\r\n"));
    }
    return NULL;
}

static void ask_again(struct http_dial_private *p, const char *authorization)
{
    text_fini(&p->head);
    p->asked_again = true;
    text_addf(&p->out, "%.*sAuthorization: %s\r\n\r\n", (int)strlen(p->request) - 2, p->request, authorization);
    send_out(p);
}

/* Did the answer's body come as well? One without a length, or too long a one, is not waited for. */
static bool whole(const struct http_dial_private *p, const char *body)
{
    AUTO_FREE char *length = header_of(p->head.at, "Content-Length");
    int64_t size = 0;
    if (!length || !text_to_int(length, &size) || size < 0 || size > HEAD_LIMIT)
        return true;
    return p->head.length - (size_t)(body - p->head.at) >= (size_t)size;
}

/* False: the server does not ask who we are, or did so before. */
static bool answer_challenge(struct http_dial_private *p)
{
    struct http_dial *d = p->dial;
    AUTO_FREE char *wish = header_of(p->head.at, "WWW-Authenticate");
    size_t n = strlen(d->protocol);
    if (d->status != 401 || p->asked_again || !d->challenged || !wish || strncmp(wish, d->protocol, n) || wish[n] != ' ')
        return false;
    AUTO_FREE char *authorization = d->challenged(d, wish + n + 1);
    if (authorization)
        ask_again(p, authorization);
    return authorization != NULL;
}

/* The whole head must have come; what stands behind it is the pipe's, or the words of a refusal. */
static void read_head(struct http_dial_private *p)
{
    const char *end_of_head = strstr(text_of(&p->head), "\r\n\r\n");
    int status = 0;
    if (!end_of_head) {
        if (p->head.length > HEAD_LIMIT || strlen(text_of(&p->head)) < p->head.length)
            fail(p, ERR_UPSTREAM, "what answers is no Slipway server");
        return;
    }
    if (sscanf(p->head.at, "HTTP/1.1 %3d", &status) != 1) {
        fail(p, ERR_UPSTREAM, "what answers is no Slipway server");
        return;
    }
    p->dial->status = status;
    if (status != 101 && (!whole(p, end_of_head + 4) || answer_challenge(p)))
        return;
    if (status != 101) {
        refused(p, end_of_head + 4);
        return;
    }
    size_t head = (size_t)(end_of_head + 4 - p->head.at);
    memmove(p->head.at, p->head.at + head, p->head.length - head);
    p->head.length -= head;
    event_del(p->reads);
    post(p, answered);
}

/* TLS may hold bytes that the socket does not show any more: so it is read until there are none, with turns for others. */
static void can_read(evutil_socket_t fd, short what, void *context)
{
    struct http_dial_private *p = context;
    size_t n = 1;
    (void)fd, (void)what;
    for (int i = 0; i < READS_IN_ROW && !p->ended && n; i++) {
        if (!(n = receive(p)))
            break;
        if (p->dial) {
            text_add_n(&p->head, p->buffer, n);
            read_head(p);
            return;
        }
        take(p, p->buffer, n);
    }
    if (n && !p->ended)
        event_active(p->reads, EV_READ, 0);
    give_more(p);
}

static void can_write(evutil_socket_t fd, short what, void *context)
{
    struct http_dial_private *p = context;
    (void)fd, (void)what;
    if (p->dial)
        send_out(p);
    else
        give_more(p);
}

/* ---- the connection stands */

static bool watch_socket(struct http_dial_private *p)
{
    curl_socket_t fd = CURL_SOCKET_BAD;
    if (curl_easy_getinfo(p->easy, CURLINFO_ACTIVESOCKET, &fd) != CURLE_OK || fd == CURL_SOCKET_BAD)
        return false;
    p->reads = event_new(loop_base(p->loop), fd, EV_READ | EV_PERSIST, can_read, p);
    p->writes = event_new(loop_base(p->loop), fd, EV_WRITE, can_write, p);
    return p->reads && p->writes && event_add(p->reads, NULL) == 0;
}

static void connected(struct http_transfer *t, CURLcode code)
{
    struct http_dial_private *p = OWNER(t, struct http_dial_private, transfer);
    if (p->ended)
        return;
    if (code == CURLE_PEER_FAILED_VERIFICATION)
        fail(p, ERR_UPSTREAM, http_trust_problem(p->trust, p->error[0] ? p->error : "the server's certificate is not trusted"));
    else if (code != CURLE_OK)
        fail(p, ERR_UNAVAILABLE, p->error[0] ? p->error : curl_easy_strerror(code));
    else if (p->dial->connected && !p->dial->connected(p->dial))
        fail(p, ERR_CANCELED, "not needed any more");
    else if (!watch_socket(p))
        fail(p, ERR_INTERNAL, "the connection has no socket");
    else {
        p->error[0] = 0;
        text_add(&p->out, p->request);
        send_out(p);
    }
}

static void too_late(struct timer *t)
{
    fail(OWNER(t, struct http_dial_private, deadline), ERR_TIMEOUT, "no answer in time");
}

/* ---- starting */

/* "https://host:port/path?query" as the request's target and Host. */
static bool write_request(struct http_dial_private *p, const struct http_dial *d, struct err *e)
{
    AUTO_TEXT out = { 0 };
    const char *host = strstr(d->url, "://");
    if (!host || strpbrk(d->url, " \r\n"))
        return err_field(e, "server", "'%.200s' is no URL, such as https://slipway.example.com", d->url);
    host += 3;
    size_t n = strcspn(host, "/?#");
    const char *path = host + n;
    text_addf(&out, "GET %s HTTP/1.1\r\nHost: %.*s\r\nConnection: Upgrade\r\nUpgrade: %s\r\nUser-Agent: slipway/" SLIPWAY_VERSION "\r\n",
              *path ? path : "/", (int)n, host, d->protocol);
    for (size_t i = 0; i < d->headers.count; i++)
        if (!strpbrk(d->headers.at[i].value, "\r\n"))
            text_addf(&out, "%s: %s\r\n", d->headers.at[i].name, d->headers.at[i].value);
    text_add(&out, "\r\n");
    p->request = text_take(&out);
    return true;
}

/* What the socket did not take is offered again from another place in memory (give_more keeps it). */
static CURLcode set_mode(CURL *easy, void *ssl_context, void *context)
{
    (void)easy, (void)context;
    SSL_CTX_set_mode(ssl_context, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_ENABLE_PARTIAL_WRITE);
    return CURLE_OK;
}

static bool set_up(struct http_dial_private *p, const struct http_dial *d, struct err *e)
{
    CURL *easy = p->easy;
    int64_t most = d->timeout_micros ? d->timeout_micros : DIAL_MICROS;
    curl_easy_setopt(easy, CURLOPT_PRIVATE, &p->transfer);
    curl_easy_setopt(easy, CURLOPT_URL, d->url);
    curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, p->error);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_ENABLE_ALPN, 0L); /* HTTP/1.1, which can be left */
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)(most / CLOCK_MS));
    curl_easy_setopt(easy, CURLOPT_PROXY, d->proxy ? d->proxy : "");
    curl_easy_setopt(easy, CURLOPT_HTTPPROXYTUNNEL, 1L);
    curl_easy_setopt(easy, CURLOPT_TLS13_CIPHERS, CIPHERS);
    timer_set(&p->deadline, p->loop, most, too_late);
    if (!write_request(p, d, e) || !http_trust_apply(easy, d->trust, &p->trust, e))
        return false;
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, set_mode); /* a trust without a fingerprint needs none of its own */
    return (curl_multi_add_handle(p->client->multi, easy) == CURLM_OK || err_set(e, ERR_INTERNAL, "libcurl refused a call"));
}

bool http_dial_start(struct http_dial *d, struct loop *loop, struct err *e)
{
    struct http_client *client = NULL;
    d->status = 0;
    d->text[0] = 0;
    if (!http_client_create(loop, NULL, &client, e))
        return false;
    struct http_dial_private *p = NEW(struct http_dial_private);
    *p = (struct http_dial_private){ .transfer = { connected }, .dial = d, .loop = loop, .client = client, .easy = curl_easy_init(),
                                     .shown = http_shown_url(d->url), .buffer = mem_alloc(READ_AT_ONCE) };
    if (!set_up(p, d, e)) {
        dial_free(p);
        return false;
    }
    d->private = p;
    return true;
}

void http_dial_cancel(struct http_dial *d)
{
    if (d->private)
        fail(d->private, ERR_CANCELED, "canceled");
}

/* ---- as a pipe */

static void wake(struct http_pipe *pipe)
{
    give_more(OWNER(pipe, struct http_dial_private, pipe));
}

static void close_pipe(struct http_pipe *pipe)
{
    fail(OWNER(pipe, struct http_dial_private, pipe), ERR_CANCELED, "it was closed here");
}

struct http_pipe *http_dial_take(struct http_dial *d, const struct http_pipe_use *use)
{
    struct http_dial_private *p = TAKE(d->private);
    p->dial = NULL;
    p->pipe = (struct http_pipe){ wake, close_pipe };
    p->use = *use;
    if (p->head.length) /* came together with the answer */
        take(p, (const uint8_t *)p->head.at, p->head.length);
    text_fini(&p->head);
    event_add(p->reads, NULL);
    event_active(p->reads, EV_READ, 0);
    return &p->pipe;
}
