/* The pod of a CI task's Job: why it waits, its log as it comes, and the files that its second container puts on its own. */
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "kube/judge.h"
#include "tasks/ci_kube.h"

#define SILENCE (30 * CLOCK_DAY)       /* of a log: a step may say nothing for as long as it takes */
#define STALLED (5 * CLOCK_MINUTE)     /* of files */
#define FIRST_LOOK (2 * CLOCK_SECOND)  /* after which we ask why it does not run yet */
#define LOOK_EVERY (5 * CLOCK_SECOND)
#define STUCK_FOR (10 * CLOCK_SECOND)  /* so long must it be stuck before the task ends */
#define SETTLES (3 * CLOCK_SECOND)     /* between the end of a Job and what the last event of its pod says */
#define TURNS (5 << 20)                /* bytes of a log that a node keeps at least before it turns it over; 10 MiB by default */
#define CUT_AGAIN CLOCK_SECOND         /* a log that ended before its container is followed again */
#define PIECE (256 << 10)

static void advance(struct ci *ci);
static void look_later(struct ci_kube *k, int64_t micros);

static void read_log(struct ci *ci, const char *container, const char *more, int64_t silence, bool (*piece)(struct ci *ci, const char *bytes, size_t size),
                     void (*next)(struct ci *ci, const struct err *e))
{
    AUTO_TEXT path = { 0 };
    text_add(&path, "/api/v1/namespaces/");
    text_add_url(&path, ci->kube->namespace_);
    text_add(&path, "/pods/");
    text_add_url(&path, ci->kube->pod);
    text_addf(&path, "/log?container=%s&follow=true%s", container, more);
    ci_kube_read(ci, text_of(&path), silence, piece, next);
}

static void advance_now(struct timer *t)
{
    advance(OWNER(t, struct ci_kube, soon)->ci);
}

/* Never at once: what a watch tells comes from within a call, which cannot begin another. */
static void advance_in(struct ci_kube *k, int64_t micros)
{
    if (!k->then && !k->reading)
        timer_set(&k->soon, k->ci->job->services->loop, micros, advance_now);
}

/* ---- files, once their container is over: then its log stays as it is, and is read as a whole */

static void files_over(struct ci *ci)
{
    ci_quit(ci, ci_collect);
}

static bool files_piece(struct ci *ci, const char *bytes, size_t size)
{
    return ci_files_feed(ci->kube->left, bytes, size, &ci->kube->left_err);
}

static void files_ended(struct ci *ci, const struct err *e)
{
    struct ci_kube *k = ci->kube;
    k->reading = false;
    if (e && !k->left_err.kind) {
        ci_kube_lost(ci, e);
        return;
    }
    if (!k->left_err.kind && !ci_files_done(k->left))
        err_set(&k->left_err, ERR_UPSTREAM, "its end did not come out of the pod%s%s", *k->files.message ? ": " : "", k->files.message);
    files_over(ci);
}

static void read_files(struct ci *ci)
{
    struct ci_kube *k = ci->kube;
    ci_files_destroy(&k->left);
    task_progress(ci->job, "reading what the steps left");
    if (ci_files_create(&k->left, &k->left_err))
        read_log(ci, CI_FILES, "", STALLED, files_piece, files_ended);
    else
        files_over(ci);
}

/* ---- the end of the steps */

static void nothing_left(struct ci *ci)
{
    ci_over(ci);
}

static void steps_over(struct ci *ci)
{
    struct ci_kube *k = ci->kube;
    k->steps_done = true;
    ci->exit_code = k->steps.exit_code;
    ci->out_of_memory = k->steps.out_of_memory;
    ci_judge(ci);
    if (!k->steps.whole && *k->steps.message)
        snprintf(ci->message, sizeof ci->message, "the steps could not run: %s: %s", k->steps.reason, k->steps.message);
    else if (!k->steps.whole && !ci->message[0])
        snprintf(ci->message, sizeof ci->message, "the container of the steps ended, and did not say how (%s)", k->steps.reason);
    if (!k->steps.whole)
        ci_quit(ci, nothing_left);
    else if (!json_array_size(k->paths))
        ci_quit(ci, ci_collect);
    else
        advance(ci);
}

/* ---- the log of the steps */

/* The first line is ours, and says that it is the first: where it is missing, the node turned the log over, and nobody knows how much is missing. */
static bool log_piece(struct ci *ci, const char *bytes, size_t size)
{
    struct ci_kube *k = ci->kube;
    size_t want = strlen(CI_LOG_BEGINS), more = want - k->head.length < size ? want - k->head.length : size;
    if (k->head_seen) {
        ci_logged(ci, 1, bytes, size);
        return true;
    }
    text_add_n(&k->head, bytes, more);
    bool ours = memcmp(text_of(&k->head), CI_LOG_BEGINS, k->head.length) == 0;
    if (ours && k->head.length < want)
        return true;
    k->head_seen = true;
    if (!ours && k->followed) {
        ci->log.skip = INT64_MAX; /* it was followed to its end before */
    } else if (!ours) {
        ci->log.skip = 0;
        ci_say(ci, "(the node turned the log over: some of it is missing here%s)", ci->log.seen > TURNS ? ", or stands here twice" : "");
    }
    if (!ours)
        ci_logged(ci, 1, text_of(&k->head), k->head.length);
    if (size > more)
        ci_logged(ci, 1, bytes + more, size - more);
    return true;
}

static void log_ended(struct ci *ci, const struct err *e)
{
    struct ci_kube *k = ci->kube;
    k->reading = false;
    k->followed = !e;
    if (e)
        ci_kube_lost(ci, e);
    else if (k->last || (k->steps.ended && ci->log.seen > TURNS))
        steps_over(ci);
    else if (k->steps.ended)
        advance(ci);
    else
        advance_in(k, CUT_AGAIN);
}

/* From its beginning, reading over what is stored; of one longer than is kept, only the end is of use. Once more when the container ended: only then
 * is it known to be whole (of a long one, which the node may have turned over, what was told while it was followed is all that there is). */
static void follow(struct ci *ci)
{
    struct ci_kube *k = ci->kube;
    bool whole = ci->log.seen < ci->job->services->log_most;
    timer_clear(&k->look);
    k->last = k->steps.ended;
    k->head.length = 0;
    k->head_seen = !whole;
    ci->log.skip = whole ? ci->log.seen : 0;
    ci->followed_at = clock_mono();
    task_progress(ci->job, "the steps run in pod %s", k->pod);
    read_log(ci, CI_STEPS, whole ? "" : "&tailLines=100", SILENCE, log_piece, log_ended);
}

static void advance(struct ci *ci)
{
    struct ci_kube *k = ci->kube;
    if (k->then || k->reading || !k->pod)
        return;
    if (!k->steps_done && k->steps.began)
        follow(ci);
    else if (k->steps_done && k->files.ended)
        read_files(ci);
    else if (k->steps_done)
        task_progress(ci->job, "waiting for what the steps left");
}

/* ---- why it does not run yet */

static bool everyday(const char *reason)
{
    return text_is(reason, "ContainerCreating") || text_is(reason, "PodInitializing");
}

static void tell(struct ci *ci, const struct kube_explanation *x, const char *text)
{
    struct ci_kube *k = ci->kube;
    if (k->hint && text_is(text, k->hint))
        return;
    free(k->hint);
    k->hint = mem_text(text);
    task_progress(ci->job, "waiting for %s", text);
    if (!everyday(x->reason))
        ci_say(ci, "waiting for %s", text);
}

static bool stuck_enough(struct ci_kube *k, const struct kube_explanation *x)
{
    if (!x->stuck)
        k->stuck_since = 0;
    else if (!k->stuck_since)
        k->stuck_since = clock_mono();
    return x->stuck && clock_mono() - k->stuck_since >= STUCK_FOR;
}

static void give_up_for(struct ci *ci, const struct kube_explanation *x, const char *text)
{
    AUTO_FREE char *image = workspace_image(&ci->space);
    struct err e = { 0 };
    if (x && strstr(x->reason, "Image"))
        err_set(&e, ERR_INVALID, "image %.200s could not be pulled: %.400s", image, text);
    else
        err_set(&e, ERR_INVALID, "the steps did not run: %.600s", text);
    ci_give_up(ci, &e);
}

static void explained(struct kube_explain *op, const struct err *e)
{
    struct ci_kube *k = OWNER(op, struct ci_kube, explain);
    AUTO(kube_explanation) x = op->explanation;
    AUTO_FREE char *text = x ? kube_explanation_text(x, false) : mem_text("its pod is gone from the cluster");
    k->explaining = false;
    if (k->then) {
        ci_settle(k);
    } else if (e && err_retry(e->kind)) {
        ci_kube_lost(k->ci, e);
    } else if (!k->steps.began || k->over) {
        if (x && !k->steps.began)
            tell(k->ci, x, text);
        if ((k->over && !k->steps.ended) || (x && stuck_enough(k, x)))
            give_up_for(k->ci, x, text);
        else
            look_later(k, LOOK_EVERY);
    }
}

static void look(struct timer *t)
{
    struct ci_kube *k = OWNER(t, struct ci_kube, look);
    struct err e = { 0 };
    if (k->reading || k->explaining || k->steps.ended)
        return;
    k->explain = (struct kube_explain){ .object = k->made, .done = explained };
    k->explaining = kube_explain_start(&k->explain, k->kube, &e);
    if (!k->explaining)
        look_later(k, LOOK_EVERY);
}

static void look_later(struct ci_kube *k, int64_t micros)
{
    if (!k->then && !k->reading && !k->explaining)
        timer_set(&k->look, k->ci->job->services->loop, micros, look);
}

/* ---- the pod, the Job */

static void pod_lost(struct ci *ci)
{
    struct err e = { 0 };
    err_set(&e, ERR_NOT_FOUND, "pod %s was deleted from the cluster while the task ran: its node may have been drained, or somebody did it", ci->kube->pod);
    ci_give_up(ci, &e);
}

static void pod_changed(struct kube_subscription *s, const json_t *pod, bool removed)
{
    struct ci_kube *k = OWNER(s, struct ci_kube, pods);
    const char *uid = json_text_at(pod, "metadata.uid", "");
    if (!pod || (k->pod && !text_is(uid, k->pod_uid)))
        return;
    if (!k->pod) {
        k->pod = mem_text(json_text_at(pod, "metadata.name", ""));
        k->pod_uid = mem_text(uid);
    }
    ci_container_read(pod, CI_STEPS, &k->steps);
    ci_container_read(pod, CI_FILES, &k->files);
    if (removed || (!k->steps.ended && json_at(pod, "metadata.deletionTimestamp"))) { /* at once: clusters before 1.26 begin another one */
        pod_lost(k->ci);
        return;
    }
    advance_in(k, 0);
}

static void job_changed(struct kube_subscription *s, const json_t *job, bool removed)
{
    struct ci_kube *k = OWNER(s, struct ci_kube, own);
    struct err e = { 0 };
    struct kube_verdict verdict;
    if (!job || removed || !text_is(json_text_at(job, "metadata.uid", ""), json_text_at(k->made, "metadata.uid", ""))) {
        err_set(&e, ERR_NOT_FOUND, "Job %s was deleted from the cluster while the task ran", k->ci->space.container);
        ci_give_up(k->ci, &e);
        return;
    }
    kube_judge(job, &verdict);
    if (verdict.state != KUBE_WAITING && !k->over) {
        k->over = true;
        look_later(k, SETTLES);
    }
}

static void in_trouble(struct kube_subscription *s, const struct err *e)
{
    struct ci_kube *k = OWNER(s, struct ci_kube, own);
    if (e)
        task_progress(k->ci->job, "%.300s; trying again", e->text);
}

void ci_pod_watch(struct ci *ci)
{
    static const struct kube_resource JOBS = { .api_version = "batch/v1", .kind = "Job", .plural = "jobs", .namespaced = true };
    static const struct kube_resource PODS = { .api_version = "v1", .kind = "Pod", .plural = "pods", .namespaced = true };
    struct ci_kube *k = ci->kube;
    AUTO_FREE char *owner = mem_format("Job/%s", ci->space.container), *selector = mem_format("job-name=%s", ci->space.container);
    task_progress(ci->job, "waiting for a pod");
    k->own = (struct kube_subscription){ .name = ci->space.container, .changed = job_changed, .trouble = in_trouble };
    k->pods = (struct kube_subscription){ .owner = owner, .selector = selector, .changed = pod_changed };
    kube_subscribe(&k->own, k->kube, &JOBS, k->namespace_);
    kube_subscribe(&k->pods, k->kube, &PODS, k->namespace_);
    look_later(k, FIRST_LOOK);
}

/* ---- one archive of what was left */

static void archive_over(struct ci *ci, enum err_kind kind, const char *why)
{
    struct err e = { 0 };
    err_set(&e, kind, "%s", why);
    ci->next(ci, kind ? &e : NULL);
}

static void archive_piece(struct timer *t)
{
    struct ci_kube *k = OWNER(t, struct ci_kube, turn);
    struct ci *ci = k->ci;
    AUTO_FREE char *bytes = mem_alloc(PIECE);
    struct err e = { 0 };
    int64_t n = ci_files_read(k->left, k->file, k->offset, bytes, PIECE, &e);
    if (n < 0) {
        archive_over(ci, e.kind, e.text);
        return;
    }
    k->offset += n;
    if (n && ci->piece(ci, bytes, (size_t)n))
        timer_set(&k->turn, ci->job->services->loop, 0, archive_piece);
    else
        archive_over(ci, ERR_NONE, "");
}

static void archive_missing(struct timer *t)
{
    struct ci_kube *k = OWNER(t, struct ci_kube, turn);
    if (k->file && k->file->state == CI_FILE_MISSING)
        archive_over(k->ci, ERR_NOT_FOUND, "there is no such file in the pod");
    else if (k->file)
        archive_over(k->ci, ERR_INVALID, k->file->why);
    else if (k->left_err.kind)
        archive_over(k->ci, k->left_err.kind, k->left_err.text);
    else
        archive_over(k->ci, ERR_INVALID, "it did not come out of the pod");
}

void ci_pod_archive(struct ci *ci, const char *path, bool (*piece)(struct ci *ci, const char *bytes, size_t size), void (*next)(struct ci *ci, const struct err *e))
{
    struct ci_kube *k = ci->kube;
    size_t number = 0;
    while (number < json_array_size(k->paths) && !text_is(json_string_value(json_array_get(k->paths, number)), path))
        number++;
    ci->said = (struct err){ 0 };
    ci->piece = piece;
    ci->next = next;
    k->file = k->left ? ci_files_get(k->left, number) : NULL;
    k->offset = 0;
    bool here = k->file && k->file->state == CI_FILE_HERE;
    timer_set(&k->turn, ci->job->services->loop, 0, here ? archive_piece : archive_missing);
}
