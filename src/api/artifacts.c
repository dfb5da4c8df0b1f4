/* Files that tasks kept with their run: listed, and downloaded piece by piece, as fast as the client takes them. */
#include <stdio.h>
#include <string.h>

#include "api/answer.h"
#include "api/resources.h"
#include "api/stream.h"
#include "base/mem.h"
#include "store/artifacts.h"

static char *link_of(const char *execution, const json_t *one)
{
    AUTO_TEXT link = { 0 };
    text_addf(&link, API_PREFIX "/executions/%s/artifacts/", execution);
    text_add_url(&link, json_text_at(one, "stage", ""));
    text_add_char(&link, '/');
    text_add_url(&link, json_text_at(one, "task", ""));
    text_addf(&link, "/%lld", (long long)json_int_at(one, "number", 0));
    return text_take(&link);
}

bool artifacts_list(struct call *c, struct err *e)
{
    int64_t id = 0, project = 0;
    json_t *list = NULL, *one;
    size_t i;
    if (!execution_of_call(c, &id, &project, e) || !artifacts_of(c->tx, id, &list, e))
        return false;
    json_array_foreach(list, i, one) {
        AUTO_FREE char *link = link_of(c->parameters[0], one);
        json_set_text(one, "_link", link);
    }
    return call_answer(c, 200, json_pack("{s:o}", "artifacts", list));
}

/* ---- one of them */

struct download {
    struct db *db;
    struct http_stream *stream; /* NULL: the client is gone */
    struct artifact artifact;
    int64_t at;
    struct db_job job;
    struct text piece;
    bool busy;
};

static void forget(struct download *d)
{
    text_fini(&d->piece);
    free(d);
}

static void closed(void *context)
{
    struct download *d = context;
    d->stream = NULL;
    if (!d->busy)
        forget(d);
}

static bool read_piece(struct db_job *job, struct db_tx *tx, struct err *e)
{
    struct download *d = OWNER(job, struct download, job);
    return artifact_read(tx, d->artifact.id, &d->at, &d->piece, e);
}

static void piece_read(struct db_job *job, const struct err *e);

static void next_piece(void *context)
{
    struct download *d = context;
    d->busy = true;
    d->piece.length = 0;
    d->job = (struct db_job){ .work = read_piece, .done = piece_read };
    db_read(d->db, &d->job);
}

static void piece_read(struct db_job *job, const struct err *e)
{
    struct download *d = OWNER(job, struct download, job);
    d->busy = false;
    if (!d->stream)
        forget(d);
    else if (e)
        http_stream_break(d->stream);
    else if (!d->piece.length)
        http_stream_end(d->stream);
    else
        http_stream_send_then(d->stream, d->piece.at, d->piece.length, next_piece);
}

/* The last part of its path, as a header may have it. */
static char *disposition(const struct artifact *a)
{
    const char *slash = strrchr(a->path, '/');
    AUTO_FREE char *name = mem_text(slash && slash[1] ? slash + 1 : "artifact");
    for (char *p = name; *p; p++)
        if ((unsigned char)*p < ' ' || (unsigned char)*p > '~' || strchr("\"\\;%", *p))
            *p = '_';
    return mem_format("attachment; filename=\"%s%s\"", name, a->folder ? ".tar" : "");
}

static bool begin(struct call *c, struct err *e)
{
    struct download *d = TAKE(c->context);
    struct http_request *r = c->request;
    AUTO_FREE char *attachment = disposition(&d->artifact);
    (void)e;
    c->context_free = NULL;
    d->db = c->api->config.db;
    answer_guards(r);
    http_answer_header(r, "Content-Disposition", attachment);
    call_streamed(c);
    d->stream = http_stream(r, d->artifact.folder ? "application/x-tar" : "application/octet-stream", closed, d);
    next_piece(d);
    return true;
}

bool artifact_get(struct call *c, struct err *e)
{
    int64_t id = 0, project = 0, number = 0;
    bool found = false;
    struct download *d = NEW(struct download);
    c->context = d;
    c->context_free = free;
    if (!execution_of_call(c, &id, &project, e))
        return false;
    if (text_to_int(c->parameters[3], &number) && !artifact_find(c->tx, id, c->parameters[1], c->parameters[2], number, &d->artifact, &found, e))
        return false;
    c->next = (struct stage){ CALL_LOOP, begin };
    return found || err_set(e, ERR_NOT_FOUND, "task %s.%s of this execution keeps no file %s", c->parameters[1], c->parameters[2], c->parameters[3]);
}
