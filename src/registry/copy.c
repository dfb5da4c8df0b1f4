/* The copy, in its order: manifests read, tags and manifests looked for at the target (copy_read.c), blobs brought, manifests and tags put. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "event/image_ref.h"
#include "registry/copy_inside.h"

/* ---- the end */

static void node_fini(struct copy_node *n)
{
    registry_manifest_fini(&n->manifest);
    free(n->digest);
    free(n->media_type);
    free(n->bytes);
}

static void private_free(struct registry_copy_private *p)
{
    for (size_t i = 0; i < p->node_count; i++)
        node_fini(&p->nodes[i]);
    http_headers_fini(&p->headers);
    map_destroy(&p->seen);
    free(p->nodes);
    free(p->blobs);
    free(p->tags);
    free(p);
}

void copy_finish(struct registry_copy_private *p, const struct err *e)
{
    struct registry_copy *op = p->op;
    struct err copy = e ? *e : (struct err){ 0 };
    op->private = NULL;
    private_free(p);
    op->done(op, e ? &copy : NULL);
}

void copy_fail(struct registry_talk *t, const struct err *e, const char *what)
{
    struct registry_copy_private *p = OWNER(t, struct registry_copy_private, talk);
    struct err why = e ? *e : (struct err){ 0 };
    if (!e)
        registry_answer_refused(t->ask.target, &t->ask.call, NULL, &why);
    if (why.kind != ERR_CANCELED)
        err_wrap(&why, "%s", what);
    p->op->patience = t->patience;
    copy_finish(p, &why);
}

void copy_say(struct registry_copy_private *p, const char *format, ...)
{
    va_list args;
    char line[700];
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    p->op->said(p->op, line);
}

static void waits(struct registry_talk *t, const char *why)
{
    copy_say(OWNER(t, struct registry_copy_private, talk), "%s; asked again", why);
}

void copy_ask(struct registry_copy_private *p, bool at_target, const char *method, const char *reference, void (*done)(struct registry_talk *t, const struct err *e))
{
    const struct registry_ends *ends = &p->ends;
    const char *repository = at_target ? ends->target_repository : ends->source_repository;
    http_headers_fini(&p->headers);
    p->headers = (struct http_headers){ 0 };
    p->talk = (struct registry_talk){ .ask = { .target = at_target ? ends->target : ends->source, .method = method, .accept = ACCEPT_MANIFESTS, .answer_limit = MANIFEST_BYTES },
                                      .loop = ends->loop, .client = ends->client, .waits = waits, .done = done };
    talk_start(&p->talk, mem_format("/v2/%s/manifests/%s", repository, reference),
               at_target ? flow_scope(NULL, repository) : flow_scope(repository, NULL));
}

/* ---- manifests and tags are put */

static void put_next(struct registry_copy_private *p);

static void put_answered(struct registry_talk *t, const struct err *e)
{
    struct registry_copy_private *p = OWNER(t, struct registry_copy_private, talk);
    const char *digest = http_headers_get(&t->ask.call.answer_headers, "Docker-Content-Digest");
    AUTO_FREE char *what = mem_format("manifest %.19s... of %s", p->putting->digest, p->ends.target_repository);
    struct err other = { 0 };
    if (e || t->ask.call.status / 100 != 2) {
        copy_fail(t, e, what);
        return;
    }
    if (digest && image_digest_ok(digest) && !text_is(digest, p->putting->digest)) {
        err_set(&other, ERR_UPSTREAM, "%s took %s and calls it %.80s", p->ends.target->host, what, digest);
        copy_finish(p, &other);
        return;
    }
    p->putting->there = true;
    put_next(p);
}

static void put(struct registry_copy_private *p, struct copy_node *n, const char *reference)
{
    p->putting = n;
    copy_ask(p, true, "PUT", reference, put_answered);
    http_headers_add(&p->headers, "Content-Type", n->media_type);
    p->talk.ask.headers = &p->headers;
    p->talk.ask.accept = NULL;
    p->talk.ask.body = n->bytes;
    p->talk.ask.body_size = n->size;
}

/* The deepest first: an index is only taken when what it names is there. */
static struct copy_node *deepest_missing(struct registry_copy_private *p)
{
    struct copy_node *found = NULL;
    for (size_t i = 1; i < p->node_count; i++)
        if (!p->nodes[i].there && (!found || p->nodes[i].level > found->level))
            found = &p->nodes[i];
    return found;
}

static void put_next(struct registry_copy_private *p)
{
    struct registry_copy *op = p->op;
    struct copy_node *n = deepest_missing(p);
    if (n) {
        put(p, n, n->digest);
        return;
    }
    while (p->at_tag < op->tag_count && p->tags[p->at_tag] != COPY_TAG_WRITE)
        p->at_tag++;
    if (p->at_tag < op->tag_count) {
        p->asking = true;
        op->tagging(op, op->tags[p->at_tag]);
    } else if (!p->nodes[0].there) {
        put(p, &p->nodes[0], p->nodes[0].digest);
    } else {
        copy_finish(p, NULL);
    }
}

void registry_copy_tag(struct registry_copy *op, bool yes)
{
    struct registry_copy_private *p = op->private;
    p->asking = false;
    if (p->why.kind) { /* canceled meanwhile */
        struct err why = p->why;
        copy_finish(p, &why);
        return;
    }
    *(yes ? &op->counts.tagged : &op->counts.declined) += 1;
    p->at_tag++;
    if (yes)
        put(p, &p->nodes[0], op->tags[p->at_tag - 1]);
    else
        put_next(p);
}

/* ---- blobs are brought, some at a time */

static void next_blobs(struct registry_copy_private *p);

static void count_bytes(struct registry_copy_private *p)
{
    int64_t sum = p->sent;
    for (size_t i = 0; i < COPY_LANES; i++)
        sum += p->lanes[i].busy ? p->lanes[i].blob.sent : 0;
    p->op->counts.bytes = sum;
    p->op->moved(p->op);
}

static void blob_moved(struct registry_blob *b)
{
    count_bytes(OWNER(b, struct copy_lane, blob)->copy);
}

static void blob_said(struct registry_blob *b, const char *text)
{
    copy_say(OWNER(b, struct copy_lane, blob)->copy, "%s", text);
}

static void blob_ended(struct registry_copy_private *p, struct registry_blob *b)
{
    static const char *const HOW[] = { [BLOB_PRESENT] = "is there", [BLOB_MOUNTED] = "mounted", [BLOB_COPIED] = "copied" };
    struct registry_copy_counts *c = &p->op->counts;
    *(b->how == BLOB_PRESENT ? &c->present : b->how == BLOB_MOUNTED ? &c->mounted : &c->copied) += 1;
    if (b->how != BLOB_COPIED)
        c->bytes_to_copy -= b->size;
    copy_say(p, "%.19s... %lld bytes: %s", b->digest, (long long)b->size, HOW[b->how]);
}

static void stop_lanes(struct registry_copy_private *p)
{
    for (size_t i = 0; i < COPY_LANES; i++)
        if (p->lanes[i].busy)
            blob_cancel(&p->lanes[i].blob);
}

static void blob_done(struct registry_blob *b, const struct err *e)
{
    struct copy_lane *lane = OWNER(b, struct copy_lane, blob);
    struct registry_copy_private *p = lane->copy;
    lane->busy = false;
    p->sent += b->sent;
    if (!e) {
        blob_ended(p, b);
    } else if (!p->why.kind) {
        p->why = *e;
        p->op->patience = b->patience;
        stop_lanes(p);
    }
    count_bytes(p);
    next_blobs(p);
}

static void start_lane(struct registry_copy_private *p, struct copy_lane *lane, const struct copy_blob *blob)
{
    const struct registry_ends *ends = &p->ends;
    bool one_registry = text_is(ends->source->place, ends->target->place) && !text_is(ends->source_repository, ends->target_repository);
    lane->copy = p;
    lane->busy = true;
    lane->blob = (struct registry_blob){ .ends = ends, .digest = blob->digest, .size = blob->size, .mount = one_registry, .patience_micros = p->op->patience_micros,
                                         .moved = blob_moved, .said = blob_said, .done = blob_done };
    blob_start(&lane->blob);
}

static void next_blobs(struct registry_copy_private *p)
{
    bool busy = false;
    for (size_t i = 0; i < COPY_LANES; i++) {
        if (!p->lanes[i].busy && !p->why.kind && p->at_blob < p->blob_count)
            start_lane(p, &p->lanes[i], &p->blobs[p->at_blob++]);
        busy |= p->lanes[i].busy;
    }
    if (busy)
        return;
    if (p->why.kind) {
        struct err why = p->why;
        copy_finish(p, &why);
    } else {
        put_next(p);
    }
}

/* Those of manifests that the target has are there: it took the manifest only with them. */
void copy_blobs(struct registry_copy_private *p)
{
    struct registry_copy_counts *c = &p->op->counts;
    for (size_t i = 0; i < p->blob_count; i++)
        c->bytes_to_copy += p->blobs[i].size;
    c->present = c->blobs - (int64_t)p->blob_count;
    next_blobs(p);
}

/* ---- the operation */

static bool check(const struct registry_copy *op, struct err *e)
{
    const char *const REPOSITORIES[] = { op->source_repository, op->target_repository };
    for (size_t i = 0; i < ALEN(REPOSITORIES); i++)
        if (!image_repository_ok(REPOSITORIES[i]))
            return err_set(e, ERR_INVALID, "'%.150s' is no repository", REPOSITORIES[i]);
    for (size_t i = 0; i < op->tag_count; i++)
        if (!image_tag_ok(op->tags[i]))
            return err_set(e, ERR_INVALID, "'%.150s' is no tag", op->tags[i]);
    return image_digest_ok(op->digest) || err_set(e, ERR_INVALID, "'%.150s' is no digest", op->digest);
}

bool registry_copy_start(struct registry_copy *op, struct http_client *client, struct err *e)
{
    if (!check(op, e))
        return false;
    struct registry_copy_private *p = NEW(struct registry_copy_private);
    *p = (struct registry_copy_private){ .op = op, .seen = map_create(),
                                         .ends = { .source = op->source, .target = op->target, .source_repository = op->source_repository,
                                                   .target_repository = op->target_repository, .client = client, .loop = op->loop } };
    p->tags = mem_alloc((op->tag_count + 1) * sizeof *p->tags);
    op->counts = (struct registry_copy_counts){ 0 };
    op->image_bytes = op->patience = 0;
    *op->replaced = *op->media_type = '\0';
    op->private = p;
    copy_read(p);
    return true;
}

void registry_copy_cancel(struct registry_copy *op)
{
    struct registry_copy_private *p = op->private;
    if (!p)
        return;
    if (!p->why.kind)
        err_set(&p->why, ERR_CANCELED, "canceled");
    stop_lanes(p);
    talk_cancel(&p->talk);
}
