#include "git/fetch.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

enum { REFS_MOST = 4 << 20 };

struct git_fetch_private {
    struct git_fetch *f;
    struct git_target *target;
    struct loop *loop;
    struct http_client *http;
    char *path, *revision;
    int64_t deadline; /* clock_mono */
    struct git_offer offer;
    struct http_call call;
    bool calling, working, canceled;
    struct job job;   /* reads the pack */
    struct text pack;
    bool blob;        /* the pack holds the file alone */
    struct err failed; /* of the job */
};

bool git_path(const char *path, char **ret, struct err *e)
{
    AUTO_TEXT out = { 0 };
    for (const char *at = path; *at;) {
        size_t n = strcspn(at, "/");
        if (n == 2 && !memcmp(at, "..", 2))
            return err_field(e, "filePath", "'%.120s' leads out of the repository", path);
        if (n && !(n == 1 && *at == '.'))
            text_addf(&out, "%s%.*s", out.length ? "/" : "", (int)n, at);
        at += n + (at[n] == '/');
    }
    if (!out.length || out.length > 1000)
        return err_field(e, "filePath", "'%.60s' names no file of the repository", path);
    *ret = text_take(&out);
    return true;
}

/* ---- the end */

static void end(struct git_fetch_private *p, const struct err *e)
{
    struct git_fetch *f = p->f;
    free(p->path);
    free(p->revision);
    text_fini(&p->pack);
    free(p);
    f->private = NULL;
    struct git_file file = f->file;
    f->done(f, e); /* may start it again, or free it */
    git_file_fini(&file);
}

static void fail(struct git_fetch_private *p, const struct err *why)
{
    static const struct err CANCELED = { .kind = ERR_CANCELED, .text = "canceled" };
    struct err e = p->canceled ? CANCELED : *why;
    if (!p->canceled)
        err_wrap(&e, "%s", p->target->url);
    end(p, &e);
}

/* ---- requests */

static bool refused(const struct git_target *t, int status, struct err *e)
{
    bool login = *t->authorization;
    if (status == 401 || status == 403)
        return err_set(e, ERR_FORBIDDEN, "the Git server refuses %s (%d)", login ? "this endpoint's user, password or token" : "to show this repository without a login", status);
    if (status == 404)
        return err_set(e, ERR_NOT_FOUND, "the Git server knows no such repository%s", login ? ", or this endpoint's login may not see it" : ", or it wants a login");
    if (status >= 300 && status < 400)
        return err_set(e, ERR_INVALID, "the Git server says that the repository has moved (%d): give its new address", status);
    enum err_kind kind = err_kind_of_status(status);
    return err_set(e, kind ? kind : ERR_UPSTREAM, "the Git server answered %d", status);
}

typedef bool taker(struct git_fetch_private *p, const char *bytes, size_t size, struct err *e);
static taker take_offer, take_refs, take_pack;

static void answered(struct git_fetch_private *p, const struct err *e, taker *take)
{
    struct err why = { 0 };
    p->calling = false;
    if (e && e->kind == ERR_TOO_LARGE && take == take_pack)
        err_set(&why, ERR_TOO_LARGE, "the files of this commit are larger than %zu MiB together; let the server offer a filter (uploadpack.allowFilter), or use a smaller repository",
                GIT_PACK_MOST >> 20);
    else if (e)
        why = *e;
    else if (p->call.status != 200)
        refused(p->target, p->call.status, &why);
    if (p->canceled || why.kind || !take(p, text_of(&p->call.answer), p->call.answer.length, &why))
        fail(p, &why);
}

static void offered(struct http_call *call, const struct err *e)
{
    answered(OWNER(call, struct git_fetch_private, call), e, take_offer);
}

static void named(struct http_call *call, const struct err *e)
{
    answered(OWNER(call, struct git_fetch_private, call), e, take_refs);
}

static void packed(struct http_call *call, const struct err *e)
{
    answered(OWNER(call, struct git_fetch_private, call), e, take_pack);
}

/* body NULL: the first question. */
static bool ask(struct git_fetch_private *p, const struct text *body, size_t most, void (*done)(struct http_call *call, const struct err *e), struct err *e)
{
    const struct git_target *t = p->target;
    AUTO_FREE char *url = mem_format("%s/%s", t->url, body ? "git-upload-pack" : "info/refs?service=git-upload-pack");
    int64_t left = p->deadline - clock_mono();
    if (left <= 0)
        return err_set(e, ERR_TIMEOUT, "the Git server took more than %lld s", (long long)(GIT_TIME / CLOCK_SECOND));
    p->call = (struct http_call){ .method = body ? "POST" : "GET", .url = url, .body = body ? body->at : NULL, .body_size = body ? body->length : 0, .trust = &t->trust.trust,
                                  .via = t->via, .timeout_micros = left, .answer_limit = most, .done = done };
    http_headers_add(&p->call.headers, "Git-Protocol", "version=2");
    if (body)
        http_headers_add(&p->call.headers, "Content-Type", "application/x-git-upload-pack-request");
    if (body)
        http_headers_add(&p->call.headers, "Accept", "application/x-git-upload-pack-result");
    if (*t->authorization)
        http_headers_add(&p->call.headers, "Authorization", t->authorization);
    p->calling = http_call_start(&p->call, p->http, e);
    http_headers_fini(&p->call.headers);
    p->call.headers = (struct http_headers){ 0 };
    return p->calling;
}

/* ---- what comes */

static bool ask_commit(struct git_fetch_private *p, struct err *e)
{
    AUTO_TEXT body = { 0 };
    if (!p->path) {
        end(p, NULL);
        return true;
    }
    git_ask_commit(&body, p->f->commit, &p->offer);
    return ask(p, &body, GIT_PACK_MOST, packed, e);
}

static bool take_offer(struct git_fetch_private *p, const char *bytes, size_t size, struct err *e)
{
    AUTO_TEXT body = { 0 };
    if (!git_offer_read(bytes, size, &p->offer, e))
        return false;
    if (git_is_oid(p->revision) && p->path) { /* which is found, or not, with its files */
        memcpy(p->f->commit, p->revision, sizeof p->f->commit);
        return ask_commit(p, e);
    }
    git_ask_refs(&body, p->revision);
    return ask(p, &body, REFS_MOST, named, e);
}

static bool take_refs(struct git_fetch_private *p, const char *bytes, size_t size, struct err *e)
{
    return git_refs_read(bytes, size, p->revision, p->f->commit, e) && ask_commit(p, e);
}

static void read_work(struct job *job)
{
    struct git_fetch_private *p = OWNER(job, struct git_fetch_private, job);
    struct git_fetch *f = p->f;
    if (p->blob) {
        char oid[GIT_OID + 1];
        memcpy(oid, f->file.oid, sizeof oid);
        git_pack_blob(p->pack.at, p->pack.length, oid, f->most, &f->file, &p->failed);
    } else {
        git_pack_file(p->pack.at, p->pack.length, f->commit, p->path, f->most, &f->file, &p->failed);
    }
}

static void read_done(struct job *job)
{
    struct git_fetch_private *p = OWNER(job, struct git_fetch_private, job);
    AUTO_TEXT body = { 0 };
    struct err e = p->failed;
    p->working = false;
    text_fini(&p->pack);
    if (p->canceled || e.kind) {
        fail(p, &e);
    } else if (p->f->file.here) {
        end(p, NULL);
    } else {
        git_ask_file(&body, p->f->file.oid);
        p->blob = true;
        if (!ask(p, &body, GIT_PACK_MOST, packed, &e))
            fail(p, &e);
    }
}

static bool take_pack(struct git_fetch_private *p, const char *bytes, size_t size, struct err *e)
{
    if (!git_pack_read(bytes, size, &p->pack, e))
        return false;
    p->working = true;
    p->job = (struct job){ .work = read_work, .done = read_done };
    loop_work(p->loop, &p->job);
    return true;
}

/* ---- from outside */

bool git_fetch_start(struct git_fetch *f, struct git_target *target, struct loop *loop, struct http_client *http, struct err *e)
{
    AUTO_FREE char *path = NULL;
    if (f->path && !git_path(f->path, &path, e))
        return false;
    struct git_fetch_private *p = NEW(struct git_fetch_private);
    *p = (struct git_fetch_private){ .f = f, .target = target, .loop = loop, .http = http, .path = TAKE(path),
                                     .revision = mem_text(text_empty(f->revision) ? target->branch : f->revision), .deadline = clock_mono() + GIT_TIME };
    f->file = (struct git_file){ 0 };
    f->commit[0] = 0;
    f->private = p;
    if (ask(p, NULL, REFS_MOST, offered, e))
        return true;
    free(p->path);
    free(p->revision);
    free(p);
    f->private = NULL;
    return false;
}

void git_fetch_cancel(struct git_fetch *f)
{
    struct git_fetch_private *p = f->private;
    if (!p)
        return;
    p->canceled = true;
    if (p->calling)
        http_call_cancel(&p->call);
}
