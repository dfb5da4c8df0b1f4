#include "kube/fake_test.h"

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/mem.h"

struct fake {
    struct loop *loop;
    struct evconnlistener *listener;
    struct fake_reply *replies;
    struct text seen;
    char url[64];
    struct link open;
};

struct open_one {
    struct fake *fake;
    struct bufferevent *socket;
    struct link link;
    bool closing;
};

static void open_free(struct open_one *o)
{
    list_remove(&o->link);
    bufferevent_free(o->socket);
    free(o);
}

static void closed(struct bufferevent *socket, short what, void *context)
{
    (void)socket;
    if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
        open_free(context);
}

static void written(struct bufferevent *socket, void *context)
{
    struct open_one *o = context;
    (void)socket;
    if (o->closing)
        open_free(o);
}

static struct fake_reply *reply_for(struct fake *fake, const char *line)
{
    for (struct fake_reply *r = fake->replies; r->request; r++)
        if (text_starts(line, r->request) && (!r->times || r->used < r->times)) {
            r->used++;
            return r;
        }
    return NULL;
}

static void answer(struct open_one *o, const char *line)
{
    static struct fake_reply nothing = { .status = 404, .body = "{\"kind\":\"Status\",\"reason\":\"NotFound\",\"message\":\"not in the fake\"}" };
    struct fake_reply *r = reply_for(o->fake, line);
    struct evbuffer *out = bufferevent_get_output(o->socket);
    if (!r)
        r = &nothing;
    if (r->mode == FAKE_HANG)
        return;
    size_t n = strlen(r->body);
    bool stream = r->mode == FAKE_STREAM;
    evbuffer_add_printf(out, "HTTP/1.1 %d Whatever\r\nContent-Type: application/json\r\n%s%s", r->status, r->header ? r->header : "", r->header ? "\r\n" : "");
    if (stream)
        evbuffer_add_printf(out, "Transfer-Encoding: chunked\r\n\r\n%zx\r\n%s\r\n", n, r->body);
    else
        evbuffer_add_printf(out, "Content-Length: %zu\r\n\r\n%.*s", n, (int)(r->mode == FAKE_CUT ? n / 2 : n), r->body);
    o->closing = r->mode == FAKE_CUT;
}

static void came(struct bufferevent *socket, void *context)
{
    struct open_one *o = context;
    struct evbuffer *in = bufferevent_get_input(socket);
    for (;;) {
        struct evbuffer_ptr end = evbuffer_search(in, "\r\n\r\n", 4, NULL);
        if (end.pos < 0)
            return;
        AUTO_FREE char *head = mem_alloc((size_t)end.pos + 5);
        evbuffer_copyout(in, head, (size_t)end.pos + 4);
        const char *length = strcasestr(head, "\r\ncontent-length:");
        size_t body = length ? strtoul(length + 17, NULL, 10) : 0;
        if (evbuffer_get_length(in) < (size_t)end.pos + 4 + body)
            return;
        evbuffer_drain(in, (size_t)end.pos + 4 + body);
        head[strcspn(head, "\r")] = 0;
        text_addf(&o->fake->seen, "%s\n", head);
        answer(o, head);
    }
}

static void accepted(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *from, int size, void *context)
{
    struct open_one *o = NEW(struct open_one);
    (void)listener, (void)from, (void)size;
    o->fake = context;
    o->socket = bufferevent_socket_new(loop_base(o->fake->loop), fd, BEV_OPT_CLOSE_ON_FREE);
    list_append(&o->fake->open, &o->link);
    bufferevent_setcb(o->socket, came, written, closed, o);
    bufferevent_enable(o->socket, EV_READ | EV_WRITE);
}

struct fake *fake_create(struct loop *loop, struct fake_reply *replies)
{
    struct fake *f = NEW(struct fake);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    f->loop = loop;
    f->replies = replies;
    list_init(&f->open);
    f->listener = evconnlistener_new_bind(loop_base(loop), accepted, f, LEV_OPT_CLOSE_ON_FREE, 16, (struct sockaddr *)&address, sizeof address);
    getsockname(evconnlistener_get_fd(f->listener), (struct sockaddr *)&address, &size);
    snprintf(f->url, sizeof f->url, "http://127.0.0.1:%d", ntohs(address.sin_port));
    return f;
}

void fake_destroy(struct fake **fake)
{
    struct fake *f = TAKE(*fake);
    for (struct link *l; (l = list_first(&f->open));)
        open_free(OWNER(l, struct open_one, link));
    evconnlistener_free(f->listener);
    text_fini(&f->seen);
    free(f);
}

const char *fake_url(const struct fake *f)
{
    return f->url;
}

const char *fake_seen(const struct fake *f)
{
    return text_of(&f->seen);
}

int fake_count(const struct fake *f, const char *part)
{
    int count = 0;
    for (const char *at = fake_seen(f); *at;) {
        size_t n = strcspn(at, "\n");
        count += memmem(at, n, part, strlen(part)) != NULL;
        at += n + (at[n] == '\n');
    }
    return count;
}
