/* Image: an image, or an index with all its images, copied by digest to another repository or registry, or given other tags.
 *
 * Repeatable: what is there already is left alone. Which digest a tag means is
 * asked once, and stored before anything is copied: a later start copies the same.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/fields.h"
#include "base/mem.h"
#include "tasks/image.h"

#define SHOW_EVERY (250 * CLOCK_MS)

struct image_task {
    struct task_job *job;
    struct image_input input;
    struct registry_head head;
    struct registry_copy copy;
    struct timer timer;
    char digest[140];
    char newest[300];   /* the run that a newer push started, whose image a tag has; "": none */
    bool canceled;
    const char *tag;    /* that is about to be set */
    int64_t shown_at, began;
};

static void image_free(struct image_task *t)
{
    timer_clear(&t->timer);
    image_input_fini(&t->input);
    free(t);
}

static void end(struct image_task *t, const struct task_outcome *outcome)
{
    struct task_job *job = t->job;
    image_free(t);
    task_done(job, outcome);
}

static void end_failed(struct image_task *t, const struct err *e, int64_t patience)
{
    struct err copy = *e;
    enum task_result result = copy.kind == ERR_CANCELED ? TASK_CANCELED : err_retry(copy.kind) ? TASK_RETRY : TASK_FAILED;
    if (result == TASK_CANCELED)
        snprintf(copy.text, sizeof copy.text, t->copy.counts.tagged ? "canceled; tags may have been set already" : "canceled; no tag was changed");
    end(t, &(struct task_outcome){ .result = result, .message = copy.text, .retry_micros = patience });
}

/* ---- what people and later tasks see */

static char *bytes_text(int64_t bytes)
{
    static const char *const UNITS[] = { "bytes", "kB", "MB", "GB", "TB" };
    size_t i = 0;
    double n = (double)bytes;
    for (; n >= 1000 && i + 1 < ALEN(UNITS); i++)
        n /= 1000;
    return mem_format(i ? "%.1f %s" : "%.0f %s", n, UNITS[i]);
}

static char *tagged(const struct image_task *t, const char *tag)
{
    return mem_format("%s/%s:%s", t->input.target.host, t->input.target.repository, tag);
}

/* digest and image: what is at the target. Where all its tags were kept, that is what they name. */
static json_t *output_of(const struct image_task *t)
{
    const struct registry_copy *c = &t->copy;
    const struct registry_copy_counts *n = &c->counts;
    const char *digest = n->kept && n->kept == (int64_t)t->input.tag_count && *c->replaced ? c->replaced : c->root_digest;
    AUTO_FREE char *target = tagged(t, t->input.tag[0]), *image = mem_format("%s/%s@%s", t->input.target.host, t->input.target.repository, digest),
                   *source = mem_format("%s/%s@%s", t->input.source.host, t->input.source.repository, t->digest);
    return json_pack("{s:s, s:s, s:s, s:s, s:O, s:s, s:I, s:I, s:{s:I, s:I, s:I, s:I}, s:I, s:s}", "digest", digest, "image", image, "source", source, "target", target,
                     "tags", t->input.tag_texts, "mediaType", c->media_type, "size", (json_int_t)c->image_bytes, "manifests", (json_int_t)n->manifests, "blobs", "total",
                     (json_int_t)n->blobs, "copied", (json_int_t)n->copied, "mounted", (json_int_t)n->mounted, "present", (json_int_t)n->present, "bytes",
                     (json_int_t)n->bytes, "replaced", c->replaced);
}

static void say(struct image_task *t, const char *line)
{
    AUTO_FREE char *text = mem_format("%s\n", line);
    task_log(t->job, text, strlen(text));
}

static void said(struct registry_copy *op, const char *line)
{
    say(OWNER(op, struct image_task, copy), line);
}

static void moved(struct registry_copy *op)
{
    struct image_task *t = OWNER(op, struct image_task, copy);
    const struct registry_copy_counts *n = &op->counts;
    int64_t now = clock_mono();
    if (t->canceled || now - t->shown_at < SHOW_EVERY)
        return;
    t->shown_at = now;
    AUTO_FREE char *sent = bytes_text(n->bytes), *all = bytes_text(n->bytes_to_copy);
    task_progress(t->job, "copies: %s of %s, %" PRId64 " of %" PRId64 " blobs", sent, all, n->copied + n->mounted + n->present, n->blobs);
}

static void tag_answered(struct task_job *job, const char *newest)
{
    struct image_task *t = job->context;
    AUTO_FREE char *name = tagged(t, t->tag);
    AUTO_FREE char *line = *newest ? mem_format("%s stays: superseded by %s, which put a newer push there", name, newest) : mem_format("%s becomes %s", name, t->copy.root_digest);
    if (!t->canceled)
        say(t, line);
    if (*newest)
        snprintf(t->newest, sizeof t->newest, "%s", newest);
    registry_copy_tag(&t->copy, !*newest);
}

/* Before the registry can tell anybody: what this push starts is known to come from this run. */
static void tagging(struct registry_copy *op, const char *tag)
{
    struct image_task *t = OWNER(op, struct image_task, copy);
    AUTO_FREE char *name = tagged(t, tag), *image = mem_format("%s@%s", name, op->root_digest);
    t->tag = tag;
    task_pushed(t->job, image, tag_answered);
}

/* ---- the copy */

static void copied(struct image_task *t)
{
    const struct registry_copy_counts *n = &t->copy.counts;
    AUTO_JSON *output = output_of(t);
    AUTO_FREE char *sent = bytes_text(n->bytes);
    AUTO_FREE char *line = mem_format("done: %s in %.1f s; blobs: %" PRId64 " copied, %" PRId64 " mounted, %" PRId64 " were there", sent,
                                      (double)(clock_mono() - t->began) / CLOCK_SECOND, n->copied, n->mounted, n->present);
    AUTO_FREE char *kept = mem_format("%" PRId64 " of %zu tags named another image, and were kept (onExisting: keep)", n->kept, t->input.tag_count);
    AUTO_FREE char *superseded = mem_format("superseded by %s, which put a newer push there: %" PRId64 " of %zu tags stay as they are", t->newest, n->declined, t->input.tag_count);
    const char *message = n->declined ? superseded : n->kept ? kept : "";
    say(t, line);
    task_progress(t->job, "copied %.19s...", t->copy.root_digest);
    end(t, &(struct task_outcome){ .result = TASK_COMPLETED, .message = message, .warning = *message, .output = output });
}

static void copy_done(struct registry_copy *op, const struct err *e)
{
    struct image_task *t = OWNER(op, struct image_task, copy);
    if (e)
        end_failed(t, e, op->patience);
    else
        copied(t);
}

static void begin(struct task_job *job)
{
    struct image_task *t = job->context;
    const struct image_input *in = &t->input;
    struct err e = { 0 };
    t->began = clock_mono();
    t->copy = (struct registry_copy){ .source = in->source_at, .target = in->target_at, .source_repository = in->source.repository, .target_repository = in->target.repository,
                                      .digest = t->digest, .platform = in->platform, .tags = in->tag, .tag_count = in->tag_count, .existing = in->existing,
                                      .loop = job->services->loop, .said = said, .moved = moved, .tagging = tagging, .done = copy_done };
    task_progress(job, "reads %s/%s@%.19s...", in->source.host, in->source.repository, t->digest);
    if (!registry_copy_start(&t->copy, job->services->http, &e))
        end_failed(t, &e, 0);
}

static void abandon(struct task_job *job)
{
    image_free(job->context);
}

/* ---- which digest */

static void resolved(struct image_task *t)
{
    AUTO_FREE char *source = image_ref_text(&t->input.source), *target = image_ref_name(&t->input.target);
    AUTO_JSON *stored = json_pack("{s:s, s:s, s:s, s:O}", "source", source, "digest", t->digest, "target", target, "tags", t->input.tag_texts);
    task_resolved(t->job, t->input.shown, stored, begin, abandon);
}

static void head_done(struct registry_head *op, const struct err *failed)
{
    struct image_task *t = OWNER(op, struct image_task, head);
    static const enum err_kind KINDS[] = { [REGISTRY_MISSING] = ERR_NOT_FOUND, [REGISTRY_REFUSED] = ERR_FORBIDDEN, [REGISTRY_UNREACHABLE] = ERR_UNAVAILABLE };
    struct err e = failed ? *failed : (struct err){ 0 };
    if (!failed && op->outcome != REGISTRY_FOUND)
        err_set(&e, KINDS[op->outcome], "%s", op->text);
    if (e.kind) {
        end_failed(t, &e, op->retry_after_micros);
        return;
    }
    snprintf(t->digest, sizeof t->digest, "%s", op->digest);
    say(t, op->text);
    resolved(t);
}

static void resolved_later(struct timer *timer)
{
    resolved(OWNER(timer, struct image_task, timer));
}

/* An earlier start of this task may have asked already: what the tag meant then is what is copied. */
static bool find_digest(struct image_task *t, struct err *e)
{
    const struct image_ref *source = &t->input.source;
    AUTO_FREE char *text = image_ref_text(source);
    const char *stored = text_is(json_text_at(t->job->resolved, "source", ""), text) ? json_text_at(t->job->resolved, "digest", "") : "";
    const char *known = *source->digest ? source->digest : stored;
    if (image_digest_ok(known)) {
        snprintf(t->digest, sizeof t->digest, "%s", known);
        timer_set(&t->timer, t->job->services->loop, 0, resolved_later);
        return true;
    }
    t->head = (struct registry_head){ .target = t->input.source_at, .repository = source->repository, .tag = source->tag, .done = head_done };
    return registry_head_start(&t->head, t->job->services->http, e);
}

/* ---- the type */

static bool image_start(struct task_job *job, struct err *e)
{
    struct image_task *t = NEW(struct image_task);
    t->job = job;
    job->context = t;
    if (image_input_read(job, &t->input, e) && find_digest(t, e))
        return true;
    image_free(t);
    return false;
}

static void image_cancel(struct task_job *job)
{
    struct image_task *t = job->context;
    static const struct err CANCELED = { .kind = ERR_CANCELED };
    t->canceled = true;
    if (t->copy.private)
        registry_copy_cancel(&t->copy);
    else if (t->head.private)
        registry_head_cancel(&t->head);
    else
        end_failed(t, &CANCELED, 0);
}

static const char *const ENDPOINTS[] = { "source", "target", NULL };

const struct task_type TASK_IMAGE = {
    .name = "Image", .fields = IMAGE_FIELDS, .field_count = IMAGE_FIELD_COUNT, .endpoints = ENDPOINTS, .crash = TASK_REPEATABLE, .start = image_start, .cancel = image_cancel,
};
