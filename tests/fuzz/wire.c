/* What the other end of a Cloud Proxy's link may send: to the proxy's end and to the server's, which reads webhooks of it. The first byte
 * says which, and where the rest is cut in pieces. */
#include "wire/inside.h"

#include "base/log.h"
#include "fuzz.h"

static struct loop *loop;

static void opened(void *context, struct wire_stream *s)
{
    (void)context;
    if (text_is(s->method, "CONNECT"))
        wire_answer(s, 403, "not here");
    else
        wire_answer(s, 200, NULL);
}

static bool over;

static void closed(void *context, const struct err *why)
{
    (void)context, (void)why;
    over = true;
}

static void took(struct wire_stream *s, const void *bytes, size_t size, bool end)
{
    (void)s, (void)bytes, (void)size, (void)end;
}

static void drain(const struct http_pipe_use *use)
{
    const uint8_t *bytes;
    for (int i = 0; i < 1000 && use->give(use->context, &bytes) > 0; i++)
        ;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err e = { 0 };
    if (!loop) {
        log_setup(LOG_ERROR + 1, false);
        FUZZ_CHECK(loop_create(&loop, &e));
    }
    if (!size)
        return 0;
    bool asks = data[0] & 1;
    struct wire_config config = { .loop = loop, .asks = asks, .opened = opened, .closed = closed };
    struct wire *w = wire_create(&config);
    struct http_pipe_use use = wire_use(w);
    struct wire_stream *s = asks ? wire_open(w, "POST", "slipway", "/deliveries", -1) : NULL;
    size_t piece = (data[0] >> 1) + 1;
    if (s)
        s->took = took;
    drain(&use);
    for (size_t at = 1; at < size; at += piece) {
        if (!use.took(use.context, data + at, size - at < piece ? size - at : piece))
            break;
        drain(&use);
    }
    FUZZ_CHECK(wire_stats(w).streams >= 0 && w->granted >= 0);
    wire_close(w);
    for (over = false; !over;)
        loop_wait(loop);
    return 0;
}
