/* One tag's digest. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "event/image_ref.h"
#include "registry/ask.h"
#include "registry/budget.h"
#include "registry/challenge.h"

#define TIMEOUT (10 * CLOCK_SECOND)
#define MANIFEST_LIMIT (4u << 20) /* as Distribution's own */

struct registry_head_private {
    struct registry_head *op;
    struct http_client *client;
    struct registry_ask ask;
    char *repository, *tag;
    struct timer timer; /* fires when the budget lets us, or at once when we are canceled meanwhile */
    bool canceled, by_get, no_place;
};

static const char *const OUTCOMES[] = {
    [REGISTRY_FOUND] = "found", [REGISTRY_MISSING] = "missing", [REGISTRY_REFUSED] = "refused", [REGISTRY_UNREACHABLE] = "unreachable"
};

const char *registry_outcome_name(enum registry_outcome outcome)
{
    return OUTCOMES[outcome];
}

static void private_free(struct registry_head_private *p)
{
    timer_clear(&p->timer);
    free(p->repository);
    free(p->tag);
    free(p);
}

static void finish(struct registry_head_private *p, enum registry_outcome outcome, const char *text)
{
    struct registry_head *op = p->op;
    struct err canceled = { .kind = ERR_CANCELED, .text = "canceled" };
    bool was_canceled = p->canceled;
    op->outcome = outcome;
    snprintf(op->text, sizeof op->text, "%s", was_canceled ? "canceled" : text);
    op->private = NULL;
    private_free(p);
    op->done(op, was_canceled ? &canceled : NULL);
}

static void finish_unreachable(struct registry_head_private *p, const struct err *e)
{
    bool refused = e->kind == ERR_UNAUTHORIZED || e->kind == ERR_FORBIDDEN;
    finish(p, refused ? REGISTRY_REFUSED : REGISTRY_UNREACHABLE, e->text);
}

/* "acme/web:1.4 at ghcr.io", "acme/web@sha256:... at ghcr.io" */
static char *shown(const struct registry_head_private *p)
{
    return mem_format("%s%s%s at %s", p->repository, strchr(p->tag, ':') ? "@" : ":", p->tag, p->op->target->host);
}

static void finish_found(struct registry_head_private *p)
{
    AUTO_FREE char *name = shown(p);
    AUTO_FREE char *text = mem_format("%s is %s", name, p->op->digest);
    finish(p, REGISTRY_FOUND, text);
}

static bool is_manifest_type(const char *type)
{
    return strstr(type, "manifest") || strstr(type, "image.index") || text_starts(type, "application/json");
}

static void read_headers(struct registry_head *op, const struct http_call *call)
{
    const char *type = http_headers_get(&call->answer_headers, "Content-Type");
    const char *rate = http_headers_get(&call->answer_headers, "RateLimit-Remaining");
    snprintf(op->media_type, sizeof op->media_type, "%s", type ? type : "");
    op->media_type[strcspn(op->media_type, ";")] = '\0';
    op->retry_after_micros = answer_retry_after(&call->answer_headers, clock_now());
    op->rate_remaining = -1;
    if (rate && *rate >= '0' && *rate <= '9')
        op->rate_remaining = strtoll(rate, NULL, 10); /* "100;w=21600" */
}

static void start_ask(struct registry_head_private *p, const char *method);

/* The manifest itself came: its digest is what its bytes say. */
static void take_manifest(struct registry_head_private *p, const struct http_call *call)
{
    AUTO_JSON *manifest = NULL;
    AUTO_FREE char *name = shown(p);
    struct err e = { 0 };
    if (!json_read(text_of(&call->answer), call->answer.length, &manifest, NULL) || !json_object_get(manifest, "schemaVersion")) {
        err_set(&e, ERR_UPSTREAM, "%s: the answer is no manifest", name);
        finish_unreachable(p, &e);
        return;
    }
    AUTO_FREE char *sum = text_sha256(call->answer.at, call->answer.length);
    snprintf(p->op->digest, sizeof p->op->digest, "sha256:%s", sum);
    finish_found(p);
}

static void take_found(struct registry_head_private *p, const struct http_call *call)
{
    const char *digest = http_headers_get(&call->answer_headers, "Docker-Content-Digest");
    if (registry_answer_is_page(call) || !is_manifest_type(p->op->media_type)) {
        AUTO_FREE char *text = mem_format("%s answered with '%.60s' where a manifest was asked: is this the address of a registry?",
                                          p->op->target->host, p->op->media_type);
        finish(p, REGISTRY_UNREACHABLE, text);
    } else if (p->by_get) {
        take_manifest(p, call);
    } else if (digest && image_digest_ok(digest)) {
        snprintf(p->op->digest, sizeof p->op->digest, "%s", digest);
        finish_found(p);
    } else {
        p->by_get = true;
        start_ask(p, "GET");
    }
}

static void take_refused(struct registry_head_private *p, const struct http_call *call)
{
    struct err e = { 0 };
    AUTO_FREE char *name = shown(p);
    bool no_head = !p->by_get && (call->status == 405 || call->status == 501);
    if (no_head) {
        p->by_get = true;
        start_ask(p, "GET");
        return;
    }
    if (call->status == 404 && !registry_answer_is_page(call)) {
        AUTO_FREE char *text = mem_format("there is no %s", name);
        finish(p, REGISTRY_MISSING, text);
        return;
    }
    if (call->status == 401 && p->ask.asked_token && *p->op->target->username)
        err_set(&e, ERR_UNAUTHORIZED, "there is no %s, or user %s may not see it (401)", name, p->op->target->username);
    else if (!registry_answer_refused(p->op->target, call, NULL, &e))
        err_wrap(&e, "%s", name);
    finish_unreachable(p, &e);
}

static void answered(struct registry_ask *a, const struct err *e)
{
    struct registry_head_private *p = OWNER(a, struct registry_head_private, ask);
    read_headers(p->op, &a->call);
    if (a->call.status)
        registry_budget_learn(a->target->hub->budget, a->target->place, a->call.status, p->op->retry_after_micros, p->op->rate_remaining);
    if (e || p->canceled)
        finish_unreachable(p, e ? e : &(struct err){ 0 });
    else if (a->call.status == 200)
        take_found(p, &a->call);
    else
        take_refused(p, &a->call);
}

static bool try_ask(struct registry_head_private *p, const char *method, struct err *e)
{
    AUTO_FREE char *path = mem_format("/v2/%s/manifests/%s", p->repository, p->tag);
    AUTO_FREE char *scope = mem_format("repository:%s:pull", p->repository);
    int64_t deadline = p->ask.deadline;
    p->ask = (struct registry_ask){ .target = p->op->target, .method = method, .path = path, .scope = scope, .accept = ACCEPT_MANIFESTS,
                                    .answer_limit = MANIFEST_LIMIT, .deadline = deadline, .tokens = p->op->target->hub->tokens,
                                    .done = answered };
    return registry_ask_start(&p->ask, p->client, e);
}

static void start_ask(struct registry_head_private *p, const char *method)
{
    struct err e = { 0 };
    if (!try_ask(p, method, &e))
        finish_unreachable(p, &e);
}

static void place_came(struct timer *t)
{
    struct registry_head_private *p = OWNER(t, struct registry_head_private, timer);
    struct err e = { .kind = ERR_LIMITED };
    if (p->no_place)
        err_set(&e, ERR_LIMITED, "%s asked for patience, for %lld s more", p->op->target->host,
                (long long)(p->op->retry_after_micros / CLOCK_SECOND) + 1);
    if (p->canceled || p->no_place)
        finish_unreachable(p, &e);
    else
        start_ask(p, "HEAD");
}

/* A registry that asked for patience gets it: we wait for a place, or, when none comes in time, say so at once. */
static bool begin(struct registry_head_private *p, struct err *e)
{
    const struct registry_target *t = p->op->target;
    int64_t left = p->ask.deadline - clock_mono(), wait = registry_budget_take(t->hub->budget, t->place, left);
    if (!wait)
        return try_ask(p, "HEAD", e);
    if (wait > left) {
        p->op->retry_after_micros = wait;
        p->no_place = true;
        wait = 1;
    }
    timer_set(&p->timer, budget_loop(t->hub->budget), wait, place_came);
    return true;
}

bool registry_head_start(struct registry_head *op, struct http_client *client, struct err *e)
{
    const char *repository = op->repository ? op->repository : op->target->repository;
    if (!image_repository_ok(repository))
        return err_set(e, ERR_INVALID, "'%.150s' is no repository of %s", repository, op->target->host);
    if (text_empty(op->tag) || (!image_tag_ok(op->tag) && !image_digest_ok(op->tag)))
        return err_set(e, ERR_INVALID, "'%.150s' is no tag", op->tag ? op->tag : "");
    struct registry_head_private *p = NEW(struct registry_head_private);
    *p = (struct registry_head_private){ .op = op, .client = client, .repository = mem_text(repository), .tag = mem_text(op->tag) };
    p->ask.deadline = clock_mono() + (op->timeout_micros ? op->timeout_micros : TIMEOUT);
    *op->digest = *op->media_type = *op->text = '\0';
    op->retry_after_micros = 0;
    op->rate_remaining = -1;
    if (!begin(p, e)) {
        private_free(p);
        return false;
    }
    op->private = p;
    return true;
}

void registry_head_cancel(struct registry_head *op)
{
    if (!op->private)
        return;
    op->private->canceled = true;
    if (timer_is_set(&op->private->timer))
        timer_set(&op->private->timer, budget_loop(op->target->hub->budget), 1, place_came);
    else
        registry_ask_cancel(&op->private->ask);
}
