#include "wire/wire.h"

#include <event2/event.h>
#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "wire/inside.h"

#define TICK (CLOCK_SECOND / 2)
#define HALF_MICROS (30 * CLOCK_SECOND)    /* a tunnel of which one side has ended may be quiet for so long */
#define FRAME (64 << 10)
#define CONNECTION_WINDOW ((1 << 30) - 1)  /* never the limit: the streams' own windows are */
#define HEADER_MOST 1024                   /* bytes of a header's value that is kept */
#define RESETS_BURST 100000                /* streams that the server may give up: its callers cancel at will */
#define RESETS_PER_SECOND 10000

/* ---- streams */

static struct wire_stream_private *stream_new(struct wire *w, int32_t id, int fd)
{
    struct wire_stream_private *p = NEW(struct wire_stream_private);
    *p = (struct wire_stream_private){ .shown = { .wire = w, .id = id, .private = p }, .fd = -1, .window = STREAM_WINDOW, .moved = clock_mono() };
    if (fd >= 0)
        tunnel_take(p, fd);
    list_append(&w->streams, &p->link);
    w->stats.streams++;
    return p;
}

static void stream_free(struct wire_stream_private *p)
{
    struct wire *w = p->shown.wire;
    tunnel_fini(p);
    w->granted -= p->window - STREAM_WINDOW;
    w->stats.streams--;
    list_remove(&p->link);
    text_fini(&p->in);
    text_fini(&p->out);
    free(p->shown.method);
    free(p->shown.authority);
    free(p->shown.path);
    free(p->shown.reason);
    free(p);
}

void wire_stream_over(struct wire_stream_private *p, const struct err *why)
{
    if (p->shown.closed)
        p->shown.closed(&p->shown, why);
    stream_free(p);
}

void wire_stream_reset(struct wire_stream_private *p, uint32_t code)
{
    struct wire *w = p->shown.wire;
    if (p->detached || p->reset)
        return;
    p->reset = true;
    nghttp2_submit_rst_stream(w->session, NGHTTP2_FLAG_NONE, p->shown.id, code);
    wire_wake(w);
}

/* A stream whose window was used up within a moment is led through by both ends as fast as it comes: it may have more. */
static void grow(struct wire_stream_private *p)
{
    struct wire *w = p->shown.wire;
    int64_t now = clock_mono(), moment = 4 * w->latency > CLOCK_SECOND / 5 ? 4 * w->latency : CLOCK_SECOND / 5;
    bool fast = now - p->grew < moment;
    p->grew = now;
    p->consumed = 0;
    if (!fast || p->window >= WINDOW_MOST || w->granted + p->window > WINDOWS_TOTAL)
        return;
    w->granted += p->window;
    p->window *= 2;
    nghttp2_session_set_local_window_size(w->session, NGHTTP2_FLAG_NONE, p->shown.id, p->window);
}

void wire_stream_consumed(struct wire_stream_private *p, size_t n)
{
    struct wire *w = p->shown.wire;
    if (p->detached)
        return;
    p->consumed += (int32_t)n;
    nghttp2_session_consume_stream(w->session, p->shown.id, n);
    if (p->consumed >= p->window)
        grow(p);
}

/* ---- what HTTP/2 asks us for */

static ssize_t give_message(struct wire_stream_private *p, uint8_t *buffer, size_t room, uint32_t *flags)
{
    size_t left = p->out.length - p->out_at, n = left < room ? left : room;
    if (!n && !p->ending) {
        p->deferred = true;
        return NGHTTP2_ERR_DEFERRED;
    }
    if (n)
        memcpy(buffer, p->out.at + p->out_at, n);
    p->out_at += n;
    if (p->out_at == p->out.length) {
        p->out.length = p->out_at = 0;
        if (p->ending)
            *flags |= NGHTTP2_DATA_FLAG_EOF;
    }
    return (ssize_t)n;
}

static ssize_t give_data(nghttp2_session *session, int32_t id, uint8_t *buffer, size_t room, uint32_t *flags, nghttp2_data_source *source,
                         void *context)
{
    struct wire_stream_private *p = source->ptr;
    (void)session, (void)id, (void)context;
    return p->tunnel ? tunnel_give(p, buffer, room, flags) : give_message(p, buffer, room, flags);
}

static ssize_t frame_length(nghttp2_session *session, uint8_t type, int32_t id, int32_t session_window, int32_t stream_window,
                            uint32_t frame_most, void *context)
{
    int64_t n = FRAME;
    (void)session, (void)type, (void)id, (void)context;
    n = session_window < n ? session_window : n;
    n = stream_window < n ? stream_window : n;
    return (ssize_t)(frame_most < n ? frame_most : n);
}

void wire_stream_resume(struct wire_stream_private *p)
{
    if (!p->deferred || p->detached)
        return;
    p->deferred = false;
    nghttp2_session_resume_data(p->shown.wire->session, p->shown.id);
    wire_wake(p->shown.wire);
}

/* ---- what HTTP/2 tells us */

static int begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    struct wire *w = context;
    if (w->config.asks || frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0;
    struct wire_stream_private *p = stream_new(w, frame->hd.stream_id, -1);
    nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, p);
    return 0;
}

static bool named(const uint8_t *name, size_t n, const char *text)
{
    return strlen(text) == n && memcmp(name, text, n) == 0;
}

static void keep(char **where, const uint8_t *value, size_t n)
{
    free(*where);
    *where = mem_text_n((const char *)value, n < HEADER_MOST ? n : HEADER_MOST);
    text_mend(*where);
}

static int take_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name, size_t name_size, const uint8_t *value,
                       size_t value_size, uint8_t flags, void *context)
{
    struct wire_stream_private *p = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    (void)flags, (void)context;
    if (!p)
        return 0;
    if (named(name, name_size, ":method"))
        keep(&p->shown.method, value, value_size);
    else if (named(name, name_size, ":authority"))
        keep(&p->shown.authority, value, value_size);
    else if (named(name, name_size, ":path"))
        keep(&p->shown.path, value, value_size);
    else if (named(name, name_size, "slipway-error")) {
        free(p->shown.reason);
        p->shown.reason = text_url_decode((const char *)value, value_size < HEADER_MOST ? value_size : 0, false);
    } else if (named(name, name_size, ":status"))
        p->shown.status = value_size == 3 ? (value[0] - '0') * 100 + (value[1] - '0') * 10 + value[2] - '0' : 500;
    return 0;
}

static void answer_came(struct wire_stream_private *p)
{
    bool good = p->shown.status / 100 == 2;
    if (p->reset)
        return;
    if (p->shown.answered)
        p->shown.answered(&p->shown);
    if (!good) {
        err_set(&p->why, err_kind_of_status(p->shown.status), "%.400s", p->shown.reason ? p->shown.reason : "the Cloud Proxy refused, and did not say why");
        wire_stream_reset(p, NGHTTP2_CANCEL);
    } else if (p->tunnel) {
        p->joined = true;
        wire_stream_resume(p);
    }
}

static void asked_for(struct wire *w, struct wire_stream_private *p)
{
    if (!p->shown.method || (!p->shown.path && !text_is(p->shown.method, "CONNECT")))
        wire_stream_reset(p, NGHTTP2_PROTOCOL_ERROR);
    else
        w->config.opened(w->config.context, &p->shown);
}

static void peer_ended(struct wire_stream_private *p)
{
    p->peer_ended = true;
    if (p->joined) /* before that the socket is not this stream's: another may yet be tried with it */
        tunnel_peer_ended(p);
    else if (p->shown.took)
        p->shown.took(&p->shown, "", 0, true);
}

static void pong_came(struct wire *w)
{
    int64_t took = clock_mono() - w->pinged;
    if (!w->pinged)
        return;
    w->latency = w->latency ? (w->latency * 7 + took) / 8 : took;
    w->pinged = 0;
    if (w->config.changed)
        w->config.changed(w->config.context);
}

static int frame_came(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    struct wire *w = context;
    if (frame->hd.type == NGHTTP2_PING && frame->hd.flags & NGHTTP2_FLAG_ACK)
        pong_came(w);
    if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA)
        return 0;
    struct wire_stream_private *p = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    if (!p)
        return 0;
    if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_RESPONSE)
        answer_came(p);
    else if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST)
        asked_for(w, p);
    if (frame->hd.flags & NGHTTP2_FLAG_END_STREAM)
        peer_ended(p);
    return 0;
}

static int data_came(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *bytes, size_t n, void *context)
{
    struct wire *w = context;
    struct wire_stream_private *p = nghttp2_session_get_stream_user_data(session, id);
    (void)flags;
    nghttp2_session_consume_connection(session, n);
    if (!p)
        return 0;
    p->moved = clock_mono();
    if (p->tunnel) {
        tunnel_took(p, bytes, n);
        return 0;
    }
    if (p->shown.took)
        p->shown.took(&p->shown, bytes, n, false);
    wire_stream_consumed(p, n);
    (void)w;
    return 0;
}

static int stream_closed(nghttp2_session *session, int32_t id, uint32_t code, void *context)
{
    struct wire_stream_private *p = nghttp2_session_get_stream_user_data(session, id);
    (void)context;
    if (!p)
        return 0;
    p->detached = true;
    if (code != NGHTTP2_NO_ERROR && !p->why.kind)
        err_set(&p->why, code == NGHTTP2_CANCEL ? ERR_CANCELED : ERR_UNAVAILABLE, "the connection through the Cloud Proxy broke (%s)", nghttp2_http2_strerror(code));
    if (!p->why.kind && tunnel_unsent(p)) /* all was said; the socket is still taking it */
        return 0;
    wire_stream_over(p, p->why.kind ? &p->why : NULL);
    return 0;
}

/* ---- bytes */

void wire_wake(struct wire *w)
{
    if (!w->busy && !w->closing && w->pipe)
        http_pipe_wake(w->pipe);
}

static bool took(void *context, const uint8_t *bytes, size_t n)
{
    struct wire *w = context;
    w->stats.bytes_in += (int64_t)n;
    w->stats.heard_at = clock_mono();
    if (w->silent) {
        w->silent = false;
        if (w->config.changed)
            w->config.changed(w->config.context);
    }
    w->busy = true;
    ssize_t taken = nghttp2_session_mem_recv(w->session, bytes, n);
    w->busy = false;
    return taken == (ssize_t)n;
}

static ssize_t give(void *context, const uint8_t **ret)
{
    struct wire *w = context;
    w->busy = true;
    ssize_t n = nghttp2_session_mem_send(w->session, ret);
    w->busy = false;
    w->stats.bytes_out += n > 0 ? n : 0;
    if (!n && !nghttp2_session_want_read(w->session) && !nghttp2_session_want_write(w->session))
        return -1; /* an error of the protocol ended the session */
    return n;
}

static void wire_free(struct wire *w)
{
    struct wire_config config = w->config;
    struct err why = w->why;
    timer_clear(&w->ticker);
    LIST_EACH(&w->streams, l) {
        struct wire_stream_private *p = OWNER(l, struct wire_stream_private, link);
        wire_stream_over(p, p->why.kind ? &p->why : &why);
    }
    nghttp2_session_del(w->session);
    free(w);
    config.closed(config.context, &why);
}

static void pipe_closed(void *context, const struct err *why)
{
    struct wire *w = context;
    w->pipe = NULL;
    w->closing = true;
    if (!w->why.kind)
        w->why = *why;
    wire_free(w);
}

static void closed_without_pipe(struct timer *t)
{
    wire_free(OWNER(t, struct wire, ticker));
}

static void close_because(struct wire *w, enum err_kind kind, const char *why)
{
    if (w->closing)
        return;
    w->closing = true;
    err_set(&w->why, kind, "%s", why);
    timer_clear(&w->ticker);
    if (w->pipe)
        http_pipe_close(w->pipe);
    else
        timer_set(&w->ticker, w->config.loop, 0, closed_without_pipe);
}

void wire_close(struct wire *w)
{
    close_because(w, ERR_CANCELED, "the link was closed");
}

void wire_replace(struct wire *w, void (*closed)(void *context, const struct err *why))
{
    w->config.closed = closed;
    w->config.changed = NULL;
    close_because(w, ERR_CANCELED, "another link took its place");
}

void wire_end_tunnels(struct wire *w, const char *why)
{
    LIST_EACH(&w->streams, l) {
        struct wire_stream_private *p = OWNER(l, struct wire_stream_private, link);
        if (!p->tunnel || p->reset)
            continue;
        err_set(&p->why, ERR_UNAVAILABLE, "%s", why);
        tunnel_fini(p); /* its user sees the end now; the stream's own waits for the peer */
        wire_stream_reset(p, NGHTTP2_CANCEL);
    }
}

/* ---- time */

static void end_half_open(struct wire *w, int64_t now)
{
    LIST_EACH(&w->streams, l) {
        struct wire_stream_private *p = OWNER(l, struct wire_stream_private, link);
        if (p->tunnel && p->joined && (p->peer_ended || p->sent_end) && now - p->moved > HALF_MICROS)
            wire_stream_reset(p, NGHTTP2_CANCEL);
    }
}

static void tick(struct timer *t)
{
    struct wire *w = OWNER(t, struct wire, ticker);
    int64_t now = clock_mono();
    if (now - w->stats.heard_at > DEAD_AFTER) {
        close_because(w, ERR_UNAVAILABLE, "nothing came over the link any more");
        return;
    }
    bool silent = w->pinged && now - w->pinged > SILENT_AFTER && w->stats.heard_at < w->pinged;
    if (silent && !w->silent) {
        w->silent = true;
        if (w->config.changed)
            w->config.changed(w->config.context);
    }
    if (!w->pinged && now >= w->ping_due) {
        w->pinged = now;
        w->ping_due = now + PING_EVERY;
        nghttp2_submit_ping(w->session, NGHTTP2_FLAG_NONE, NULL);
        wire_wake(w);
    }
    end_half_open(w, now);
    if (!w->closing)
        timer_set(t, w->config.loop, TICK, tick);
}

/* ---- a wire */

static void make_session(struct wire *w)
{
    nghttp2_session_callbacks *callbacks = NULL;
    nghttp2_option *option = NULL;
    nghttp2_settings_entry settings[] = { { NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, STREAM_WINDOW }, { NGHTTP2_SETTINGS_MAX_FRAME_SIZE, FRAME },
                                          { NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, w->config.asks ? 0 : WIRE_STREAMS }, { NGHTTP2_SETTINGS_ENABLE_PUSH, 0 } };
    if (nghttp2_session_callbacks_new(&callbacks) || nghttp2_option_new(&option))
        abort(); /* out of memory */
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, take_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, frame_came);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, data_came);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, stream_closed);
    nghttp2_session_callbacks_set_data_source_read_length_callback(callbacks, frame_length);
    nghttp2_option_set_no_auto_window_update(option, 1);
    nghttp2_option_set_no_closed_streams(option, 1);
    nghttp2_option_set_stream_reset_rate_limit(option, RESETS_BURST, RESETS_PER_SECOND);
    if ((w->config.asks ? nghttp2_session_client_new2 : nghttp2_session_server_new2)(&w->session, callbacks, w, option))
        abort();
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_submit_settings(w->session, NGHTTP2_FLAG_NONE, settings, w->config.asks ? 4 : 3);
    nghttp2_session_set_local_window_size(w->session, NGHTTP2_FLAG_NONE, 0, CONNECTION_WINDOW);
}

struct wire *wire_create(const struct wire_config *config)
{
    struct wire *w = NEW(struct wire);
    *w = (struct wire){ .config = *config };
    list_init(&w->streams);
    make_session(w);
    return w;
}

struct http_pipe_use wire_use(struct wire *w)
{
    return (struct http_pipe_use){ took, give, pipe_closed, w };
}

void wire_begin(struct wire *w, struct http_pipe *pipe)
{
    w->pipe = pipe;
    w->stats.heard_at = clock_mono();
    timer_set(&w->ticker, w->config.loop, TICK, tick);
    if (w->closing)
        http_pipe_close(pipe);
    else
        wire_wake(w);
}

/* ---- asking and answering */

static nghttp2_nv header(const char *name, const char *value)
{
    return (nghttp2_nv){ (uint8_t *)name, (uint8_t *)value, strlen(name), strlen(value), NGHTTP2_NV_FLAG_NONE };
}

struct wire_stream *wire_open(struct wire *w, const char *method, const char *authority, const char *path, int fd)
{
    bool connects = text_is(method, "CONNECT");
    nghttp2_nv headers[4] = { header(":method", method), header(":authority", authority), header(":scheme", "http"), header(":path", connects ? "" : path) };
    if (w->closing || w->stats.streams >= WIRE_STREAMS) {
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    struct wire_stream_private *p = stream_new(w, -1, fd);
    nghttp2_data_provider data = { .source.ptr = p, .read_callback = give_data };
    p->shown.id = nghttp2_submit_request(w->session, NULL, headers, connects ? 2 : 4, &data, p);
    if (p->shown.id < 0) {
        stream_free(p);
        return NULL;
    }
    wire_wake(w);
    return &p->shown;
}

void wire_answer(struct wire_stream *s, int status, const char *reason)
{
    struct wire_stream_private *p = s->private;
    AUTO_TEXT encoded = { 0 };
    char number[12];
    snprintf(number, sizeof number, "%d", status);
    text_add_url(&encoded, reason ? reason : "");
    nghttp2_nv headers[2] = { header(":status", number), header("slipway-error", text_of(&encoded)) };
    nghttp2_data_provider data = { .source.ptr = p, .read_callback = give_data };
    if (p->detached)
        return;
    nghttp2_submit_response(s->wire->session, s->id, headers, reason ? 2 : 1, reason ? NULL : &data);
    wire_wake(s->wire);
}

void wire_join(struct wire_stream *s, int fd)
{
    struct wire_stream_private *p = s->private;
    tunnel_take(p, fd);
    p->joined = true;
    wire_answer(s, 200, NULL);
    if (p->peer_ended)
        tunnel_peer_ended(p);
}

void wire_send(struct wire_stream *s, const void *bytes, size_t size)
{
    text_add_n(&s->private->out, bytes, size);
    wire_stream_resume(s->private);
}

void wire_end(struct wire_stream *s)
{
    s->private->ending = true;
    wire_stream_resume(s->private);
}

void wire_reset(struct wire_stream *s)
{
    wire_stream_reset(s->private, NGHTTP2_CANCEL);
}

bool wire_silent(const struct wire *w)
{
    return w->silent;
}

int64_t wire_latency(const struct wire *w)
{
    return w->latency;
}

struct wire_stats wire_stats(const struct wire *w)
{
    return w->stats;
}
